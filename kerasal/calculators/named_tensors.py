"""Names for tensors of a pass: the layer whose output one is, or the layers that it lies in and behind."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import tensorflow as tf

from kerasal._engine.seeking import Handlers
from kerasal._network.layer_tree import walk
from kerasal._network.positions.step_types import KEEPING
from kerasal._network.targets import LayerExtractor

_WORDS = {
    "AddV2": "sum",
    "Add": "sum",
    "AddN": "sum",
    "Mul": "product",
    "Sub": "difference",
    "ConcatV2": "concatenation",
}
_WORDS |= {"Maximum": "maximum", "Minimum": "minimum", "RealDiv": "quotient", "BiasAdd": "sum"}


class _Seen(NamedTuple):
    """A call of a layer in a pass, with the references of what it was given."""

    layer: Any
    call: int
    output: tf.Tensor
    given: frozenset[Any]


class NamedTensors:
    """The calls of the layers in a pass.

    Args:
        model: the Keras model.
    """

    def __init__(self, model: Any):
        self._model = model
        self._seen: list[_Seen] = []

    def handlers(self) -> Handlers:
        """Make interception handlers for the pass."""
        return {inner: [self._note] for _, inner, holder in walk(self._model)[1:] if holder is None}

    def outputs(self, tensors: Sequence[tf.Tensor]) -> list[tuple[str, tf.Tensor]]:
        """List (name of the layer, output) of those tensors that layers gave, in order."""
        known = {tensor.ref() for tensor in tensors}
        found = dict[Any, tuple[str, tf.Tensor]]()
        for each in self._seen:
            if each.output.ref() in known:
                found.setdefault(each.output.ref(), (f"'{each.layer.name}'", each.output))
        return list(found.values())

    def of_layer(self, tensor: tf.Tensor, tensors: Sequence[tf.Tensor]) -> tuple[LayerExtractor, tf.Tensor] | None:
        """Find the layer that a tensor, or another form of it, is the output of.

        Args:
            tensor: between a target and a score.
            tensors: all of those, in the order in which they are computed.

        Returns:
            (the layer's extractor, its output); None where there is no such layer.
        """
        known, form = {each.ref() for each in tensors}, tensor
        while True:
            for seen in self._seen:
                if seen.output is form:
                    return self._extractor(seen), form
            readers = [each.outputs[0] for each in form.consumers() if each.outputs and each.outputs[0].ref() in known]
            if len(readers) != 1 or readers[0].op.type not in KEEPING:
                return None
            form = readers[0]

    def name_of(self, tensor: tf.Tensor, tensors: Sequence[tf.Tensor]) -> str:
        """Name a tensor that is no layer's output; arguments as of `of_layer`."""
        word = _WORDS.get(tensor.op.type, tensor.op.type)
        around, behind = self._around(tensor, tensors), self._behind(tensor)
        behind = [behind[0], "…", behind[-1]] if len(behind) > 3 else behind
        inside = f" inside '{around}'" if around else ""
        return f"{word}{inside} behind {' and '.join(behind)}" if behind else f"{word}{inside}"

    def _extractor(self, seen: _Seen) -> LayerExtractor:
        calls = sum(each.layer is seen.layer for each in self._seen)
        return LayerExtractor(seen.layer, call=seen.call if calls > 1 else None)

    def _behind(self, tensor: tf.Tensor) -> list[str]:
        """The layers whose outputs a tensor is made of, with nothing named between."""
        outputs = {each.output.ref(): f"'{each.layer.name}'" for each in reversed(self._seen)}
        found, waiting, met = dict[str, None](), list(tensor.op.inputs)[::-1], set[Any]()
        while waiting:
            each = waiting.pop()
            if each.ref() in outputs:
                found[outputs[each.ref()]] = None
            elif each.ref() not in met:
                met.add(each.ref())
                waiting += list(each.op.inputs)[::-1]
        return list(found)

    def _around(self, tensor: tf.Tensor, tensors: Sequence[tf.Tensor]) -> str:
        """The name of the innermost layer whose call a tensor is computed in; "" for none."""
        place = {each.ref(): n for n, each in enumerate(tensors)}
        at, best = place[tensor.ref()], (len(tensors) + 1, "")
        for seen in self._seen:
            begins = [place[each] for each in seen.given if each in place]
            end = place.get(seen.output.ref(), -1)
            if begins and max(begins) < at < end:
                best = min(best, (end - max(begins), seen.layer.name))
        return best[1]

    def _note(self, call: Any) -> Any:
        given = frozenset(
            each.ref()
            for each in tf.nest.flatten((call.args, call.kwargs))
            if tf.is_tensor(each) and hasattr(each, "ref")
        )
        output = call.run()
        if tf.is_tensor(output) and not call.looped and hasattr(output, "ref"):
            self._seen.append(_Seen(call.layer, call.index, output, given))
        return output
