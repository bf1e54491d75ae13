"""Whatever holds examples, read from its beginning in batches: data sets, arrays, files, folders of pictures."""

import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from kerasal._engine.containers import as_arrays
from kerasal._engine.datasets import batches_of, check_dataset, check_order, is_dataset
from kerasal._tree import leaves, mapped
from kerasal.stores.portions import Portion

Parse = Callable[[Any], Any]


class Source(NamedTuple):
    """Examples to be read from their beginning, as often as one likes.

    Attributes:
        batches: function of a number of examples that yields portions of about that many.
        total: how many examples there are, None where nobody knows yet.
        class_names: of the classes that y counts, or None.
    """

    batches: Callable[[int], Iterator[Portion]]
    total: int | None = None
    class_names: Sequence[str] | None = None


def of_dataset(data: Any) -> Source:
    """Read a `tf.data.Dataset`, a `PyDataset` or a `Sequence`, whose batches are x or (x, y).

    Args:
        data: with an end, and an order that stays.

    Raises:
        ValueError: an endless one, or one that is shuffled anew each time.
    """
    check_dataset(data, None)
    check_order(data, ["a store"])

    def batches(size: int) -> Iterator[Portion]:
        for x, y in batches_of(data):
            yield Portion.of(x, y)

    return Source(batches)


def of_arrays(x: Any, y: Any = None) -> Source:
    """Read arrays, in memory or not, a part at a time.

    Args:
        x: array, memory map, anything of a shape and a dtype that is sliced, or a structure of them; or what `explain` takes.
        y: as x, or None.

    Raises:
        ValueError: parts of several lengths, or no examples.
    """
    x, y = _sliced(x, "x"), None if y is None else _sliced(y, "y")
    parts = [*leaves(x), *([] if y is None else leaves(y))]
    counts = {len(part) for part in parts}
    if len(counts) > 1:
        raise ValueError(
            f"x and y have one entry for each example. Received: {' and '.join(map(str, sorted(counts)))} entries. Pass as many."
        )
    total = counts.pop()

    def batches(size: int) -> Iterator[Portion]:
        for begin in range(0, total, size):
            cut = slice(begin, begin + size)
            found = (mapped(lambda part: np.asarray(part[cut]), tree) for tree in (x, y) if tree is not None)  # noqa: B023  used at once
            yield Portion.of(*found)

    return Source(batches, total)


def of_records(paths: Sequence[str], parse: Parse | None) -> Source:
    """Read TFRecord files.

    Args:
        paths: of the files, in their order.
        parse: function of a record, a string tensor, that gives x or (x, y) of an example.

    Raises:
        ValueError: no `parse`. FileNotFoundError: no such file.
    """
    missing = [path for path in paths if not tf.io.gfile.exists(path)]
    if missing or not paths:
        raise FileNotFoundError(
            f"A data set is read from files that exist. Received: {missing or paths}. Check the path."
        )
    if parse is None:
        raise ValueError(
            f"A file of records needs a function that reads one. Received: {paths[0]!r} without parse. Pass parse=, e.g. a function "
            "with tf.io.parse_single_example; files of arrays end in .npy or .npz."
        )
    records = tf.data.TFRecordDataset(paths).map(parse, num_parallel_calls=tf.data.AUTOTUNE)
    check_order(records, ["a store"])

    def batches(size: int) -> Iterator[Portion]:
        return of_dataset(records.batch(size).prefetch(1)).batches(size)

    return Source(batches)


def is_path(dataset: Any) -> bool:
    """Tell whether a data set is given by its path, or by those of several files."""
    listed = dataset if isinstance(dataset, (list, tuple)) and dataset else [dataset]
    return all(isinstance(each, (str, os.PathLike)) for each in listed)


def of_memory(dataset: Any, y: Any) -> Source:
    """Read what is no path: a data set or arrays.

    Args:
        dataset: the examples.
        y: what belongs to them, or None.
    """
    if not is_dataset(dataset):
        return of_arrays(dataset, y)
    check_dataset(dataset, y)
    return of_dataset(dataset)


def _sliced(tree: Any, name: str) -> Any:
    """A structure of what can be sliced; what cannot is made an array."""
    whole = all(_can_be_sliced(leaf) for leaf in leaves(tree)) and leaves(tree)
    arrays = tree if whole else as_arrays(tree, name)
    if any(isinstance(leaf, tf.RaggedTensor) for leaf in leaves(arrays)):
        raise ValueError(
            f"A store has maps of one shape. Received: {name}, a ragged tensor. Pad it, as for the training: {name}.to_tensor()."
        )
    if any(leaf.ndim == 0 or not len(leaf) for leaf in leaves(arrays)):
        raise ValueError(f"A data set has one example or more. Received: {name} without any. Check how it was made.")
    return arrays


def _can_be_sliced(leaf: Any) -> bool:
    """Tell whether a leaf is an array, or reads as one: of NumPy, h5py, Zarr."""
    is_frame_or_sparse = hasattr(leaf, "iloc") or hasattr(leaf, "nnz")
    dtype = getattr(leaf, "dtype", None)
    return isinstance(dtype, np.dtype) and dtype.kind in "fiubUS" and hasattr(leaf, "shape") and not is_frame_or_sparse
