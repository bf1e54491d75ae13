"""Data sets in files and folders, by their paths."""

import contextlib
import os
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from kerasal.stores.pictures import of_pictures
from kerasal.stores.portions import Portion
from kerasal.stores.sources import Parse, Source, of_arrays, of_records


def of_paths(dataset: Any, y: Any, model: Any, parse: Parse | None) -> Source:
    """Read a data set from its path.

    Args:
        dataset: a folder of pictures, a `.npy` or `.npz` file, or one or several TFRecord files.
        y: what belongs to the examples of a file of arrays, or None.
        model: which takes them.
        parse: see `explain_dataset`.

    Raises:
        ValueError: `parse` or y where they mean nothing.
    """
    paths = [os.fspath(path) for path in (dataset if isinstance(dataset, (list, tuple)) else [dataset])]
    ending = Path(paths[0]).suffix if len(paths) == 1 else ""
    is_arrays = ending in (".npy", ".npz")
    if y is not None and not is_arrays:
        raise ValueError(f"y comes from the data set itself. Received: {paths[0]!r} and y. Let parse give (x, y).")
    if parse is not None and is_arrays:
        raise ValueError(
            f"parse reads a record or a picture. Received: parse and {paths[0]!r}. Load it, change it, and pass the array."
        )
    if len(paths) == 1 and Path(paths[0]).is_dir():
        return of_pictures(paths[0], model, parse)
    if not is_arrays:
        return of_records(paths, parse)
    return of_arrays(np.load(paths[0], mmap_mode="r"), y) if ending == ".npy" else _of_npz(paths[0], y)


class _Member(NamedTuple):
    """An array of a `.npz` file: its name, shape and dtype."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]


def _of_npz(path: str, y: Any) -> Source:
    """Read the arrays of a `.npz` file side by side, a part at a time."""
    with zipfile.ZipFile(path) as file:
        members = [_member(file, path, name) for name in file.namelist()]
    counts = {member.shape[0] for member in members}
    if len(counts) != 1 or 0 in counts:
        told = ", ".join(f"{member.name} {member.shape}" for member in members)
        raise ValueError(
            f"Arrays of a data set have one entry for each example. Received: {path!r} with {told}. Save x and y of the same examples."
        )
    total = counts.pop()
    labels = None if y is None else of_arrays(y)
    if labels is not None and labels.total != total:
        raise ValueError(
            f"y has one entry for each example. Received: {labels.total} and {total} examples. Pass as many."
        )

    def batches(size: int) -> Iterator[Portion]:
        given = None if labels is None else labels.batches(size)
        for arrays in _read(path, members, total, size):
            own = arrays.pop("y", None)
            x = next(iter(arrays.values())) if len(arrays) == 1 else arrays
            yield Portion.of(x, own if given is None else next(given).x)

    return Source(batches, total)


def _member(file: zipfile.ZipFile, path: str, name: str) -> _Member:
    with file.open(name) as stream:
        shape, is_fortran, dtype = _header(stream)
    if dtype.hasobject or not shape or (is_fortran and len(shape) > 1):
        raise ValueError(
            f"Arrays of a data set are stored example by example. Received: {name} in {path!r}, of objects, of one number, or in the "
            "order of Fortran. Save it by np.savez(path, x=np.ascontiguousarray(x), y=y)."
        )
    return _Member(name.removesuffix(".npy"), shape, dtype)


def _header(stream: Any) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Read the header of an array, up to its first number."""
    version = np.lib.format.read_magic(stream)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, is_fortran, dtype = read(stream)
    return tuple(shape), bool(is_fortran), dtype


def _read(path: str, members: Sequence[_Member], total: int, size: int) -> Iterator[dict[str, np.ndarray]]:
    """Yield parts of all arrays."""
    with contextlib.ExitStack() as stack:
        file = stack.enter_context(zipfile.ZipFile(path))
        streams = [stack.enter_context(file.open(f"{member.name}.npy")) for member in members]
        for stream in streams:
            _header(stream)
        for begin in range(0, total, size):
            count = min(size, total - begin)
            yield {member.name: _part(stream, member, count) for member, stream in zip(members, streams, strict=True)}


def _part(stream: Any, member: _Member, count: int) -> np.ndarray:
    shape = (count, *member.shape[1:])
    content = stream.read(int(np.prod(shape)) * member.dtype.itemsize)
    return np.frombuffer(content, member.dtype).reshape(shape)
