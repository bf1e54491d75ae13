"""Masks that layers make and take: seen and exchanged while a pass is traced."""

import collections
import contextlib
import functools
import inspect
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from kerasal._network.attribute_names import MASK
from kerasal._network.interception import place_in, replacing_methods
from kerasal._network.layer_tree import walk
from kerasal._network.versions import mask_of


class MaskKey(NamedTuple):
    """A mask of a pass: its layer, the method that made it or the argument that took it, and how many came before."""

    layer: keras.layers.Layer
    place: str
    number: int


Act = Callable[[MaskKey, tf.Tensor], tf.Tensor]
"""Function of (key, mask) that returns the mask to go on with."""


def mask_makers(model: keras.Model) -> list[keras.layers.Layer]:
    """List the layers that may make a mask of values: `Masking`, `Embedding(mask_zero=True)`, and a user's with `compute_mask`."""
    return [layer for _, layer, holder in walk(model) if holder is None and _makes_masks(layer)]


def _makes_masks(layer: keras.layers.Layer) -> bool:
    if isinstance(layer, keras.layers.Masking) or getattr(layer, "mask_zero", False):
        return True
    owner = next(kind for kind in type(layer).__mro__ if "compute_mask" in vars(kind))
    return owner.__module__.split(".")[0] != "keras"


@contextlib.contextmanager
def masks_through(model: keras.Model, act: Act) -> Iterator[None]:
    """Pass the masks of a model, in the graph being traced and outside its loops, through a function.

    A mask is what `compute_mask` returns, what a `Masking` layer makes, and what a layer is called with as an argument of that
    name: the graph of a functional model of Keras 3 has the operations that make masks, without a layer around them.

    Args:
        model: the model.
        act: the function.
    """
    graph, made = tf.compat.v1.get_default_graph(), collections.Counter[tuple[Any, str]]()

    def go_on(layer: keras.layers.Layer, place: str, mask: Any) -> Any:
        if isinstance(mask, (list, tuple)):
            return [go_on(layer, f"{place}/{k}", part) for k, part in enumerate(mask)]
        if not tf.is_tensor(mask) or mask.dtype.is_floating or place_in(graph) != "inside":
            return mask  # real numbers that are called a mask may have a gradient
        number = made[layer, place]
        made[layer, place] += 1
        return act(MaskKey(layer, place, number), mask)

    with replacing_methods() as replace:
        for _, layer, holder in walk(model):
            for name, make in _methods(layer).items() if holder is None else ():
                through = make(getattr(layer, name), layer, go_on)
                replace(layer, name, tf.autograph.experimental.do_not_convert(through))
        yield


def _methods(layer: keras.layers.Layer) -> dict[str, Callable[..., Any]]:
    """{method of a layer that has to do with masks: function that makes what takes its place}."""
    found: dict[str, Callable[..., Any]] = {}
    if not isinstance(layer, keras.Model):
        found["compute_mask"] = _computing
    if type(layer).call is keras.layers.Masking.call:
        found["call"] = _masking
    elif not hasattr(layer.call, "python_function"):
        names = [name for name in inspect.signature(type(layer).call).parameters if "mask" in name]
        if names:
            found["call"] = functools.partial(_taking, names=names)
    return found


def _computing(
    original: Callable[..., Any], layer: keras.layers.Layer, go_on: Callable[..., Any]
) -> Callable[..., Any]:
    """`compute_mask` of a layer, whose masks go through `go_on`."""

    def compute_mask(inputs: Any, *args: Any, **kwargs: Any) -> Any:
        return go_on(layer, "compute_mask", original(inputs, *args, **kwargs))

    return compute_mask


def _taking(
    original: Callable[..., Any], layer: keras.layers.Layer, go_on: Callable[..., Any], names: Sequence[str]
) -> Callable[..., Any]:
    """`call` of a layer with masks for arguments, which go through `go_on`."""
    order = list(inspect.signature(type(layer).call).parameters)[1:]

    def call(*args: Any, **kwargs: Any) -> Any:
        given = list(args)
        for name in names:
            if name in kwargs:
                kwargs[name] = go_on(layer, name, kwargs[name])
            elif name in order[: len(given)]:
                given[order.index(name)] = go_on(layer, name, given[order.index(name)])
        return original(*given, **kwargs)

    return call


def _masking(original: Callable[..., Any], layer: keras.layers.Layer, go_on: Callable[..., Any]) -> Callable[..., Any]:
    """`call` of a `Masking` layer, which makes its mask and sets what is masked to 0."""

    def call(inputs: Any) -> Any:
        output = original(inputs)
        own = mask_of(output)
        mask = go_on(layer, "output", own)
        if mask is own:
            return output
        output = tf.where(mask[..., None], inputs, tf.zeros_like(inputs))
        setattr(output, MASK, mask)
        return output

    return call
