"""The layers that are random in samples: Monte-Carlo dropout as `fit` has it, or dropout put behind named layers."""

import contextlib
import dataclasses
import inspect
import warnings
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from kerasal._keyed_random import Rows
from kerasal._network.dropout import draws_masks, dropout_behind, formula_of, is_random, keyed_handler, unpaired_handler
from kerasal._network.graphs import ASSIGNING, traced
from kerasal._network.interception import Call, Handlers, Reached, intercepted, seeds_from
from kerasal._network.layer_tree import layers_of
from kerasal._network.targets import LayerExtractor
from kerasal._network.versions import (
    TRAINING_LEFT_OUT,
    augments_images,
    calls_of,
    graph_model,
    keywords_at,
    never_draws,
    nodes_in_order,
)
from kerasal.layers.monte_carlo_dropout import MonteCarloDropout

_DRAWING = ("Random", "TruncatedNormal", "Multinomial", "StatelessRandom", "StatelessTruncatedNormal")


@dataclasses.dataclass(frozen=True, eq=False)
class Randomness:
    """The layers that are random in samples; false where there is none.

    Args:
        keyed: layers drawn as a function of (seed, m, n, layer, call).
        unpaired: layers that draw by themselves.
        behind: {layer: rate}: dropout put behind layers.
    """

    keyed: Sequence[keras.layers.Layer] = ()
    unpaired: Sequence[keras.layers.Layer] = ()
    behind: Mapping[keras.layers.Layer, float] = dataclasses.field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.keyed or self.unpaired or self.behind)

    @property
    def key(self) -> Hashable:
        """Everything that distinguishes one from another, for the same model."""
        behind = tuple((id(layer), rate) for layer, rate in self.behind.items())
        return tuple(map(id, self.keyed)), tuple(map(id, self.unpaired)), behind

    def handlers(self, model: keras.Model, rows: Rows) -> Handlers:
        """Make the interception handlers of one pass.

        Args:
            model: the model of the layers.
            rows: of the pass.

        Returns:
            {layer: [handler]}.
        """
        position = {layer: number for number, layer in enumerate(layers_of(model))}
        found: Handlers = {layer: [keyed_handler(layer, position[layer], rows)] for layer in self.keyed}
        found.update({layer: [unpaired_handler(rows)] for layer in self.unpaired})
        for layer, rate in self.behind.items():
            found.setdefault(layer, []).insert(0, dropout_behind(rate, position[layer], rows))
        return found


def always_random(model: keras.Model) -> list[keras.layers.Layer]:
    """List the layers that are random in inference too: `kerasal.layers.MonteCarloDropout`."""
    return [layer for layer in layers_of(model) if isinstance(layer, MonteCarloDropout) and layer.rate]


def behind_layers(model: keras.Model, rates: Mapping[Any, Any], anyway: Randomness) -> Randomness:
    """Make the `Randomness` of dropout put behind layers.

    Args:
        model: the model of the layers.
        rates: {layer, name, path or `LayerExtractor`: rate}.
        anyway: what is random without it, and stays so.

    Raises:
        ValueError: a layer is unknown, or a rate not between 0 and 1.
    """
    behind = {}
    for name, rate in rates.items():
        layer = (name if isinstance(name, LayerExtractor) else LayerExtractor(name)).find(model)
        if isinstance(rate, bool) or not isinstance(rate, (int, float)) or not 0 < rate < 1:
            raise ValueError(
                f"A dropout rate is between 0 and 1. Received: train={{{layer.name!r}: {rate!r}}}. Give e.g. 0.5, the share of "
                "elements set to 0."
            )
        behind[layer] = float(rate)
    return Randomness(anyway.keyed, anyway.unpaired, behind)


def no_dropout(model: keras.Model) -> ValueError:
    """Make the error for Monte-Carlo dropout in a model that `fit` would run without any."""
    near = [layer.name for layer in layers_of(model)[1:] if layer.weights][-2:-1] or ["layer"]
    return ValueError(
        "train=True draws dropout masks in the layers that fit would make random. Received: model "
        f"'{model.name}', which has none that is on in training. Put dropout behind layers of your choice: "
        f"train={{'{near[0]}': 0.5}}."
    )


class RandomLayers(NamedTuple):
    """Layers found to be random in a pass.

    Attributes:
        keyed: layers whose draws are known here.
        unpaired: layers that draw by themselves.
    """

    keyed: list[keras.layers.Layer]
    unpaired: list[keras.layers.Layer]


def random_layers(model: keras.Model, run: Callable[..., Any], specs: Any, *, training: bool = True) -> RandomLayers:
    """Find the layers that are random in training, or in inference, from a pass that is traced and not run.

    Args:
        model: the Keras model.
        run: a function of the inputs that calls the model (or the user's function that calls it) in inference.
        specs: `tf.TensorSpec`s of the arguments of `run`.
        training: False for the layers that are random although the model runs in inference.

    Returns:
        The layers. BatchNormalization, random image layers and whatever changes a variable are not among them.
    """
    layers = layers_of(model)
    recorder = _Recorder(model, cells=[layer.cell for layer in layers if draws_masks(layer)])

    def trace(*args: Any) -> tf.Tensor:
        calls = _calls_of_model(model, lambda: run(*args)) if training else []
        with (
            intercepted(model, {layer: [recorder.record] for layer in layers}),
            seeds_from(model, lambda count: tf.constant([0, count], tf.uint32)),
        ):
            for call in calls:
                model(*call.args, **{**call.kwargs, "training": True})
            if not training:
                run(*args)
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
        if not _in_training(call):
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


def _in_training(call: Call) -> bool:
    """Tell whether a layer is called with a `training` that is true, or a tensor."""
    try:
        bound = inspect.signature(type(call.layer).call).bind(call.layer, *call.args, **call.kwargs)
    except TypeError:
        return bool(call.kwargs.get("training"))
    training = bound.arguments.get("training")
    return training is not None and (tf.is_tensor(training) or bool(training))


def _random_in_inference(model: keras.Model, forward: Any, inputs: Any) -> Randomness:
    """Find the layers that are random whatever `train` says: `MonteCarloDropout`, and what is called with training=True."""
    always = always_random(model)
    others = [layer for layer in layers_of(model) if is_random(layer) and layer not in always]
    calls = {layer: [keywords_at(node) for node in calls_of(layer)] for layer in others}
    if all(calls.values()):  # of a functional model the calls are known
        forced = [layer for layer in others if any(call.get("training") for call in calls[layer])]
        return Randomness([*always, *forced])
    found = random_layers(model, forward.run_model, inputs.specs, training=False)
    return Randomness([*always, *(layer for layer in found.keyed if layer not in always)], found.unpaired)


def is_plain_graph(model: keras.Model) -> bool:
    """Tell whether a model is a graph of Keras' layers that never draw, and of dropout, all called without `training`.

    Nothing of it has to be traced to know what draws.
    """
    functional, layers = graph_model(model), layers_of(model)
    if functional is None or not nodes_in_order(functional):
        return False
    if not all(never_draws(layer) or formula_of(layer) for layer in layers):
        return False
    nodes = [node for layer in layers for node in calls_of(layer)]
    return all(keywords_at(node).get("training") in TRAINING_LEFT_OUT for node in nodes)


def randomness_of(model: keras.Model, train: Any, forward: Any, inputs: Any) -> Randomness:
    """Find the layers meant by `train`.

    Args:
        model: the Keras model.
        train: False; True for the layers that `fit` would make random; {layer: rate} for dropout put behind layers.
        forward: the `Forward` of the calculator, which runs the model (or `eval_fun`).
        inputs: the `Inputs`, for `TensorSpec`s.

    Raises:
        TypeError: `train` is none of these.
        ValueError: train=True for a model without dropout, or a rate or layer that cannot be.

    Warns:
        UserWarning: a layer draws by itself.
    """
    if isinstance(train, dict) and train:
        return behind_layers(model, train, _random_in_inference(model, forward, inputs))
    if not isinstance(train, bool):
        raise TypeError(
            f"train is False, True (Monte-Carlo dropout as in fit) or a dict {{layer: rate}}. Received: {train!r}. Choose one."
        )
    if not train:
        return _random_in_inference(model, forward, inputs)
    if forward.eval_fun is None and is_plain_graph(model):
        found = RandomLayers([layer for layer in layers_of(model) if is_random(layer)], [])
    else:
        found = random_layers(model, forward.run_model, inputs.specs)
    if not found.keyed and not found.unpaired:
        raise no_dropout(model)
    if found.unpaired:
        warnings.warn(
            f"Layers that draw by themselves are random, but not a function of (seed, m, n): "
            f"{', '.join(layer.name for layer in found.unpaired)}. Their draws change with the batch size; see "
            "Saliency.unpaired.",
            stacklevel=4,
        )
    return Randomness(found.keyed, found.unpaired)
