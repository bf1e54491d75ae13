"""Whatever a user passes as x (and y), as blocks of examples: checked, and in the order given."""

import numpy as np
import tensorflow as tf

from kerasal._tree import leaves, mapped


class Companions:
    """Arrays (N, ...) cut into the same blocks as x.

    Args:
        arrays: {name: array (N, ...)}.
        total: how many examples x has, or None where a data set does not say.
    """

    def __init__(self, arrays, total):
        self._arrays = {name: np.asarray(array) for name, array in arrays.items()}
        if total is not None:
            self.check(total)

    @property
    def specs(self):
        """Their `TensorSpec`s."""
        return {name: tf.TensorSpec([None, *array.shape[1:]], array.dtype) for name, array in self._arrays.items()}

    def __call__(self, position, count):
        """The entries of the examples from `position` on."""
        self._check(position + count, lambda held, wanted: held >= wanted)
        return {name: array[position : position + count] for name, array in self._arrays.items()}

    def check(self, total):
        """Refuse another number of entries than examples."""
        self._check(total, lambda count, total: count == total)

    def _check(self, total, fits):
        for name, array in self._arrays.items():
            if not fits(len(array), total):
                raise ValueError(
                    f"{name} has one entry per example. Received: {len(array)} entries and {total} examples. Give as many, or "
                    "one for all."
                )


class Blocks:
    """Blocks of at most `size` examples of x and y.

    Args:
        x: array, tensor, list/tuple/dict of them, pandas frame, `tf.data.Dataset`, or Keras `PyDataset`/`Sequence`.
        y: what belongs to the examples, or None; comes from the data set where x is one.

    Attributes:
        total: how many examples there are, or None where a data set does not say.
    """

    def __init__(self, x, y=None):
        self.is_dataset = isinstance(x, tf.data.Dataset) or (
            hasattr(x, "__getitem__") and type(x).__mro__[1].__name__ in _SEQUENCES
        )
        self.is_dataset = self.is_dataset or any(kind.__name__ in _SEQUENCES for kind in type(x).__mro__)
        self._x, self._y, self.total = x, y, None
        if isinstance(x, tf.data.Dataset) and x.cardinality() == tf.data.INFINITE_CARDINALITY:
            raise ValueError(
                "x has an end. Received: a data set that repeats for ever. Give x.take(number of batches)."
            )
        if self.is_dataset:
            if y is not None:
                raise ValueError(
                    f"y comes from the data set itself. Received: x={type(x).__name__} and y. Let it give (x, y)."
                )
            return
        self._x, self._y = as_arrays(x, "x"), None if y is None else as_arrays(y, "y")
        self.total = _count(self._x, "x")
        if self._y is not None and _count(self._y, "y") != self.total:
            raise ValueError(
                f"y has one entry per example of x. Received: {self.total} examples and {_count(self._y, 'y')} entries of y. "
                "Pass the labels of exactly these examples."
            )

    def first(self):
        """The first examples as they come, to learn their structure from."""
        if not self.is_dataset:
            return self._x, self._y
        for x, y in self._batches():
            return x, y
        raise ValueError("x holds at least one example. Received: an empty data set. Check how it was made.")

    def __call__(self, size):
        """Yield (position of the first example, x, y), at most `size` examples each."""
        position = 0
        for x, y in self._batches() if self.is_dataset else [(self._x, self._y)]:
            count = _count(x, "x")
            for start in range(0, count, size):
                part = slice(start, min(count, start + size))
                yield position + start, _cut(x, part), None if y is None else _cut(y, part)
            position += count

    def _batches(self):
        batches = self._x if isinstance(self._x, tf.data.Dataset) else (self._x[i] for i in range(len(self._x)))
        for batch in batches:
            x, y = (batch[0], batch[1] if len(batch) > 1 else None) if isinstance(batch, tuple) else (batch, None)
            yield as_arrays(x, "x"), None if y is None else as_arrays(y, "y")


_SEQUENCES = ("PyDataset", "Sequence")


def as_arrays(value, name):
    """The same structure with NumPy arrays at its leaves."""
    if isinstance(value, dict):
        return {key: as_arrays(part, name) for key, part in value.items()}
    if isinstance(value, (list, tuple)) and any(hasattr(part, "shape") for part in value):
        return type(value)(as_arrays(part, name) for part in value)
    array = np.asarray(value)
    if array.dtype.kind not in "fiub" and name == "x" and array.dtype.kind not in "US":
        raise TypeError(f"{name} holds numbers. Received: dtype {array.dtype}. Convert it, e.g. to float32.")
    return array


def _count(arrays, name):
    parts = leaves(arrays)
    if any(leaf.ndim == 0 for leaf in parts):
        raise ValueError(
            f"{name} has examples as its first axis. Received: a single number. Pass an array of shape (N, …)."
        )
    counts = sorted({len(leaf) for leaf in parts})
    if len(counts) != 1:
        raise ValueError(f"All parts of {name} have the same number of examples. Received: {counts}. Make them equal.")
    if counts[0] == 0:
        raise ValueError(
            f"{name} holds at least one example. Received: shape {parts[0].shape}. Check the selection that made it empty."
        )
    return counts[0]


def _cut(arrays, part):
    return mapped(lambda leaf: leaf[part], arrays)
