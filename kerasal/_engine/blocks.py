"""Whatever a user passes as x (and y), as blocks of examples: counted, and in the order given."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from kerasal._engine.containers import TEXT, as_arrays
from kerasal._engine.datasets import PartOfMany, batches_of, check_dataset, is_dataset
from kerasal._engine.fitting import fitted
from kerasal._engine.kept_examples import MOST_BYTES, KeptExamples
from kerasal._engine.ragged import dense_runs
from kerasal._network.graphs import refuse_in_graph
from kerasal._tree import flattened, leaves, mapped


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

    @property
    def shapes(self) -> Any:
        """The shapes of an example's parts, and of what belongs to it."""
        return [leaf.shape[1:] for leaf in (*self.x, *([] if self.y is None else leaves(self.y)))]

    def part(self, begin: int, end: int) -> "Block":
        """Return some of the examples."""
        y = None if self.y is None else mapped(lambda leaf: leaf[begin:end], self.y)
        return Block(self.first + begin, end - begin, [leaf[begin:end] for leaf in self.x], y)


class Blocks:
    """Blocks of at most `size` examples of x and y.

    Args:
        x: array, tensor, list/tuple/dict of them, pandas frame, `tf.data.Dataset`, or Keras `PyDataset`/`Sequence`.
        y: what belongs to the examples, or None; comes from the data set where x is one.
        model: whose inputs they are; None where it is not known yet.

    Attributes:
        is_dataset: whether x is read as it comes; structure: of x, 0 at its leaves, known of a data set after `first`.
        total: how many examples there are, or None where a data set does not say; kept: the `KeptExamples`.
    """

    def __init__(self, x: Any, y: Any = None, model: keras.Model | None = None):
        refuse_in_graph()
        self._model = model
        self.structure: Any = None
        self.total: int | None = None
        self.is_dataset, self.source = is_dataset(x), None
        self.kept = KeptExamples(MOST_BYTES if self.is_dataset else None)
        if self.is_dataset:
            check_dataset(x, y)
            self._dataset = self.source = x
            return
        self._whole = list(self._dense(0, x, y))
        for block in self._whole:
            self.kept.add(block.x, block.y)
        self.total = sum(block.size for block in self._whole)

    def first(self) -> Block:
        """Return the first examples as they come, to learn from."""
        return _some(next(self._batches(), None))

    def __call__(self, size: int) -> Iterator[Block]:
        """Yield blocks of at most `size` examples."""
        for batch in self._batches():
            yield from _cut(batch, size)

    def of_one_shape(self) -> "Iterator[Blocks | Run]":
        """Yield the blocks of neighbouring examples of one shape, to be read one after another; a data set is read once."""
        if not self.is_dataset and len(self._whole) == 1:
            yield self
            return
        batches = _Ahead(self._batches())
        yield Run(batches, self)
        while batches.next is not None:
            yield Run(batches, self)

    def _batches(self) -> Iterator[Block]:
        if not self.is_dataset:
            yield from self._whole
            return
        position, self.kept = 0, KeptExamples(MOST_BYTES)
        for x, y in batches_of(self._dataset):
            for block in self._dense(position, x, y):
                self.kept.add(block.x, block.y)
                yield block
                position += block.size

    def _dense(self, position: int, x: Any, y: Any) -> Iterator[Block]:
        """Blocks of arrays of a batch: one, or of ragged tensors one for each run of examples of equal lengths."""
        x, y = as_arrays(x, "x"), None if y is None else as_arrays(y, "y")
        x = x if self._model is None else fitted(x, self._model)
        count = _count(leaves(x), "x")
        if y is not None and not self.is_dataset and _count(leaves(y), "y") != count:
            raise ValueError(
                f"y has one entry per example of x. Received: {count} examples and {len(leaves(y)[0])} entries of y. "
                "Pass the labels of exactly these examples."
            )
        for begin, end, part, labels in dense_runs(x, y, count):
            if part is not x and self._model is not None:
                part = fitted(part, self._model)
            structure, flat = flattened(part)
            if self.structure is None:
                self.structure = structure
            elif self.structure != structure:
                tf.nest.assert_same_structure(self.structure, structure)
            yield Block(position + begin, end - begin, flat, labels)


class Run:
    """Neighbouring examples of one shape of a data set or of a ragged tensor, read once and in turn.

    Args:
        batches: what is left to read.
        blocks: where they are from.

    Attributes:
        is_dataset: True, since they are read as they come; structure, kept: of x; total: None where nobody knows yet.
    """

    is_dataset = True

    def __init__(self, batches: "_Ahead", blocks: Blocks):
        self._batches, self.structure, self.kept = batches, blocks.structure, blocks.kept
        self.source = blocks.source
        self.total = self.source.total if isinstance(self.source, PartOfMany) else None
        self._shapes = None if batches.next is None else batches.next.shapes

    def first(self) -> Block:
        """Return the first examples, to learn from."""
        return _some(self._batches.next)

    def __call__(self, size: int) -> Iterator[Block]:
        """Yield blocks of at most `size` examples."""
        while self._batches.next is not None and self._batches.next.shapes == self._shapes:
            yield from _cut(self._batches.take(), size)


class _Ahead:
    """An iterator of blocks that knows the next one.

    Attributes:
        next: the block, or None after the last.
    """

    def __init__(self, blocks: Iterator[Block]):
        self._blocks = blocks
        self.next = next(blocks, None)

    def take(self) -> Block:
        """Return the next block, and go on."""
        block = _some(self.next)
        self.next = next(self._blocks, None)
        return block


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


class Entries:
    """One entry for each example, those of an array; a subclass may make them of the examples.

    Args:
        array: (N, ...).

    Attributes:
        count: how many there are, None for as many as examples come; spec: the `TensorSpec` of those of a block.
    """

    count: int | None
    spec: tf.TensorSpec

    def __init__(self, array: np.ndarray):
        self._array, self.count = array, len(array)
        self.spec = tf.TensorSpec([None, *array.shape[1:]], array.dtype)

    def of(self, block: Block) -> np.ndarray:
        """Return the entries of a block's examples."""
        return self._array[block.first : block.first + block.size]


class PerExample:
    """Entries for each example that a method brings along, cut into the same blocks as x.

    Args:
        entries: {name: array (N, ...), or `Entries`}.
        total: how many examples x has, or None where a data set does not say.
    """

    def __init__(self, entries: Mapping[str, Any], total: int | None):
        self._entries = {
            name: each if isinstance(each, Entries) else Entries(np.asarray(each)) for name, each in entries.items()
        }
        self._last: tuple[Any, dict[str, np.ndarray]] = None, {}
        if total is not None:
            self.check(total)

    @property
    def specs(self) -> dict[str, tf.TensorSpec]:
        """Their `TensorSpec`s."""
        return {name: each.spec for name, each in self._entries.items()}

    @property
    def counted(self) -> list[str]:
        """Names of those that belong to examples by their position."""
        return [name for name, each in self._entries.items() if each.count is not None]

    def of(self, block: Block) -> dict[str, np.ndarray]:
        """Return the entries of a block's examples, made once where the same block comes again."""
        self._check(block.first + block.size, lambda held, wanted: held >= wanted)
        if self._last[0] is not block:
            self._last = block, {name: each.of(block) for name, each in self._entries.items()}
        return self._last[1]

    def check(self, total: int) -> None:
        """Refuse another number of entries than examples."""
        self._check(total, lambda held, wanted: held == wanted)

    def _check(self, total: int, fits: Callable[[int, int], bool]) -> None:
        for name, each in self._entries.items():
            if each.count is not None and not fits(each.count, total):
                raise ValueError(
                    f"{name} has one entry per example. Received: {each.count} entries and {total} examples. Give as many, or "
                    "one for all."
                )


def _count(parts: list[np.ndarray], name: str) -> int:
    """The number of examples of flat arrays."""
    single = [leaf for leaf in parts if len(leaf.shape) == 0]
    if single:
        kind = "text" if single[0].dtype.kind in TEXT else "number"
        raise ValueError(
            f"{name} has examples as its first axis. Received: a single {kind}. Pass an array of shape (N, …), of one example [{name}]."
        )
    counts = sorted({leaf.shape[0] for leaf in parts})
    if len(counts) != 1:
        raise ValueError(f"All parts of {name} have the same number of examples. Received: {counts}. Make them equal.")
    if counts[0] == 0:
        raise ValueError(
            f"{name} holds at least one example. Received: shape {parts[0].shape}. Check the selection that made it empty."
        )
    return counts[0]


def _some(block: Block | None) -> Block:
    if block is None:
        raise ValueError("x holds at least one example. Received: an empty data set. Check how it was made.")
    return block


def _cut(block: Block, size: int) -> Iterator[Block]:
    """The block in parts of at most `size` examples."""
    for start in range(0, block.size, size):
        yield block.part(start, min(block.size, start + size))
