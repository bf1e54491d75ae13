"""Running the user's model as given while some of its layers' calls pass through our hands; nothing is left behind."""

import collections
import contextlib
import itertools
import random
import threading
import types

import keras
import numpy as np
import tensorflow as tf

from kerasal._network.layer_tree import layers_of
from kerasal._network.workers import Workers


class Call:
    """One call of an intercepted layer: `args` and `kwargs` (a handler may change them), `index` (how many calls came before
    in this pass), `looped` (whether it is in the body of a loop or branch), `graph` (of the pass, outside any loop).
    """

    def __init__(self, layer, original, args, kwargs, index, looped, graph):
        self.layer, self.args, self.kwargs = layer, args, dict(kwargs)
        self.index, self.looped, self.graph = index, looped, graph
        self._original = original

    def run(self):
        """What the layer itself computes."""
        return self._original(*self.args, **self.kwargs)


class Shortcut:
    """A handler that only makes a pass faster, and is left out where no handler can act."""

    def __init__(self, handler):
        self._handler = handler

    def __call__(self, call):
        return self._handler(call)


def bound(handler, layer, inner, index, looped, graph):
    """The call of a layer, whose own is `inner`, passed through a handler; the others are as of `Call`."""
    return lambda *args, **kwargs: handler(Call(layer, inner, args, kwargs, index, looped, graph))


_TRACING = threading.RLock()  # a layer's `call` is replaced only while this is held
_UNSPECIFIED = tf.__internal__.autograph.control_status_ctx()
_CONTROL_FLOW = ("CondBranchFuncGraph", "WhileCondFuncGraph", "WhileBodyFuncGraph")
_ABSENT = object()
KERAS_2 = keras.__version__.startswith("2.")


def autographed(function):
    """The function with Python `if` and `for` over tensors allowed, as inside a `tf.function` of its own."""
    plain = getattr(function, "python_function", function)  # a tf.function would keep our trace
    return tf.__internal__.autograph.tf_convert(plain, _UNSPECIFIED)


def place_in(ours):
    """Where the running thread is: "outside" our trace, "inside" it, in a "loop" in it, or in an inner "function" of it."""
    graph, place = tf.compat.v1.get_default_graph(), "inside"
    while graph is not ours:
        if type(graph).__name__ not in _CONTROL_FLOW:
            place = "function"
        elif place == "inside":
            place = "loop"
        graph = getattr(graph, "outer_graph", None)
        if graph is None:
            return "outside"
    return place


class Reached(BaseException):
    """Ends a pass that has gone far enough; no Exception, so that nobody on the way handles it."""


@contextlib.contextmanager
def intercepted(model, handlers):
    """Replace the calls of layers for one pass over the model, in the graph being traced and in no other thread's.

    Args:
        model: the Keras model.
        handlers: {layer: [handler, ...]}; see `Call`; the first is outermost.

    Yields:
        counts: {layer: calls so far}.
    """
    ours = tf.compat.v1.get_default_graph()
    counts: collections.Counter = collections.Counter()
    replaced = []

    def install(layer, name, chain):
        original = getattr(layer, name)
        if hasattr(
            original, "python_function"
        ):  # a tf.function of the user's would keep our trace, or hide its layers from it
            run = autographed(_python_function(layer, name))
        elif KERAS_2:  # which converts every layer's call in a graph, as Keras 3 does not
            run = autographed(original)
        else:
            run = original

        def call(*args, **kwargs):
            place = place_in(ours)
            if place == "outside":
                return original(*args, **kwargs)
            if place == "function" and not all(isinstance(handler, Shortcut) for handler in chain):
                raise ValueError(
                    f"Layer '{layer.name}' must be called where saliency can reach it. Received: a call inside an inner "
                    "tf.function. Remove the @tf.function around that call (saliency is compiled anyway), or decorate the "
                    "layer's own `call` instead."
                )
            index = counts[layer]
            counts[layer] += 1
            step = run
            for handler in [] if place == "function" else reversed(chain):
                step = bound(handler, layer, step, index, place == "loop", ours)
            return step(*args, **kwargs)

        replaced.append((layer, name, layer.__dict__.get(name, _ABSENT)))
        layer.__dict__[name] = tf.autograph.experimental.do_not_convert(call)

    try:
        for layer in layers_of(model):
            for name in ("call", "quantized_call"):
                function = getattr(layer, name, None)
                if function is not None and (layer in handlers or hasattr(function, "python_function")):
                    install(layer, name, handlers.get(layer, []))
        yield counts
    finally:
        for layer, name, before in reversed(replaced):
            if before is _ABSENT:
                layer.__dict__.pop(name, None)
            else:
                layer.__dict__[name] = before


def _python_function(layer, name):
    """What a layer's `tf.function` was made of, as a bound method."""
    own = layer.__dict__.get(name)
    return (
        own.python_function if own is not None else types.MethodType(getattr(type(layer), name).python_function, layer)
    )


@contextlib.contextmanager
def seeds_from(model, seed_of):
    """Let the model's seed generators hand out `seed_of(count)`, a uint32 pair, instead of advancing their state."""
    counter, ours = itertools.count(), tf.compat.v1.get_default_graph()
    found: list = [getattr(layer, "seed_generator", None) for layer in layers_of(model)]
    generators = [generator for generator in found if hasattr(generator, "next")]
    for generator in generators:

        def advance(ordered=True, own=generator.next):
            return own(ordered) if place_in(ours) == "outside" else seed_of(next(counter))

        generator.__dict__["next"] = advance
    try:
        yield
    finally:
        for generator in generators:
            generator.__dict__.pop("next", None)


@contextlib.contextmanager
def untouched(model):
    """Hold the lock of tracing, alone of all workers; put back layers' attributes and losses and the global random state."""
    with _TRACING, Workers(model).alone():
        layers = layers_of(model)
        attributes = [(layer, dict(layer.__dict__)) for layer in layers]
        containers = [
            (value, _copy(value)) for _, before in attributes for value in before.values() if _is_container(value)
        ]
        losses = [(layer, list(layer._eager_losses)) for layer in layers if hasattr(layer, "_eager_losses")]
        python, numpy = random.getstate(), np.random.get_state()
        try:
            yield
        finally:
            for layer, before in attributes:
                now = layer.__dict__  # name by name: another thread may be using the layer
                for name in [name for name in now if name not in before]:
                    del now[name]
                now.update({name: value for name, value in before.items() if now.get(name, _ABSENT) is not value})
            for value, before in containers:
                _restore(value, before)
            for layer, list_before in losses:
                layer._thread_local._eager_losses = list_before
            random.setstate(python)
            np.random.set_state(numpy)


def _is_container(value):
    return isinstance(value, (list, set)) or type(value) is dict


def _copy(value):
    return dict(value) if isinstance(value, dict) else list(value)


def _restore(value, before):
    now = _copy(value)
    if isinstance(value, dict):
        if now.keys() != before.keys() or any(now[k] is not before[k] for k in before):
            dict.clear(value)
            dict.update(value, before)
    elif len(now) != len(before) or any(a is not b for a, b in zip(now, before)):
        value.clear()
        (value.extend if isinstance(value, list) else value.update)(before)
