"""The value that passes a layer of a model, and the part of the model that leads there as a Keras model."""

import contextlib
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import keras
import tensorflow as tf

from kerasal._network.interception import Handler, Handlers, Reached, intercepted, untouched
from kerasal._network.versions import (
    graph_model,
    input_structure,
    inputs_at,
    layer_at,
    nodes_in_order,
    outputs_at,
    runs_graph,
)

Chains = Mapping[keras.layers.Layer, Sequence[Handler]]


class AtLayer(Protocol):
    """The part of a `LayerExtractor` that is needed here; see there."""

    @property
    def timing(self) -> str:
        """Return "post" or "pre"."""

    @property
    def call(self) -> int | None:
        """Return the number of the call that is meant, or None."""

    def find(self, model: keras.Model) -> keras.layers.Layer:
        """Find the layer in the model."""

    def handler(self, act: Callable[[Callable[[], Any]], Any]) -> Handler:
        """Make the handler that passes the layer's value through `act`."""


def build_submodel(model: keras.Model, extractor: AtLayer) -> keras.Model:
    """Build the Keras model from the inputs of `model` to a layer; see `LayerExtractor.submodel`."""
    layer = extractor.find(model)
    around = _graphs_around(model, layer)
    if around is None:
        return _Submodel(model, extractor, name=f"{model.name}_to_{layer.name}")
    nodes = _nodes_of_call(around, layer, extractor)
    with untouched(model):  # a new model's first node is noted on the layers before it
        tensors = outputs_at(nodes[-1]) if extractor.timing == "post" else inputs_at(nodes[-1])[:1]
        result = tensors[0] if len(tensors) == 1 else tensors
        for inner, node in zip(reversed(around[1:]), reversed(nodes[:-1]), strict=True):
            part = keras.Model(input_structure(inner), result, name=f"{inner.name}_to_{layer.name}")
            result = part(tf.nest.pack_sequence_as(input_structure(inner), inputs_at(node)))
        return keras.Model(input_structure(around[0]), result, name=f"{model.name}_to_{layer.name}")


class _Submodel(keras.Model):  # type: ignore[misc]  # Keras has no types
    """Runs the original model and returns what passes the layer."""

    def __init__(self, original: keras.Model, extractor: AtLayer, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.original = original
        self._extractor = extractor

    def call(self, inputs: Any, training: bool = False) -> Any:  # noqa: FBT001, FBT002  as Keras calls it
        with untouched(self.original):
            with reading(self.original, [self._extractor]) as values:
                self.original(inputs, training=training)
            return values[0]


@contextlib.contextmanager
def reading(model: keras.Model, extractors: Sequence[AtLayer], handlers: Chains | None = None) -> Iterator[list[Any]]:
    """Keep what passes some layers in the pass that is run inside.

    Args:
        model: the model the layers belong to.
        extractors: `LayerExtractor`s, whose values are wanted.
        handlers: other interception handlers of the same pass, {layer: [handler]}.

    Yields:
        A list that holds the values, in the order of the extractors, once the pass has been run.

    Raises:
        ValueError: the pass does not call one of the layers.
    """
    found: dict[int, Any] = {}
    values: list[Any] = []
    chains = _copied(handlers)
    for position, extractor in enumerate(extractors):

        def keep(value: Callable[[], Any], position: int = position) -> Any:
            found[position] = value()
            return found[position]

        chains.setdefault(extractor.find(model), []).insert(0, extractor.handler(keep))
    with intercepted(model, chains):
        yield values
    for position, extractor in enumerate(extractors):
        if position not in found:
            raise never_called(extractor)
        values.append(found[position])


def value_at(model: keras.Model, extractor: AtLayer, run: Callable[[], Any], handlers: Chains | None = None) -> Any:
    """Run a pass that ends at a layer; what comes after the layer is not even traced.

    Args:
        model: the model the layer belongs to.
        extractor: the `LayerExtractor`.
        run: a function without arguments that runs the pass.
        handlers: other interception handlers of the same pass, {layer: [handler]}.

    Returns:
        What passes the layer first.

    Raises:
        ValueError: the pass does not reach the layer.
    """
    found = []

    def keep(value: Callable[[], Any]) -> Any:
        found.append(value())
        raise Reached

    chains = _copied(handlers)
    chains.setdefault(extractor.find(model), []).insert(0, extractor.handler(keep))
    try:
        with intercepted(model, chains):
            run()
    except Reached:
        return found[0]
    raise never_called(extractor)


def never_called(extractor: AtLayer) -> ValueError:
    """Make the error for a layer that a pass does not reach."""
    call = "no call of it" if extractor.call is None else f"no call number {extractor.call}"
    return ValueError(
        f"{extractor!r}: the model must call the layer when it is run. Received: {call}, or one hidden in a tf.function. Take a "
        "layer, or a call, that this input passes through, outside any inner @tf.function."
    )


def _copied(handlers: Chains | None) -> Handlers:
    return {layer: list(chain) for layer, chain in (handlers or {}).items()}


def _graphs_around(model: keras.Model, layer: keras.layers.Layer) -> list[keras.Model] | None:
    """List the functional models from the outermost to the one whose graph holds the layer, or None."""
    functional = graph_model(model)
    if functional is None:
        return None
    at_nodes = [layer_at(node) for node in nodes_in_order(functional)]
    if any(each is layer for each in at_nodes):
        return [functional]
    for each in at_nodes:
        inner = _graphs_around(each, layer) if isinstance(each, keras.Model) else None
        if inner:
            return [functional, *inner]
    return None


def _nodes_of_call(around: list[keras.Model], layer: keras.layers.Layer, extractor: AtLayer) -> list[Any]:
    """Find the node, in each graph around, of one call: `extractor.call` counts in the order of running, innermost fastest."""
    levels = [
        [node for node in nodes_in_order(functional) if runs_graph(layer_at(node), inside)]
        for functional, inside in zip(around, [*around[1:], layer], strict=True)
    ]
    calls = math.prod(map(len, levels))
    if calls > 1 and extractor.call is None:
        raise ValueError(
            f"{extractor!r}: the layer must be called once in a pass, or `call` must say which. Received: layer "
            f"'{layer.name}' called {calls} times. Add call=0 for the first call, call=1 for the second, …"
        )
    remaining, found = extractor.call or 0, []
    if remaining >= calls:
        raise never_called(extractor)
    for nodes in reversed(levels):
        remaining, index = divmod(remaining, len(nodes))
        found.append(nodes[index])
    return found[::-1]
