"""Whatever a user passes as x (and y), as blocks of examples: counted, and in the order given."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from kerasal._tree import flattened, leaves, mapped

_SEQUENCES = ("PyDataset", "Sequence")


class Block(NamedTuple):
    """Neighbouring examples.

    Attributes:
        first: position of the first of them in x; size: how many; x: the leaves of their structure; y: what belongs to them, or
            None.
    """

    first: int
    size: int
    x: list[np.ndarray]
    y: Any


class Blocks:
    """Blocks of at most `size` examples of x and y.

    Args:
        x: array, tensor, list/tuple/dict of them, pandas frame, `tf.data.Dataset`, or Keras `PyDataset`/`Sequence`.
        y: what belongs to the examples, or None; comes from the data set where x is one.

    Attributes:
        is_dataset: whether x is read as it comes; structure: of x, 0 at its leaves, known of a data set after `first`.
        total: how many examples there are, or None where a data set does not say.
    """

    def __init__(self, x: Any, y: Any = None):
        self.is_dataset = isinstance(x, tf.data.Dataset) or any(kind.__name__ in _SEQUENCES for kind in type(x).__mro__)
        self.structure: Any = None
        self.total: int | None = None
        if self.is_dataset:
            _check_dataset(x, y)
            self._dataset = x
            return
        self._whole = self._batch(0, x, y)
        self.total = self._whole.size

    def first(self) -> Block:
        """Return the first examples as they come, to learn from."""
        if not self.is_dataset:
            return self._whole
        for batch in self._batches():
            return batch
        raise ValueError("x holds at least one example. Received: an empty data set. Check how it was made.")

    def __call__(self, size: int) -> Iterator[Block]:
        """Yield blocks of at most `size` examples."""
        for batch in self._batches() if self.is_dataset else [self._whole]:
            for start in range(0, batch.size, size):
                part = slice(start, min(batch.size, start + size))
                y = None if batch.y is None else _cut(batch.y, part)
                yield Block(batch.first + start, part.stop - start, [leaf[part] for leaf in batch.x], y)

    def _batches(self) -> Iterator[Block]:
        position, data = 0, self._dataset
        for batch in data if isinstance(data, tf.data.Dataset) else (data[i] for i in range(len(data))):
            x, y = (batch[0], batch[1] if len(batch) > 1 else None) if isinstance(batch, tuple) else (batch, None)
            block = self._batch(position, x, y)
            yield block
            position += block.size

    def _batch(self, position: int, x: Any, y: Any) -> Block:
        x, y = as_arrays(x, "x"), None if y is None else as_arrays(y, "y")
        structure, flat = flattened(x)
        if self.structure is None:
            self.structure = structure
        tf.nest.assert_same_structure(self.structure, structure)
        count = _count(flat, "x")
        if y is not None and not self.is_dataset and _count(leaves(y), "y") != count:
            raise ValueError(
                f"y has one entry per example of x. Received: {count} examples and {len(leaves(y)[0])} entries of y. "
                "Pass the labels of exactly these examples."
            )
        return Block(position, count, flat, y)


class OneBlock:
    """Blocks with a single block, such as one example.

    Args:
        block: the block.
    """

    def __init__(self, block: Block):
        self._block, self.total = block, block.size

    def __call__(self, size: int) -> Iterator[Block]:
        """Yield the block."""
        yield self._block


class PerExample:
    """Arrays with one entry per example that a method brings along, cut into the same blocks as x.

    Args:
        arrays: {name: array (N, ...)}.
        total: how many examples x has, or None where a data set does not say.
    """

    def __init__(self, arrays: Mapping[str, Any], total: int | None):
        self._arrays = {name: np.asarray(array) for name, array in arrays.items()}
        if total is not None:
            self.check(total)

    @property
    def specs(self) -> dict[str, tf.TensorSpec]:
        """Their `TensorSpec`s."""
        return {name: tf.TensorSpec([None, *array.shape[1:]], array.dtype) for name, array in self._arrays.items()}

    def of(self, first: int, count: int) -> dict[str, np.ndarray]:
        """Return the entries of `count` examples from `first` on."""
        self._check(first + count, lambda held, wanted: held >= wanted)
        return {name: array[first : first + count] for name, array in self._arrays.items()}

    def check(self, total: int) -> None:
        """Refuse another number of entries than examples."""
        self._check(total, lambda held, wanted: held == wanted)

    def _check(self, total: int, fits: Callable[[int, int], bool]) -> None:
        for name, array in self._arrays.items():
            if not fits(len(array), total):
                raise ValueError(
                    f"{name} has one entry per example. Received: {len(array)} entries and {total} examples. Give as many, or "
                    "one for all."
                )


def as_arrays(value: Any, name: str) -> Any:
    """Return the same structure with NumPy arrays at its leaves."""
    if isinstance(value, dict):
        return {key: as_arrays(part, name) for key, part in value.items()}
    if isinstance(value, (list, tuple)) and any(hasattr(part, "shape") for part in value):
        return type(value)(as_arrays(part, name) for part in value)
    array = np.asarray(value)
    if array.dtype.kind not in "fiub" and name == "x" and array.dtype.kind not in "US":
        raise TypeError(f"{name} holds numbers. Received: dtype {array.dtype}. Convert it, e.g. to float32.")
    return array


def _check_dataset(x: Any, y: Any) -> None:
    if isinstance(x, tf.data.Dataset) and x.cardinality() == tf.data.INFINITE_CARDINALITY:
        raise ValueError("x has an end. Received: a data set that repeats for ever. Give x.take(number of batches).")
    if y is not None:
        raise ValueError(f"y comes from the data set itself. Received: x={type(x).__name__} and y. Let it give (x, y).")


def _count(parts: list[np.ndarray], name: str) -> int:
    """The number of examples of flat arrays."""
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


def _cut(arrays: Any, part: slice) -> Any:
    return mapped(lambda leaf: leaf[part], arrays)
