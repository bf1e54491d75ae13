"""The layers that training makes random, found from a pass that is traced in training and not run."""

import contextlib
import inspect
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from kerasal._network.dropout import draws_masks, is_random
from kerasal._network.graphs import ASSIGNING, traced
from kerasal._network.interception import Call, Reached, intercepted, seeds_from
from kerasal._network.layer_tree import layers_of
from kerasal._network.versions import augments_images

_DRAWING = ("Random", "TruncatedNormal", "Multinomial", "StatelessRandom", "StatelessTruncatedNormal")


class RandomLayers(NamedTuple):
    """Layers found to be random in a pass.

    Attributes:
        keyed: layers whose draws are known here.
        unpaired: layers that draw by themselves.
    """

    keyed: list[keras.layers.Layer]
    unpaired: list[keras.layers.Layer]


def random_layers(model: keras.Model, run: Callable[..., Any], specs: Any) -> RandomLayers:
    """Find the layers that are random in training, from a pass that is traced and not run.

    Args:
        model: the Keras model.
        run: a function of the inputs that calls the model (or the user's function that calls it) in inference.
        specs: `tf.TensorSpec`s of the arguments of `run`.

    Returns:
        The layers. BatchNormalization, random image layers and whatever changes a variable are not among them.
    """
    layers = layers_of(model)
    recorder = _Recorder(model, cells=[layer.cell for layer in layers if draws_masks(layer)])

    def trace(*args: Any) -> tf.Tensor:
        calls = _calls_of_model(model, lambda: run(*args))
        with (
            intercepted(model, {layer: [recorder.record] for layer in layers}),
            seeds_from(model, lambda count: tf.constant([0, count], tf.uint32)),
        ):
            for call in calls:
                model(*call.args, **{**call.kwargs, "training": True})
        return tf.constant(0)

    traced(model, trace, *specs)
    return recorder.found()


def _calls_of_model(model: keras.Model, run: Callable[[], Any]) -> list[Call]:
    """Note how a run calls the model, the first time, and end it there."""
    found = []

    def note(call: Call) -> None:
        found.append(call)
        raise Reached

    with contextlib.suppress(Reached), intercepted(model, {model: [note]}):
        run()
    return found


class _Recorder:
    """The layers that draw in a pass whose layers' calls go through `record`.

    Args:
        model: the model of the pass.
        cells: of the recurrent layers that draw masks; random together with these.
    """

    def __init__(self, model: keras.Model, cells: Iterable[keras.layers.Layer]) -> None:
        self._model, self._cells = model, list(cells)
        self._keyed: list[keras.layers.Layer] = []
        self._drawing: list[keras.layers.Layer] = []
        self._changing: list[keras.layers.Layer] = []
        self._added: list[dict[str, str]] = []  # for each layer being called, {name: type} of what inner layers added

    def found(self) -> RandomLayers:
        """Give the layers, each once."""
        unpaired = [layer for layer in dict.fromkeys(self._drawing) if layer not in self._changing]
        return RandomLayers(
            list(dict.fromkeys(self._keyed)), [layer for layer in unpaired if not augments_images(layer)]
        )

    def record(self, call: Call) -> Any:
        """Run a layer and note whether it is random; an interception handler."""
        if not in_training(call):
            return call.run()
        layer, is_cell = call.layer, call.layer in self._cells
        if is_random(layer) and not is_cell:
            self._keyed.append(layer)
            if not hasattr(layer, "cell"):
                return call.args[0]
        output, own = self._run(call)
        is_known = is_cell or is_random(layer) or layer is self._model
        if not is_known and any(kind.startswith(_DRAWING) for kind in own):
            changes = any(kind.startswith(ASSIGNING) for kind in own)
            (self._changing if changes else self._drawing).append(layer)
        return output

    def _run(self, call: Call) -> tuple[Any, list[str]]:
        """Run a layer; its output, and the types of the operations that it added itself, not its inner layers."""
        graph = tf.compat.v1.get_default_graph()
        before = len(graph.get_operations())
        self._added.append({})
        output = call.run()
        of_inner = self._added.pop()
        added = {operation.name: operation.type for operation in graph.get_operations()[before:]}
        if self._added:
            self._added[-1].update(added)
        return output, [kind for name, kind in added.items() if name not in of_inner]


def in_training(call: Call) -> bool:
    """Tell whether a layer is called with a `training` that is true, or a tensor."""
    try:
        bound = inspect.signature(type(call.layer).call).bind(call.layer, *call.args, **call.kwargs)
    except TypeError:
        return bool(call.kwargs.get("training"))
    training = bound.arguments.get("training")
    return training is not None and (tf.is_tensor(training) or bool(training))
