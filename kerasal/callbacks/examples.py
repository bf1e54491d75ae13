"""The examples that are explained again and again while a model trains."""

import hashlib

import numpy as np
import tensorflow as tf

from kerasal._engine.blocks import Blocks
from kerasal.tensorboard.metadata import example_name


def digest(arrays) -> bytes:
    """One of the bytes of all arrays, in their order.

    Example:

    >>> digest([np.zeros(2)]) == digest([np.zeros(1), np.zeros(1)]), digest([np.zeros(2)]) == digest([np.ones(2)])
    (True, False)
    """
    found = hashlib.blake2b(digest_size=16)
    for array in arrays:
        found.update(np.ascontiguousarray(array).tobytes())
    return found.digest()


def fingerprint(model) -> bytes:
    """One of all the model's variables."""
    return digest(model.variables)


_BLOCK = 256  # examples read at a time


class Examples:
    """A fixed batch: a copy of x and y, and what each example is called.

    Args:
        x: array, tensor, pandas frame, list/tuple/dict of them, or a data set, which is read once, to its end.
        y: one entry per example, or None; from the data set where x is one.

    Attributes:
        x, y: structures of arrays.
        names: one per example: its position and, if y is one number or one-hot row per example, its true label.
        columns: the column names of a pandas frame, else None.
    """

    def __init__(self, x, y=None):
        parts = [(x_part, y_part) for _, x_part, y_part in Blocks(x, y)(_BLOCK)]
        if not parts:
            raise ValueError(
                "SaliencyLogger explains one example or more. Received: an empty data set. Check how it was made."
            )
        self.columns = [str(column) for column in x.columns] if hasattr(x, "columns") else None
        # Copies: what the caller does to x later changes no map.
        self.x = tf.nest.map_structure(lambda *leaves: np.concatenate(leaves), *[part for part, _ in parts])
        self.y = None
        if parts[0][1] is not None:
            self.y = tf.nest.map_structure(lambda *leaves: np.concatenate(leaves), *[part for _, part in parts])
        labels = _labels(self.y, len(tf.nest.flatten(self.x)[0]))
        self.names = [example_name(n, label) for n, label in enumerate(labels)]


def _labels(y, count: int) -> list[str | None]:
    if not isinstance(y, np.ndarray) or y.ndim > 2:
        return [None] * count
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    elif y.ndim == 2:
        if y.dtype.kind not in "fiub" or not (((y == 0) | (y == 1)).all() and (y.sum(1) == 1).all()):
            return [None] * count
        y = y.argmax(1)
    return [_in_words(label) for label in y.tolist()]


def _in_words(label) -> str:
    if isinstance(label, float):
        return f"{label:.0f}" if label.is_integer() else f"{label:.3g}"
    return str(label)
