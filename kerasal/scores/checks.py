"""Checks of classes, and of what scores give."""

from typing import Any

import numpy as np
import tensorflow as tf

from kerasal._network.assertions import require
from kerasal._network.precision import as_real


def class_index(value: Any, name: str) -> int:
    """Check the number of a class, unit or position.

    Args:
        value: as users give it.
        name: of the argument, for the error.

    Raises:
        ValueError: it is no integer from 0.
    """
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 0:
        raise ValueError(
            f"{name} is an integer from 0, not counted from the end. Received: {name}={value!r}. Give 0, 1, …"
        )
    return int(value)


def check_class(index: int, size: int | None, remedy: str | None = None) -> None:
    """Refuse a class or unit that is not there.

    Args:
        index: its number.
        size: how many there are; None where that is not known.
        remedy: what to do; None for another number.
    """
    if size is not None and index >= size:
        remedy = remedy or f"Give a number from 0 to {size - 1}"
        raise ValueError(f"The class or unit must be one of the {size} there are. Received: {index}. {remedy}.")


def one_per_row(values: Any, what: str, rows: tf.Tensor) -> tf.Tensor:
    """Check that there is one number per row.

    Args:
        values: what a user's function or score returned.
        what: it, for the error.
        rows: how many rows there are, int32 scalar.

    Returns:
        float32 (float64 of such values) (rows,), also of (rows, 1).

    Raises:
        ValueError: its shape is another one. Where its size is known only when run, an error that becomes one.
    """
    if values is None or not hasattr(values, "__array__") and not tf.is_tensor(values):
        raise ValueError(
            f"{what} must return one number per example, shape (N,). Received: {values!r}. Return a tensor computed from the "
            "model's output."
        )
    values = tf.convert_to_tensor(values)
    if values.dtype.is_complex or values.dtype == tf.string:
        raise ValueError(
            f"{what} must return real numbers. Received: {values.dtype.name}. Return e.g. tf.abs of complex ones."
        )
    if values.shape.rank == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.shape.rank == 1:
        expected = f"{what} must return one number per example: of the model's N rows, (numbers returned, N) are"
        counts = tf.stack([tf.size(values), rows])
        remedy = "Do not select or join rows in it."
        return as_real(require(tf.equal(tf.size(values), rows), values, expected, counts, remedy))
    mean = " (a mean or sum over the batch would mix examples)" if values.shape.rank == 0 else ""
    raise ValueError(
        f"{what} must return one number per example, shape (N,){mean}. Received: shape {values.shape}. For class c of a "
        "classifier pass score=c."
    )
