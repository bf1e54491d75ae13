"""The examples that are explained again and again while a model trains."""

import numpy as np
import tensorflow as tf

from kerasal.data import Blocks
from kerasal.tensorboard.metadata import example_name


class Examples:
    """A fixed batch: a copy of x and y, and what each example is called.

    Args:
        x: array, tensor, pandas frame, or list/tuple/dict of them; no data set.
        y: one entry per example, or None.

    Attributes:
        x, y: structures of arrays.
        names: one per example: its position and, if y is one number or one-hot row per example, its true label.
        columns: the column names of a pandas frame, else None.
    """

    def __init__(self, x, y=None):
        blocks = Blocks(x, y)
        if blocks.is_dataset:
            raise TypeError(
                "SaliencyLogger explains one fixed batch, given as arrays. "
                f"Received: x of type {type(x).__name__}. Pass arrays of a few examples, e.g. x_test[:8]."
            )
        x_arrays, y_arrays = blocks.first()
        self.columns = [str(column) for column in x.columns] if hasattr(x, "columns") else None
        self.x = tf.nest.map_structure(np.array, x_arrays)  # copies: what the caller does to x later changes no map
        self.y = None if y is None else tf.nest.map_structure(np.array, y_arrays)
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
