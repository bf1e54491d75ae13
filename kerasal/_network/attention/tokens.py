"""Tokens of a tensor, marked by their numbers and followed through a part of the graph."""

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import tensorflow as tf

from kerasal._network.attention.products import PRODUCTS, letters_of_product
from kerasal._network.graphs import FUNCTIONS, operations_inside
from kerasal._network.positions.constants import static_shape
from kerasal._network.positions.following import Following
from kerasal._network.positions.paths import steps
from kerasal._network.positions.sites import ROWS, Sites, Unknown, along
from kerasal._network.positions.step_types import (
    CONVOLVING,
    ELEMENTWISE,
    POOLING,
    REDUCING,
    RESIZING,
    SPREADING,
)

_TOKEN = 1  # the key of the tokens' numbers among the places; 0 is that of the rows
_ALONG_LAST = ("Softmax", "LogSoftmax", "LRN")
_ALONG_SOME = ("Cumsum", "Cumprod", "FFT", "FFT2D", "RFFT", "IRFFT", *RESIZING)

Marks = Mapping[object, Sites | Unknown]
"""{tensor reference: which tokens its elements are of}."""


def tokens_in(tensor: tf.Tensor) -> Sites | None:
    """Mark the tokens of (rows, *tokens, features): the number of each, in order; None where it has none, or open lengths."""
    shape = static_shape(tensor)
    if shape is None or len(shape) < 3:
        return None
    numbers = np.arange(math.prod(shape[1:-1]), dtype="float64").reshape([1, *shape[1:-1], 1])
    return _marked(shape, numbers)


def tokens_along(shape: Sequence[int], axis: int) -> Sites:
    """Mark the tokens along one axis of a tensor of this shape."""
    return _marked(shape, along(np.arange(shape[axis], dtype="float64"), axis, len(shape)))


def _marked(shape: Sequence[int], numbers: np.ndarray) -> Sites:
    return Sites(tuple(shape), ({0: along(np.arange(ROWS, dtype="float64"), 0, len(shape)), _TOKEN: numbers},))


def followed(
    given: Mapping[object, Sites], end: tf.Tensor, tensors: Sequence[tf.Tensor]
) -> tuple[list[tf.Tensor], Marks]:
    """Follow tokens to a tensor.

    Args:
        given: {reference: marks} of the tensors that they are followed from.
        end: the tensor.
        tensors: all between the target and the score, in order.

    Returns:
        (the tensors between, the last of them `end`; marks of these and of those given).
    """
    needed = set() if end.ref() in given else {end.ref()}
    for tensor in reversed(tensors):
        if tensor.ref() in needed:
            needed |= {each.ref() for each in steps(tensor.op, integers=True) if each.ref() not in given}
    between = [tensor for tensor in tensors if tensor.ref() in needed]
    following = Following(given, between)
    marks = {tensor.ref(): following.get(tensor) for tensor in between}
    return between, {**given, **{key: sites for key, sites in marks.items() if sites is not None}}


def layers_of_tokens(sites: Sites) -> list[np.ndarray]:
    """List the numbers of the tokens at the elements of a tensor; several where elements are of pairs of tokens."""
    return [layer[_TOKEN] for layer in sites.layers if _TOKEN in layer and axes_of(layer[_TOKEN])]


def are_rows_kept(sites: Sites) -> bool:
    """Tell whether the first axis has the examples, one row each."""
    return sites.shape[0] == ROWS and all(axes_of(layer[0]) == {0} for layer in sites.layers if 0 in layer)


def axes_of(array: np.ndarray) -> set[int]:
    """Return the axes along which an array of numbers differs."""
    found = set()
    for axis, length in enumerate(array.shape):
        if length > 1 and np.any(np.diff(array, axis=axis) != 0):
            found.add(axis)
    return found


def axes_with_tokens(sites: Sites | Unknown | None) -> set[int]:
    """Return the axes along which tokens differ."""
    return set().union(*map(axes_of, layers_of_tokens(sites))) if isinstance(sites, Sites) else set()


def same_tokens(sites: Sites | Unknown | None, expected: Sites | None) -> bool:
    """Tell whether a tensor has the tokens, each where it is expected, and the examples as rows."""
    if not isinstance(sites, Sites) or expected is None or sites.shape != expected.shape or not are_rows_kept(sites):
        return False
    (own,), found = layers_of_tokens(expected) or (None,), layers_of_tokens(sites)
    return own is not None and len(found) == 1 and _equal(found[0], own, sites.shape)


def _equal(one: np.ndarray, other: np.ndarray, shape: Sequence[int]) -> bool:
    return bool(np.all(np.broadcast_to(one, shape) == np.broadcast_to(other, shape)))


def mixes(operation: tf.Operation, marks: Marks) -> bool:
    """Tell whether an operation makes a number of several tokens."""
    axes = [axes_with_tokens(marks.get(each.ref())) for each in operation.inputs]
    kind = operation.type
    if not any(axes):
        return False
    if kind in REDUCING:
        over = tf.get_static_value(operation.inputs[1])
        rank = operation.inputs[0].shape.rank
        return over is None or rank is None or bool(axes[0] & {int(axis) % rank for axis in np.ravel(over)})
    if kind in PRODUCTS:
        letters = letters_of_product(operation)
        return letters is None or any(letters[n][axis] not in letters[-1] for n, own in enumerate(axes) for axis in own)
    if kind in (*CONVOLVING, *SPREADING):
        return any(size != 1 for size in operation.inputs[1].shape[:-2])
    if kind in POOLING:
        return any(size != 1 for size in operation.get_attr("ksize"))
    if kind in _ALONG_LAST:
        return (operation.inputs[0].shape.rank or 0) - 1 in axes[0]
    if kind.startswith("FusedBatchNorm") and operation.get_attr("is_training"):
        channel = (
            1 if operation.get_attr("data_format").startswith(b"NC") else (operation.inputs[0].shape.rank or 0) - 1
        )
        return bool(axes[0] - {channel})
    if kind in FUNCTIONS:
        return not set(operations_inside(operation)) <= ELEMENTWISE - {*_ALONG_LAST, *_ALONG_SOME} | {"Const"}
    return kind in _ALONG_SOME


def unknown_step(tensors: Iterable[tf.Tensor], marks: Marks) -> str | None:
    """Find the first operation that tokens cannot be followed through, by its name; None where there is none."""
    for tensor in tensors:
        if isinstance(marks.get(tensor.ref()), Unknown):
            return f"{tensor.op.name!r} ({tensor.op.type})"
    return None
