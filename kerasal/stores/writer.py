"""The files of a store, written so that a chunk counts once its record does."""

import contextlib
import errno
import json
import os
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from kerasal._storage.arrays import encoded_arrays
from kerasal._storage.base import FileSystem, StrPath, join
from kerasal._storage.file_systems import storage_of
from kerasal._storage.hashes import hash_of_arrays
from kerasal._storage.locks import FILE, MARKS, FolderInUseError, lock_folder
from kerasal.stores import statistics
from kerasal.stores.encoding import ArraySpec, Encoding, description_of_group

ARRAYS, COMMITS, STATISTICS, END = "arrays", "commits", "statistics", "end.json"
GROUP = "zarr.json"
KIND, OF_STATISTICS = "kerasal.SaliencyStore 1", "kerasal.Statistics 1"


def record_of(k: int) -> str:
    """Return the name of the record of chunk k."""
    return f"{k:08d}.json"


def mark_of(content: bytes) -> str:
    """Hash the content of a file."""
    return hash_of_arrays([np.frombuffer(content, "uint8")]).hex()


class StoreWriter:
    """Writes chunks of a store, in any order.

    A chunk is the files of its arrays, then its statistics, then its record, each on the disk before the next is begun. Writers of the
    same chunk write the same.

    Args:
        path: of the folder, which exists.
    """

    def __init__(self, path: StrPath):
        self.path = os.fspath(path)
        self._files: FileSystem = storage_of(path)
        self._encoding: Encoding | None = None
        self._grows = False

    def begin(self, facts: Mapping[str, Any], encoding: Encoding) -> None:
        """Write what is there before the first chunk; the facts, which make a store of the folder, last."""
        total = facts["data"]["total"]
        self.go_on(facts, encoding)
        for folder in (COMMITS, STATISTICS, *(f"{ARRAYS}/{name}" for name in encoding.specs)):
            self._files.make_folder(join(self.path, folder))
        for name in encoding.specs:
            self._write(f"{ARRAYS}/{name}/{GROUP}", encoding.description(name, total or 0))
        self._write(f"{ARRAYS}/{GROUP}", description_of_group(facts))

    def go_on(self, facts: Mapping[str, Any], encoding: Encoding) -> None:
        """Take up a store."""
        self._encoding, self._grows = encoding, facts["data"]["total"] is None

    def clear(self) -> None:
        """Remove what an earlier writer left half written."""
        for folder in (ARRAYS, COMMITS, STATISTICS, *(f"{ARRAYS}/{name}" for name in self.specs)):
            for name in self._files.names(join(self.path, folder)):
                if name.startswith("."):
                    self._files.remove(join(self.path, folder, name))

    def write(
        self, k: int, first: int, arrays: Mapping[str, np.ndarray], spreads: statistics.Spreads, data: str
    ) -> None:
        """Write a chunk.

        Args:
            k: its number.
            first: position of its first example.
            arrays: as the encoding has them, (n, ...).
            spreads: its sums.
            data: hash of its examples.
        """
        encoding, marks = self._known, {}
        for name, array in arrays.items():
            file = f"{ARRAYS}/{name}/{encoding.file_of(name, k)}"
            marks[file] = self._write(file, encoding.encode(name, array))
        parts, listed = statistics.as_arrays(spreads)
        file = f"{STATISTICS}/{k:08d}.npz"
        marks[file] = self._write(file, encoded_arrays(OF_STATISTICS, parts, {"of": listed}, compress=True))
        count = len(arrays["values"])
        record = {"first": first, "examples": count, "data": data, "files": marks}
        self._write(f"{COMMITS}/{record_of(k)}", json.dumps(record).encode())
        if self._grows:
            self._describe(first + count)

    def end(self, total: int) -> None:
        """Write that all chunks are there, of so many examples."""
        if self._grows:
            self._describe(total)
        self._write(END, json.dumps({"examples": total}).encode())

    @property
    def specs(self) -> Mapping[str, ArraySpec]:
        """The arrays of the store."""
        return self._known.specs

    @property
    def _known(self) -> Encoding:
        assert self._encoding is not None
        return self._encoding

    def _describe(self, count: int) -> None:
        for name in self._known.specs:
            self._write(f"{ARRAYS}/{name}/{GROUP}", self._known.description(name, count))

    def _write(self, file: str, content: bytes) -> str:
        """Write a file; return its hash."""
        self._files.write(join(self.path, file), content)
        return mark_of(content)


@contextlib.contextmanager
def locked(path: StrPath) -> Iterator[None]:
    """Keep other calls away from a folder, which is made, and removed again where nothing was begun in it.

    Args:
        path: of the store.

    Raises:
        BlockingIOError: another call has it.
        OSError: nothing can be written there.
    """
    files = storage_of(path)
    is_new = not files.names(path)
    files.make_folder(path)
    try:
        lock = lock_folder(files, path, goes_on=True)
    except FolderInUseError as error:
        raise BlockingIOError(
            f"One call at a time writes to a store. Received: {os.fspath(path)!r}, where {error} writes. Wait until it has ended, or name "
            "another folder."
        ) from None
    try:
        yield
    finally:
        lock.free()
        if is_new and files.has_locks and files.names(path) == [FILE]:
            with contextlib.suppress(OSError):
                os.unlink(join(path, FILE))
                os.rmdir(path)


def is_foreign(path: StrPath) -> bool:
    """Tell whether a folder has anything that no store has."""
    names = storage_of(path).names(path)
    return bool({name for name in names if not name.startswith(".")} - {ARRAYS, COMMITS, STATISTICS, END, FILE, MARKS})


@contextlib.contextmanager
def told_as_disk(path: StrPath, done: Any) -> Iterator[None]:
    """Say of an error of the disk what is there, and how to go on.

    Args:
        path: of the store.
        done: function that says how many examples are finished.
    """
    try:
        yield
    except BlockingIOError:
        raise
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        way = "Make room" if full else "Make the folder writable, or name another"
        raise OSError(
            error.errno,
            f"A store is written to a disk that takes it. Received: {error.strerror or error} at {os.fspath(path)!r}, after {done()} "
            f"examples, which can be read. {way}, and call explain_dataset again: it goes on.",
        ) from error
