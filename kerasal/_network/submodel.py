"""The value that passes a layer of a model, and the part of the model that leads there as a Keras model."""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import keras
import tensorflow as tf

from kerasal._network.call_order import Site, calls_as_written, calls_in_words
from kerasal._network.interception import Handler, Handlers, Reached, between_traces, intercepted
from kerasal._network.layer_tree import layers_of
from kerasal._network.untouched import untouched
from kerasal._network.versions import consumers_of, input_structure, inputs_at, layer_at, outputs_at

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
    calls = calls_as_written(model, layer)
    if not calls:
        return _Submodel(model, extractor, name=f"{model.name}_to_{layer.name}")
    sites = _sites_of_call(calls, model, layer, extractor)
    with between_traces(), _without_nodes_on(model) as made:
        last = sites[-1].node
        tensors = outputs_at(last) if extractor.timing == "post" else inputs_at(last)[:1]
        result = tensors[0] if len(tensors) == 1 else tensors
        for inner, outer in zip(reversed(sites[1:]), reversed(sites[:-1]), strict=True):
            structure = input_structure(inner.functional)
            part = keras.Model(structure, result, name=f"{inner.functional.name}_to_{layer.name}")
            made.append(part)
            result = part(tf.nest.pack_sequence_as(structure, inputs_at(outer.node)))
        made.append(keras.Model(input_structure(sites[0].functional), result, name=f"{model.name}_to_{layer.name}"))
        return made[-1]


@contextlib.contextmanager
def _without_nodes_on(model: keras.Model) -> Iterator[list[keras.Model]]:
    """Take from the layers of a model the nodes that say that the models listed meanwhile follow them."""
    made: list[keras.Model] = []
    try:
        yield made
    finally:
        for layer in layers_of(model):
            nodes: Any = consumers_of(layer)
            for node in [node for node in nodes if any(layer_at(node) is other for other in made)]:
                nodes.remove(node)


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


def several_calls(extractor: AtLayer, model: keras.Model, layer: keras.layers.Layer, times: str) -> ValueError:
    """Make the error for a layer of which one call must be chosen."""
    return ValueError(
        f"{extractor!r}: the layer must be called once in a pass, or `call` must say which. Received: layer "
        f"'{layer.name}' called {times} times: {calls_in_words(model, layer)}. Add call=0, call=1, …"
    )


def _sites_of_call(
    calls: list[list[Site]], model: keras.Model, layer: keras.layers.Layer, extractor: AtLayer
) -> list[Site]:
    """Choose the call that is meant."""
    if len(calls) > 1 and extractor.call is None:
        raise several_calls(extractor, model, layer, str(len(calls)))
    if (extractor.call or 0) >= len(calls):
        raise never_called(extractor)
    return calls[extractor.call or 0]
