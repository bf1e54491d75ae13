"""The examples that are explained again and again while a model trains."""

import hashlib
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from kerasal._engine.blocks import Blocks
from kerasal.scores.loss import Weighted
from kerasal.tensorboard.metadata import example_name

_BLOCK = 256  # examples read at a time


def hash_of_arrays(arrays: Iterable[npt.ArrayLike]) -> bytes:
    """Hash the bytes of all arrays, in their order.

    Example:

    >>> hash_of_arrays([np.zeros(2)]) == hash_of_arrays([np.zeros(1), np.zeros(1)])
    True
    >>> hash_of_arrays([np.zeros(2)]) == hash_of_arrays([np.ones(2)])
    False
    """
    found = hashlib.blake2b(digest_size=16)
    for array in map(np.asarray, arrays):
        numbers = array.astype(str) if array.dtype.kind == "O" else array  # an object's bytes are its address
        found.update(np.ascontiguousarray(numbers).tobytes())
    return found.digest()


class Examples:
    """A fixed batch: a copy of x and y, and the name of each example.

    Args:
        x: Array, tensor, pandas frame, list/tuple/dict of them, or a data set, which is read once, to its end.
        y: One entry per example, or None; from the data set where x is one.

    Attributes:
        x: Structure of arrays.
        y: Structure of arrays, or None.
        names: One per example: its position and, if y is one number or one-hot row per example, its true label.
        columns: The column names of a pandas frame, else None.
    """

    def __init__(self, x: Any, y: Any = None):
        blocks = Blocks(x, y)
        parts = list(blocks(_BLOCK))
        if not parts:
            raise ValueError(
                "SaliencyLogger explains one example or more. Received: an empty data set. Check how it was made."
            )
        self.columns = [str(column) for column in x.columns] if hasattr(x, "columns") else None
        flat = _joined([part.x for part in parts])  # copies: what the caller does to x later changes no map
        self.x = tf.nest.pack_sequence_as(blocks.structure, flat)
        self.y = None if parts[0].y is None else _joined([part.y for part in parts])
        labels = _labels(self.y, len(self.inputs[0]))
        self.names = [example_name(n, label) for n, label in enumerate(labels)]

    @property
    def inputs(self) -> list[np.ndarray]:
        """The arrays of x in a list."""
        return list(tf.nest.flatten(self.x))


def _joined(parts: list[Any]) -> Any:
    return tf.nest.map_structure(lambda *leaves: np.concatenate(leaves), *parts)


def _labels(y: Any, count: int) -> list[str | None]:
    y = y.y if isinstance(y, Weighted) else y
    if not isinstance(y, np.ndarray) or y.ndim > 2:
        return [None] * count
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    elif y.ndim == 2:
        if y.dtype.kind not in "fiub" or not (((y == 0) | (y == 1)).all() and (y.sum(1) == 1).all()):
            return [None] * count
        y = y.argmax(1)
    return [_in_words(label) for label in y.tolist()]


def _in_words(label: object) -> str:
    if isinstance(label, float):
        return f"{label:.0f}" if label.is_integer() else f"{label:.3g}"
    return str(label)
