"""The part of a model from its inputs to one layer, as a Keras model of its own."""

import keras
import tensorflow as tf

from kerasal.interception import intercepted, untouched


def build_submodel(model, extractor):
    """The Keras model from the inputs of `model` to what `extractor` names; see `LayerExtractor.submodel`."""
    layer = extractor.find(model)
    chain = _chain(model, layer)
    if chain is None:
        return _Submodel(model, extractor, name=f"{model.name}_to_{layer.name}")
    node = _node(chain[-1], layer, extractor)
    tensors = _outputs(node) if extractor.timing == "post" else _inputs(node)
    result = tensors[0] if len(tensors) == 1 or extractor.timing == "pre" else tensors
    for parent, child in zip(reversed(chain[:-1]), reversed(chain[1:])):
        inner = keras.Model(child.inputs, result, name=f"{child.name}_to_{layer.name}")
        arguments = _inputs(_node(parent, child, extractor))
        result = inner(arguments[0] if len(arguments) == 1 else arguments)
    return keras.Model(chain[0].inputs, result, name=f"{model.name}_to_{layer.name}")


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
    found = {}
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
            raise ValueError(
                f"{extractor!r}: the model must call the layer when it is run. Received: "
                f"{'no call of it' if extractor.call is None else f'no call number {extractor.call}'}. Take a layer, or a "
                "call, that this input passes through."
            )
    return outputs, [found[position] for position in range(len(extractors))]


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


def _node(functional, layer, extractor):
    same = [n for n in _nodes(functional) if layer in (_operation(n), getattr(_operation(n), "_functional", None))]
    if len(same) > 1 and extractor.call is None:
        raise ValueError(
            f"{extractor!r}: the layer must be called once in a pass, or `call` must say which. Received: layer "
            f"'{layer.name}' called {len(same)} times. Add call=0 for the first call, call=1 for the second, …"
        )
    return same[extractor.call or 0]


def _inputs(node):
    return list(getattr(node, "input_tensors", None) or tf.nest.flatten(node.keras_inputs))


def _outputs(node):
    return list(getattr(node, "output_tensors", None) or tf.nest.flatten(node.outputs))
