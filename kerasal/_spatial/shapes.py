"""Shapes of arrays that users give: which broadcast, and numbers of a shape."""

from collections.abc import Sequence
from typing import Any

import tensorflow as tf


def broadcasts(shape: Sequence[int], to: Sequence[int | None]) -> bool:
    """Tell whether an array of a shape broadcasts to another without making that larger.

    Args:
        shape: of the array.
        to: the other, such as that of one example; None for a length that is not known.

    Example:
        >>> broadcasts((3,), (None, 5, 3)), broadcasts((5, 1), (5, 3)), broadcasts((2, 3), (1, 3))
        (True, True, False)
    """
    padded = (1,) * (len(to) - len(shape)) + tuple(shape)
    return len(padded) == len(to) and all(a in (1, b) or b is None for a, b in zip(padded, to, strict=True))


def as_numbers(found: Any, what: str, like: tf.Tensor | None = None) -> tf.Tensor:
    """Return what a user's function gave as a tensor of float32, or of float64.

    Args:
        found: of real numbers or booleans.
        what: the function, for the error.
        like: tensor of the shape that it must have; None for any.

    Raises:
        ValueError: it is something else, or of another shape.

    Example:
        >>> as_numbers([1, 2], "f").dtype.name
        'float32'
    """
    try:
        tensor = tf.convert_to_tensor(found)
    except (TypeError, ValueError):
        tensor = None
    is_real = tensor is not None and (tensor.dtype.is_floating or tensor.dtype.is_integer or tensor.dtype.is_bool)
    if is_real and (like is None or _is_alike(tensor.shape, like.shape)):
        return tensor if tensor.dtype == tf.float64 else tf.cast(tensor, tf.float32)
    wanted = "real numbers" if like is None else f"real numbers of shape {like.shape}, as it is given"
    given = repr(found) if not is_real else f"shape {tensor.shape}"
    raise ValueError(f"{what} returns {wanted}. Received: {given}. Return a tensor computed from its argument.")


def _is_alike(shape: tf.TensorShape, other: tf.TensorShape) -> bool:
    """Tell whether shapes are the same as far as they are known, that of the rows in both or in neither."""
    if shape.rank != other.rank or not shape.is_compatible_with(other):
        return False
    return shape.rank == 0 or (shape[0] is None) is (other[0] is None)
