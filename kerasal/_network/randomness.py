"""Which layers are random in samples: Monte-Carlo dropout as `fit` has it, or dropout put behind named layers."""

import contextlib
import inspect
import warnings

import keras
import tensorflow as tf

from kerasal._network.dropout import draws_masks, dropout_behind, formula_of, is_random, keyed_handler, unpaired_handler
from kerasal._network.graphs import traced
from kerasal._network.interception import KERAS_2, Reached, intercepted, seeds_from
from kerasal._network.layer_tree import layers_of
from kerasal._network.targets import LayerExtractor
from kerasal.layers.monte_carlo_dropout import MonteCarloDropout


class Randomness:
    """Which layers are random in samples.

    Args:
        keyed: layers drawn as a function of (seed, m, n, layer, call).
        unpaired: layers that draw by themselves.
        behind: {layer: rate}: dropout put behind layers.
    """

    def __init__(self, keyed=(), unpaired=(), behind=None):
        self.keyed, self.unpaired, self.behind = list(keyed), list(unpaired), dict(behind or {})

    def __bool__(self):
        return bool(self.keyed or self.unpaired or self.behind)

    @property
    def key(self):
        return (
            tuple(map(id, self.keyed)),
            tuple(map(id, self.unpaired)),
            tuple((id(k), v) for k, v in self.behind.items()),
        )

    def handlers(self, model, rows):
        """{layer: [handler]} for one pass over these rows."""
        position = {layer: place for place, layer in enumerate(layers_of(model))}
        found = {layer: [keyed_handler(layer, position[layer], rows)] for layer in self.keyed}
        found.update({layer: [unpaired_handler(rows)] for layer in self.unpaired})
        for layer, rate in self.behind.items():
            found.setdefault(layer, []).insert(0, dropout_behind(rate, position[layer], rows))
        return found


def always_random(model):
    """The layers that are random in inference too: `kerasal.layers.MonteCarloDropout`."""
    return [layer for layer in layers_of(model) if isinstance(layer, MonteCarloDropout) and layer.rate]


def behind_layers(model, rates, anyway):
    """`Randomness` of dropout put behind layers, from {layer, name or path: rate}, beside what is random `anyway`."""
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


def no_dropout(model):
    """The error for Monte-Carlo dropout in a model that `fit` would run without any."""
    near = [layer.name for layer in layers_of(model)[1:] if layer.weights][-2:-1] or ["layer"]
    return ValueError(
        "train=True draws dropout masks in the layers that fit would make random. Received: model "
        f"'{model.name}', which has none that is on in training. Put dropout behind layers of your choice: "
        f"train={{'{near[0]}': 0.5}}."
    )


_RANDOM_OPS = ("Random", "TruncatedNormal", "Multinomial", "StatelessRandom", "StatelessTruncatedNormal")
_STATE_OPS = ("Assign", "ResourceScatter", "ResourceApply")
_STILL = (  # modules of Keras whose layers never draw
    "keras.src.layers.activation",
    "keras.src.layers.convolutional",
    "keras.src.layers.core.dense",
    "keras.src.layers.core.activation",
    "keras.src.layers.core.embedding",
    "keras.src.layers.core.input_layer",
    "keras.src.engine.input_layer",
    "keras.src.layers.merging",
    "keras.src.layers.normalization",
    "keras.src.layers.pooling",
    "keras.src.layers.preprocessing.normalization",
    "keras.src.layers.reshaping",
    "keras.src.models",
    "keras.src.engine.functional",
    "keras.src.engine.sequential",
)


def random_layers(model, run, specs, training=True):
    """The layers that are random in training, or in inference.

    Args:
        model: the Keras model.
        run: a function of the inputs that calls the model (or the user's function that calls it) in inference.
        specs: `tf.TensorSpec`s of the arguments of `run`.
        training: False for the layers that are random although the model runs in inference.

    Returns:
        (keyed, unpaired): the layers whose draws are known here, and those that draw by themselves. BatchNormalization,
        random image layers and whatever changes a variable are in neither.
    """
    keyed: list = []
    drawing: list = []
    changing: list = []
    arguments: list = []
    stack: list = []  # of the ops that inner layers added, by name
    layers = layers_of(model)
    cells = [layer.cell for layer in layers if draws_masks(layer)]

    def record(call):
        if not _in_training(call):
            return call.run()
        known = is_random(call.layer) or call.layer in cells
        if known and call.layer not in cells:
            keyed.append(call.layer)
            if not hasattr(call.layer, "cell"):
                return call.args[0]
        graph = tf.compat.v1.get_default_graph()
        before = len(graph.get_operations())
        stack.append(set())
        output = call.run()
        inner = stack.pop()
        added = {operation.name: operation.type for operation in graph.get_operations()[before:]}
        if stack:
            stack[-1].update(added)
        own = [kind for name, kind in added.items() if name not in inner]
        if not known and any(kind.startswith(_RANDOM_OPS) for kind in own) and call.layer is not model:
            (changing if any(kind.startswith(_STATE_OPS) for kind in own) else drawing).append(call.layer)
        return output

    def trace(*args):
        def keep_arguments(call):
            arguments.append((call.args, {k: v for k, v in call.kwargs.items() if k != "training"}))
            raise Reached

        if training:
            with contextlib.suppress(Reached), intercepted(model, {model: [keep_arguments]}):
                run(*args)
        with (
            intercepted(model, {layer: [record] for layer in layers}),
            seeds_from(model, lambda count: tf.constant([0, count], tf.uint32)),
        ):
            for positional, named in arguments:
                model(*positional, **named, training=True)
            if not training:
                run(*args)
        return tf.constant(0)

    traced(model, trace, *specs)
    drawing = [layer for layer in dict.fromkeys(drawing) if layer not in changing and not _is_image_augmentation(layer)]
    return list(dict.fromkeys(keyed)), drawing


def _in_training(call):
    try:
        bound = inspect.signature(type(call.layer).call).bind(call.layer, *call.args, **call.kwargs)
    except TypeError:
        return bool(call.kwargs.get("training"))
    training = bound.arguments.get("training")
    return training is not None and (tf.is_tensor(training) or bool(training))


def _is_image_augmentation(layer):
    return any(".preprocessing" in kind.__module__ for kind in type(layer).__mro__ if kind is not keras.layers.Layer)


def _random_in_inference(model, forward, inputs):
    """The layers that are random whatever `train` says: `MonteCarloDropout`, and what is called with training=True."""
    always = always_random(model)
    others = [layer for layer in layers_of(model) if is_random(layer) and layer not in always]
    calls = {layer: [_arguments(node) for node in getattr(layer, "_inbound_nodes", ())] for layer in others}
    if all(calls.values()):  # of a functional model the calls are known
        forced = [layer for layer in others if any(call.get("training") for call in calls[layer])]
    else:
        forced, drawing = random_layers(model, forward.run_model, inputs.specs, training=False)
        return Randomness([*always, *(layer for layer in forced if layer not in always)], drawing)
    return Randomness([*always, *forced])


def _arguments(node):
    return node.arguments.kwargs if hasattr(node, "arguments") else node.call_kwargs


def is_plain_graph(model):
    """Whether a model is a graph of Keras' layers that never draw, and of dropout, all called without `training`: nothing of
    it has to be traced to know what draws."""
    layers = layers_of(model)
    if not getattr(getattr(model, "_functional", None) or model, "_nodes_by_depth", None):
        return False

    def is_known(layer):
        return type(layer).__module__.startswith(_STILL) or isinstance(layer, keras.layers.Rescaling)

    nodes = [node for layer in layers for node in getattr(layer, "_inbound_nodes", ())]
    left_open = (None,) if KERAS_2 else (None, False)  # Keras 3 notes the default of `call`, and `fit` overrules it
    return all(is_known(layer) or formula_of(layer) for layer in layers) and all(
        _arguments(node).get("training") in left_open for node in nodes
    )


def randomness_of(model, train, forward, inputs):
    """The `Randomness` meant by `train`: False, True (the layers `fit` would make random) or {layer: rate}."""
    if isinstance(train, dict) and train:
        return behind_layers(model, train, _random_in_inference(model, forward, inputs))
    if not isinstance(train, bool):
        raise TypeError(
            f"train is False, True (Monte-Carlo dropout as in fit) or a dict {{layer: rate}}. Received: {train!r}. Choose one."
        )
    if not train:
        return _random_in_inference(model, forward, inputs)
    if forward.eval_fun is None and is_plain_graph(model):
        keyed, unpaired = [layer for layer in layers_of(model) if is_random(layer)], []
    else:
        keyed, unpaired = random_layers(model, forward.run_model, inputs.specs)
    if not keyed and not unpaired:
        raise no_dropout(model)
    if unpaired:
        warnings.warn(
            f"Layers that draw by themselves are random, but not a function of (seed, m, n): "
            f"{', '.join(layer.name for layer in unpaired)}. Their draws change with the batch size; see Saliency.unpaired.",
            stacklevel=4,
        )
    return Randomness(keyed, unpaired)
