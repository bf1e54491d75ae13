"""The layers at which an input of integers, of texts or of numbers that become integers is real-valued, from a traced pass."""

import dataclasses
from typing import Any

import keras
import tensorflow as tf

from kerasal._network.dependence import SIZES
from kerasal._network.graphs import ancestors
from kerasal._network.interception import Call, Handler
from kerasal._network.layer_tree import walk
from kerasal._network.targets import LayerExtractor

_FLAT = ("Round", "Rint", "Floor", "Ceil", "Sign", "StopGradient")  # operations whose derivative is 0 or none


@dataclasses.dataclass(frozen=True)
class _Passed:
    """A tensor that passes a layer: what goes in ("pre") or what comes out ("post") of one of its calls."""

    path: str
    layer: keras.layers.Layer
    timing: str
    call: int
    tensor: tf.Tensor


class RealLayers:
    """Finds where a tensor of a pass first is real-valued again, from what its layers take and give.

    Args:
        model: the model.
    """

    def __init__(self, model: keras.Model):
        self._model = model
        self._passed: list[_Passed] = []

    @property
    def handlers(self) -> dict[keras.layers.Layer, list[Handler]]:
        """Interception handlers that note what passes the layers, for the pass."""
        return {entry.layer: [self._noting(entry.path)] for entry in walk(self._model)[1:] if entry.holder is None}

    def found(self, source: tf.Tensor, score: tf.Tensor) -> list[LayerExtractor]:
        """List the layers behind which (or before which) the source is real-valued and has a gradient, the widest first.

        Args:
            source: a tensor of the pass.
            score: what is computed of it.
        """
        graph = source.graph
        depends, real = _reached(graph, source, real=False), _reached(graph, source, real=True)
        counted = ancestors([score])
        chosen: list[_Passed] = []
        behind: set[Any] = set()
        for passed in self._passed:
            tensor = passed.tensor
            is_made = tensor.dtype.is_floating and tensor.ref() in depends and tensor.ref() not in real | behind
            if is_made and tensor.op in counted and score.ref() in (after := _reached(graph, tensor, real=True)):
                chosen.append(passed)
                behind |= after | _reached(graph, tensor, real=False)
        chosen.sort(key=lambda each: -each.tensor.shape.rank if each.tensor.shape.rank else 0)
        return [self._extractor(each) for each in chosen]

    def _extractor(self, passed: _Passed) -> LayerExtractor:
        calls = {each.call for each in self._passed if each.layer is passed.layer}
        call = passed.call if len(calls) > 1 else None
        found = LayerExtractor(passed.layer, timing=passed.timing, call=call)
        return found.named(self._model)

    def _noting(self, path: str) -> Handler:
        def note(call: Call) -> Any:
            first = call.args[0] if call.args else None
            self._note(path, call, "pre", first)
            output = call.run()
            self._note(path, call, "post", output)
            return output

        return note

    def _note(self, path: str, call: Call, timing: str, tensor: Any) -> None:
        if not call.looped and isinstance(tensor, tf.Tensor):
            self._passed.append(_Passed(path, call.layer, timing, call.index, tensor))


def _reached(graph: tf.Graph, source: tf.Tensor, *, real: bool) -> set[Any]:
    """Collect references of the tensors computed from one; with `real`, by real-valued steps that pass a gradient."""
    found = {source.ref()} if source.dtype.is_floating or not real else set()
    for operation in graph.get_operations():  # in the order they were made, inputs first
        if operation.type in SIZES or (real and operation.type in _FLAT):
            continue
        if any(tensor.ref() in found for tensor in operation.inputs):
            found |= {tensor.ref() for tensor in operation.outputs if not real or _carries(tensor)}
    return found


def _carries(tensor: tf.Tensor) -> bool:
    """Tell whether a gradient may pass a tensor: one of real numbers, or a list of such as loops have."""
    carries: bool = tensor.dtype.is_floating or tensor.dtype == tf.variant
    return carries


def told(layers: list[LayerExtractor]) -> str:
    """Write the target that takes the first of some layers, and name the others."""
    first, *others = layers
    written = [_written(each) for each in others[:3]]
    if first.timing == "pre":
        written.insert(0, f"{_written(dataclasses.replace(first, timing='post'))}, what that layer makes of it")
    others_told = f" (or {'; '.join(written)})" if written else ""
    return f"target_extractor={_written(first)}{others_told}"


def _written(extractor: Any) -> str:
    timing = f", timing={extractor.timing!r}" if extractor.timing != "post" else ""
    call = f", call={extractor.call}" if extractor.call is not None else ""
    return f"LayerExtractor({extractor.layer!r}{timing}{call})"
