"""Run the user's model as given while some of its layers' calls pass through our hands."""

import collections
import contextlib
import dataclasses
import itertools
import threading
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import keras
import tensorflow as tf

from kerasal._network.call_order import run_as_written
from kerasal._network.layer_tree import layers_of
from kerasal._network.versions import CALLS, KERAS_2, seed_generators

_TRACING = threading.RLock()  # a layer's `call` is replaced only while this is held
_UNSPECIFIED = tf.__internal__.autograph.control_status_ctx()
_CONTROL_FLOW = ("CondBranchFuncGraph", "WhileCondFuncGraph", "WhileBodyFuncGraph")
_ABSENT = object()


@dataclasses.dataclass(eq=False)
class Call:
    """One call of an intercepted layer.

    Attributes:
        layer: the layer.
        original: the layer's own call, or the next handler around it.
        args, kwargs: the arguments; a handler may change them.
        index: how many calls of the layer come before in this pass, as the user wrote them.
        looped: True in the body of a loop or branch.
        graph: of the pass, outside any loop; model: that is run.
    """

    layer: keras.layers.Layer
    original: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    index: int
    looped: bool
    graph: tf.Graph
    model: keras.Model

    def run(self) -> Any:
        """Compute the layer's own output."""
        return self.original(*self.args, **self.kwargs)


Handler = Callable[[Call], Any]
"""Gives a layer's output in place of the layer; the output of `call.run()`, seen or changed."""
Handlers = dict[keras.layers.Layer, list[Handler]]
"""For each intercepted layer its handlers, the outermost first."""


class Shortcut:
    """A handler that only makes a pass faster, and is left out where no handler can act.

    Args:
        handler: the handler.
    """

    def __init__(self, handler: Handler) -> None:
        self._handler = handler

    def __call__(self, call: Call) -> Any:
        """Compute the layer's output."""
        return self._handler(call)


def autographed(function: Callable[..., Any]) -> Callable[..., Any]:
    """Allow Python `if` and `for` over tensors in a function, as inside a `tf.function` of its own."""
    plain = getattr(function, "python_function", function)  # a tf.function would keep our trace
    converted: Callable[..., Any] = tf.__internal__.autograph.tf_convert(plain, _UNSPECIFIED)
    return converted


def place_in(graph: tf.Graph) -> Literal["outside", "inside", "loop", "function"]:
    """Tell where the running thread is: outside a trace, inside it, in a loop in it, or in an inner function of it.

    Args:
        graph: of the trace.
    """
    here, place = tf.compat.v1.get_default_graph(), "inside"
    while here is not graph:
        if type(here).__name__ not in _CONTROL_FLOW:
            place = "function"
        elif place == "inside":
            place = "loop"
        here = getattr(here, "outer_graph", None)
        if here is None:
            return "outside"
    return place  # type: ignore[return-value]  # one of these words


class Reached(BaseException):
    """Ends a pass that has gone far enough; no Exception, so that nobody on the way handles it."""


@contextlib.contextmanager
def intercepted(model: keras.Model, handlers: Mapping[keras.layers.Layer, Sequence[Handler]]) -> Iterator[None]:
    """Replace the calls of layers for one pass over the model, in the graph being traced and in no other thread's.

    Args:
        model: the Keras model.
        handlers: {layer: [handler, ...]}; see `Call`; the first is outermost.
    """
    passing, layers = _Passing(model, tf.compat.v1.get_default_graph(), collections.Counter()), layers_of(model)
    with replacing_methods() as replace:
        for layer in layers:
            for name in CALLS:
                method = getattr(layer, name, None)
                if method is not None and (layer in handlers or _is_compiled(method)):
                    replace(layer, name, _passed(layer, name, handlers.get(layer, ()), passing))
        with run_as_written(layers):
            yield


@contextlib.contextmanager
def replacing_methods() -> Iterator[Callable[[keras.layers.Layer, str, Callable[..., Any]], None]]:
    """Give a function of (layer, name, method) that puts a method on a layer; afterwards all is as it was."""
    replaced: list[tuple[keras.layers.Layer, str, Any]] = []

    def replace(layer: keras.layers.Layer, name: str, method: Callable[..., Any]) -> None:
        replaced.append((layer, name, layer.__dict__.get(name, _ABSENT)))
        layer.__dict__[name] = method

    try:
        yield replace
    finally:
        for layer, name, before in reversed(replaced):
            if before is _ABSENT:
                layer.__dict__.pop(name, None)
            else:
                layer.__dict__[name] = before


class _Passing(NamedTuple):
    """One pass: of which model, in which graph, and how often each layer has been called in it."""

    model: keras.Model
    graph: tf.Graph
    calls: collections.Counter[keras.layers.Layer]


def _passed(layer: keras.layers.Layer, name: str, handlers: Sequence[Handler], passing: _Passing) -> Callable[..., Any]:
    """Make the call of a layer that passes through handlers in one graph, and is the layer's own everywhere else."""
    original, plain = getattr(layer, name), _plain(layer, name)

    def call(*args: Any, **kwargs: Any) -> Any:
        place = place_in(passing.graph)
        if place == "outside":
            return original(*args, **kwargs)
        if place == "function" and not all(isinstance(handler, Shortcut) for handler in handlers):
            raise ValueError(
                f"Layer '{layer.name}' must be called where saliency can reach it. Received: a call inside an inner "
                "tf.function. Remove the @tf.function around that call (saliency is compiled anyway), or decorate the "
                "layer's own `call` instead."
            )
        index = passing.calls[layer]
        passing.calls[layer] += 1
        step = plain
        for handler in () if place == "function" else reversed(handlers):
            step = _around(handler, step, layer, index, passing, looped=place == "loop")
        return step(*args, **kwargs)

    converted: Callable[..., Any] = tf.autograph.experimental.do_not_convert(call)
    return converted


def _around(
    handler: Handler,
    step: Callable[..., Any],
    layer: keras.layers.Layer,
    index: int,
    passing: _Passing,
    *,
    looped: bool,
) -> Callable[..., Any]:
    """Put a handler around a step of a layer's call; see `Call`."""
    return lambda *args, **kwargs: handler(
        Call(layer, step, args, dict(kwargs), index, looped, passing.graph, passing.model)
    )


def _is_compiled(method: Callable[..., Any]) -> bool:
    """Tell whether a method is a `tf.function`, which would keep our trace, or hide its layers from it."""
    return hasattr(method, "python_function")


def _plain(layer: keras.layers.Layer, name: str) -> Callable[..., Any]:
    """Give a layer's method as a function that is traced like any other."""
    method: Callable[..., Any] = getattr(layer, name)
    if _is_compiled(method):
        own = layer.__dict__.get(name)
        kind = type(layer)
        inner = types.MethodType(getattr(kind, name).python_function, layer) if own is None else own.python_function
        return autographed(inner)
    return autographed(method) if KERAS_2 else method  # Keras 2 converts every layer's call in a graph


@contextlib.contextmanager
def seeds_from(model: keras.layers.Layer, seed_of: Callable[[int], tf.Tensor]) -> Iterator[None]:
    """Let a model's seed generators hand out seeds of ours in the graph being traced, without advancing their state.

    Args:
        model: a model or layer.
        seed_of: function of how many seeds were handed out before, giving a uint32 pair.
    """
    counter, graph = itertools.count(), tf.compat.v1.get_default_graph()
    generators = seed_generators(layers_of(model))
    for generator in generators:

        def advance(*args: Any, own: Callable[..., Any] = generator.next, **kwargs: Any) -> Any:
            return own(*args, **kwargs) if place_in(graph) == "outside" else seed_of(next(counter))

        generator.__dict__["next"] = advance
    try:
        yield
    finally:
        for generator in generators:
            generator.__dict__.pop("next", None)


@contextlib.contextmanager
def between_traces() -> Iterator[None]:
    """Wait until no thread traces, and let none begin."""
    with _TRACING:
        yield
