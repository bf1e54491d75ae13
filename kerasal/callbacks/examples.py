"""The examples that are explained again and again while a model trains."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from kerasal._engine.blocks import Blocks
from kerasal.scores.loss import Weighted
from kerasal.tensorboard.metadata import example_name

_BLOCK = 256  # examples read at a time
_MOST_LABELS = 4  # true labels of one example that its name lists


class Examples:
    """A fixed batch: a copy of x and y, and the name of each example.

    Args:
        x: Array, tensor, pandas frame, list/tuple/dict of them, or a data set, which is read once, to its end.
        y: One entry per example, or None; from the data set where x is one.
        class_names: Of all classes, in their order, or None.

    Attributes:
        x: Structure of arrays.
        y: Structure of arrays, or None.
        names: One per example: its position and, if y is one number or a row of 0 and 1 per example, its true label.
        columns: The column names of a pandas frame, else None.
    """

    def __init__(self, x: Any, y: Any = None, class_names: Sequence[str] | None = None):
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
        labels = _labels(self.y, len(self.inputs[0]), class_names)
        self.names = [example_name(n, label) for n, label in enumerate(labels)]

    @property
    def truths(self) -> np.ndarray | None:
        """The numbers in y, float64 (N,), or None where there is not one for each example."""
        y: Any = self.y
        is_one = isinstance(y, np.ndarray) and y.dtype.kind in "fiub" and y.size == len(self.names)
        return y.astype(np.float64).reshape(-1) if is_one else None

    @property
    def inputs(self) -> list[np.ndarray]:
        """The arrays of x in a list."""
        return list(tf.nest.flatten(self.x))


def _joined(parts: list[Any]) -> Any:
    """Join the examples of batches, which have one shape."""
    for leaves in zip(*map(tf.nest.flatten, parts), strict=True):
        shapes = sorted({leaf.shape[1:] for leaf in leaves})
        if len(shapes) > 1:
            raise ValueError(
                f"SaliencyLogger explains examples of one shape. Received: batches of {shapes[0]} and {shapes[-1]}. Pad all to one "
                "width, or give one batch, e.g. next(iter(data)), as x and y."
            )
    return tf.nest.map_structure(lambda *leaves: np.concatenate(leaves), *parts)


def _labels(y: Any, count: int, names: Sequence[str] | None) -> list[str | None]:
    """Write the true label of each example: a class, several of them as 0+2, or a number; None where y is something else."""
    y = y.y if isinstance(y, Weighted) else y
    if not isinstance(y, np.ndarray) or y.ndim > 2:
        return [None] * count
    if y.ndim == 1 or y.shape[1] == 1:
        return [_in_words(label, names) for label in y.reshape(-1).tolist()]
    is_set = y.dtype.kind in "fiub" and bool(((y == 0) | (y == 1)).all()) and y.sum(1).max() <= _MOST_LABELS
    if not is_set:
        return [None] * count
    return ["+".join(_in_words(int(k), names) for k in np.flatnonzero(row)) or "none" for row in y]


def _in_words(label: object, names: Sequence[str] | None) -> str:
    if isinstance(label, bool) or (isinstance(label, float) and label.is_integer()):
        label = int(label)
    if names is not None and isinstance(label, int):
        if not 0 <= label < len(names):
            raise ValueError(
                f"class_names has the name of every class, from 0. Received: {len(names)} names, and y with the class {label}. "
                "Name all classes in the order of the model's outputs."
            )
        return names[label]
    return f"{label:.3g}" if isinstance(label, float) else str(label)
