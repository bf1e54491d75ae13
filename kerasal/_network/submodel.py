"""The part of a model from its inputs to one layer, as a Keras model of its own."""

import math

import keras
import tensorflow as tf

from kerasal._network.interception import Reached, intercepted, untouched


def build_submodel(model, extractor):
    """The Keras model from the inputs of `model` to what `extractor` names; see `LayerExtractor.submodel`."""
    layer = extractor.find(model)
    chain = _chain(model, layer)
    if chain is None:
        return _Submodel(model, extractor, name=f"{model.name}_to_{layer.name}")
    nodes = _nodes_of_call(chain, layer, extractor)
    with untouched(model):  # a new model's first node is noted on the layers before it
        tensors = _outputs(nodes[-1]) if extractor.timing == "post" else _inputs(nodes[-1])[:1]
        result = tensors[0] if len(tensors) == 1 else tensors
        for child, node in zip(reversed(chain[1:]), reversed(nodes[:-1])):
            inner = keras.Model(_structure(child), result, name=f"{child.name}_to_{layer.name}")
            result = inner(tf.nest.pack_sequence_as(_structure(child), _inputs(node)))
        return keras.Model(_structure(chain[0]), result, name=f"{model.name}_to_{layer.name}")


class _Submodel(keras.Model):
    """Runs the original model and returns what passes the layer."""

    def __init__(self, original, extractor, **kwargs):
        super().__init__(**kwargs)
        self.original = original
        self._extractor = extractor

    def call(self, inputs, training=False):
        def run():
            return self.original(inputs, training=training)

        with untouched(self.original):
            return reading(self.original, [self._extractor], run)[1][0]


def reading(model, extractors, run, handlers=None):
    """Run a pass and keep what passes some layers.

    Args:
        model: the model the layers belong to.
        extractors: `LayerExtractor`s, whose values are wanted.
        run: a function without arguments that runs the pass.
        handlers: other interception handlers of the same pass, {layer: [handler]}.

    Returns:
        What `run()` returned, and the list of values.
    """
    found: dict = {}
    handlers = {layer: list(chain) for layer, chain in (handlers or {}).items()}
    for position, extractor in enumerate(extractors):

        def keep(value, position=position):
            found[position] = value()
            return found[position]

        handlers.setdefault(extractor.find(model), []).insert(0, extractor.handler(keep))
    with intercepted(model, handlers):
        outputs = run()
    for position, extractor in enumerate(extractors):
        if position not in found:
            raise never_called(extractor)
    return outputs, [found[position] for position in range(len(extractors))]


def value_at(model, extractor, run, handlers=None):
    """What passes a layer first, in a pass that ends there: what comes after the layer is not even traced."""
    found = []

    def keep(value):
        found.append(value())
        raise Reached

    chain = {layer: list(chain) for layer, chain in (handlers or {}).items()}
    chain.setdefault(extractor.find(model), []).insert(0, extractor.handler(keep))
    try:
        with intercepted(model, chain):
            run()
    except Reached:
        return found[0]
    raise never_called(extractor)


def never_called(extractor):
    """The error for a layer that a pass does not reach."""
    call = "no call of it" if extractor.call is None else f"no call number {extractor.call}"
    return ValueError(
        f"{extractor!r}: the model must call the layer when it is run. Received: {call}, or one hidden in a tf.function. Take a "
        "layer, or a call, that this input passes through, outside any inner @tf.function."
    )


def _chain(model, layer):
    """The functional models from the outermost to the one whose graph holds the layer, or None."""
    functional = getattr(model, "_functional", None) or model
    if not hasattr(functional, "_nodes_by_depth"):
        return None
    if any(_operation(node) is layer for node in _nodes(functional)):
        return [functional]
    for node in _nodes(functional):
        if isinstance(_operation(node), keras.Model):
            deeper = _chain(_operation(node), layer)
            if deeper:
                return [functional, *deeper]
    return None


def _nodes(functional):
    """The nodes of a functional model's graph, in the order they run."""
    depths = sorted(functional._nodes_by_depth, reverse=True)
    return [node for depth in depths for node in functional._nodes_by_depth[depth]]


def _operation(node):
    return node.operation if hasattr(node, "operation") else node.layer


def _nodes_of_call(chain, layer, extractor):
    """The node, at each level, of one call of the layer: `extractor.call` counts in the order of running, innermost fastest."""
    levels = [
        [
            node
            for node in _nodes(functional)
            if inside in (_operation(node), getattr(_operation(node), "_functional", None))
        ]
        for functional, inside in zip(chain, [*chain[1:], layer])
    ]
    calls = math.prod(map(len, levels))
    if calls > 1 and extractor.call is None:
        raise ValueError(
            f"{extractor!r}: the layer must be called once in a pass, or `call` must say which. Received: layer "
            f"'{layer.name}' called {calls} times. Add call=0 for the first call, call=1 for the second, …"
        )
    place, found = extractor.call or 0, []
    if place >= calls:
        raise never_called(extractor)
    for nodes in reversed(levels):
        place, at = divmod(place, len(nodes))
        found.append(nodes[at])
    return found[::-1]


def _structure(functional):
    """The inputs of a functional model as it takes them: one, a list or a dict."""
    return getattr(functional, "_inputs_struct", getattr(functional, "_nested_inputs", None))


def _inputs(node):
    return tf.nest.flatten(node.input_tensors)


def _outputs(node):
    return tf.nest.flatten(node.output_tensors if hasattr(node, "output_tensors") else node.outputs)
