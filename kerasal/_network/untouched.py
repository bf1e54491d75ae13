"""Traces leave nothing behind on a model, and undo nothing that others do to it meanwhile."""

import contextlib
import dis
import functools
import inspect
import types
from collections.abc import Iterator
from typing import Any

import keras
import tensorflow as tf

from kerasal._network.attribute_names import NODES, SET_BY_TRAINING
from kerasal._network.interception import between_traces
from kerasal._network.layer_tree import layers_of
from kerasal._network.versions import losses_of_calls, put_back_losses_of_calls
from kerasal._network.workers import Workers

_ABSENT = object()
_STORING = ("STORE_ATTR", "DELETE_ATTR")


@contextlib.contextmanager
def untouched(model: keras.Model) -> Iterator[None]:
    """Hold the lock of tracing, alone of all workers; put back what calls of layers set on them, and their losses.

    Attributes that only training or code outside of the layer's class sets are left alone: `fit` may begin in another thread,
    a signal handler or a callback may set a flag or a rate, a model may be built on this one. The global random generators
    are never touched.
    """
    with between_traces(), Workers(model).alone():
        layers = layers_of(model)
        attributes = [(layer, dict(layer.__dict__)) for layer in layers]
        containers = [
            (value, _copy(value))
            for _, before in attributes
            for name, value in before.items()
            if _is_container(value) and name not in SET_BY_TRAINING | NODES
        ]
        losses = [(layer, losses_of_calls(layer)) for layer in layers]
        try:
            yield
        finally:
            set_by_calls = _SetByCalls()
            for layer, before in attributes:
                _put_back(layer, before, set_by_calls)
            for value, content in containers:
                _refill(value, content)
            for layer, own in losses:
                if own is not None:
                    put_back_losses_of_calls(layer, own)


def _put_back(layer: keras.layers.Layer, before: dict[str, Any], set_by_calls: "_SetByCalls") -> None:
    """Put a layer's attributes back name by name: another thread may be using the layer."""
    now = layer.__dict__
    for name in now.keys() | before.keys():
        was, value = before.get(name, _ABSENT), now.get(name, _ABSENT)
        if was is value or name in SET_BY_TRAINING:
            continue
        if name not in set_by_calls[type(layer)] and not _is_symbolic(value):
            continue
        if was is _ABSENT:
            now.pop(name, None)
        else:
            now[name] = was


class _SetByCalls(dict[type, set[str]]):
    """For each class the attributes that its methods set, but for those that make an object."""

    def __missing__(self, kind: type) -> set[str]:
        found = self[kind] = set()
        for base in kind.__mro__:
            for name, value in vars(base).items():
                function = inspect.unwrap(getattr(value, "__func__", value))
                if name not in ("__init__", "__new__") and hasattr(function, "__code__"):
                    found |= _stored(function.__code__)
        return found


@functools.lru_cache(maxsize=8192)  # Keras' own layers have some hundreds of methods, which every trace asks for
def _stored(code: types.CodeType) -> frozenset[str]:
    """Find the names of attributes that a function sets or deletes."""
    return frozenset(each.argval for each in dis.get_instructions(code) if each.opname in _STORING)


def _is_symbolic(value: Any) -> bool:
    return any(tf.is_tensor(part) and not hasattr(part, "numpy") for part in tf.nest.flatten(value))


def _is_container(value: Any) -> bool:
    return isinstance(value, (list, set)) or type(value) is dict


def _copy(value: Any) -> Any:
    return dict(value) if isinstance(value, dict) else list(value)


def _refill(value: Any, content: Any) -> None:
    """Give a container its content again, where that has changed."""
    now = _copy(value)
    if isinstance(value, dict):
        if now.keys() != content.keys() or any(now[key] is not content[key] for key in content):
            dict.clear(value)
            dict.update(value, content)
    elif len(now) != len(content) or any(one is not other for one, other in zip(now, content, strict=True)):
        value.clear()
        (value.extend if isinstance(value, list) else value.update)(content)
