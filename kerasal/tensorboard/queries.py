"""The questions of the tab of TensorBoard, answered as JSON and bytes: runs, maps, arrays. NumPy alone, no web."""

import contextlib
import math
import os
import threading
from collections.abc import Hashable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from kerasal._errors import listed
from kerasal._storage.file_systems import storage_of
from kerasal._storage.saliency_file import open_saliency
from kerasal._storage.stored_arrays import Header, StoredArrays
from kerasal.tensorboard import bounds
from kerasal.tensorboard.archive import ARRAYS, Run, kind_of
from kerasal.tensorboard.byte_cache import ByteCache
from kerasal.tensorboard.depiction import DTYPES
from kerasal.tensorboard.example_parts import ExampleParts, Headers, told_by_name
from kerasal.tensorboard.index_files import IndexFiles
from kerasal.tensorboard.metadata import size_in_words
from kerasal.tensorboard.run_facts import (
    all_numbers,
    class_count,
    names_in,
    shape_of_maps,
    small_side,
    time_of,
    troubles_of_index,
    whole_number,
)
from kerasal.tensorboard.run_finder import RunFinder
from kerasal.tensorboard.run_index import notes_in
from kerasal.tensorboard.small_maps import block_of, ends

QUANTITIES = ("values", "std")
UNREADABLE = (ValueError, OSError, KeyError)  # what damaged files raise


class History(NamedTuple):
    """The maps of an example: little-endian float32, one map after another, of every so many steps from the first.

    The pieces are read when they are asked for, a map each; `size` is that of all.
    """

    pieces: Iterator[bytes]
    size: int
    every: int


class RunQueries:
    """Answers questions about the runs under some directories, which may grow meanwhile and hold anything.

    Args:
        roots: {name: log directory}; the name "" adds nothing to the names of runs.
    """

    def __init__(self, roots: Mapping[str, str]):
        self._finder, self._parts = RunFinder(roots), ExampleParts()
        self._runs: ByteCache[Run] = ByteCache(bounds.RUNS, lambda run: run.held)
        self._reading = threading.Lock()  # of indexes: one at a time, and each once

    def runs(self) -> list[str]:
        """List the names of all runs."""
        return sorted(self._finder.directories())

    def run(self, name: str) -> dict[str, Any]:
        """Describe a run, all that a page needs before it asks for maps. KeyError: there is no such run."""
        run = self._run(name)
        newest = self._newest_headers(name, run)
        arrays, troubles = self._described_arrays(name, run)
        stored = newest["values"].shape if newest else ()
        shape = shape_of_maps(run, stored)
        sizes = [size for line in run.lines.values() if (size := whole_number(line.get("bytes")))]
        return {
            "name": name,
            "examples": run.examples,
            "steps": run.steps.tolist(),
            "times": [
                f"{time_of(line)} {whole_number(line.get('bytes'))}" for line in run.lines.values()
            ],  # others once written again
            "shape": list(shape),
            "class_count": class_count(run, stored),
            "block": block_of(shape, small_side(run)) if newest else 1,
            "kind": run.picture.kind,
            "facts": run.picture.facts,
            "arrays": arrays,
            "trouble": " ".join(troubles_of_index(run) + troubles),
            "disk": f"{size_in_words(sizes[-1])} a step, {size_in_words(sum(sizes))}" if sizes else "",
            "score": run.facts.get("score", ""),
            "about": run.facts.get("about", run.facts.get("recipe", {})),  # the latter in runs of 0.1
            "has_std": "std" in newest,
            "notes": {step: note[:200] for step, note in notes_in(run.lines).items()},
            "classes": names_in(run.facts.get("class_names")),
            "numbers": all_numbers(run),
        }

    def map(self, name: str, step: int, example: int, quantity: str, of_class: int | None = None) -> bytes:
        """Return one example's map, of a class where maps are of classes, little-endian float32.

        Raises:
            KeyError: There is no such run, step, example, quantity or class.
        """
        run = self._run(name)
        if step not in run.lines:
            raise KeyError(f"{name} has the steps {listed(run.steps)}. Received: {step}. Choose one.")
        return self._one_map(name, run, step, example, quantity, of_class).tobytes()

    def history(self, name: str, example: int, quantity: str, of_class: int | None = None) -> History:
        """Return one example's maps of all steps, NaN for those that cannot be read; of some steps where that were too much."""
        run = self._run(name)
        header, of_file = self._like(name, run, example, quantity, of_class)
        shape = shape_of_maps(run, header.shape)[1:]
        missing = np.full(shape, np.nan, "<f4").tobytes()
        most = max(1, min(bounds.ANSWER // max(len(missing), 1), bounds.READ // max(of_file, 1)))
        every = math.ceil(len(run) / most)
        steps = list(run.lines)[::every]

        def piece(step: int) -> bytes:
            with contextlib.suppress(Exception):  # half of the answer is sent: whatever it is, this map is missing
                array = self._one_map(name, run, step, example, quantity, of_class)
                return array.tobytes() if array.shape == shape else missing
            return missing

        return History(map(piece, steps), len(steps) * len(missing), every)

    def array(self, name: str, array: str, example: int) -> bytes:
        """Return an example's part of an array of the picture, little-endian. KeyError: there is no such run, array or example."""
        run = self._run(name)
        self._array_header(name, run, array)
        found = self._array_part(name, run, array, example)
        return np.ascontiguousarray(found, found.dtype.newbyteorder("<")).tobytes()

    def small(self, name: str, step: int, quantity: str, first: int, of_class: int | None = None) -> bytes:
        """Return small maps of up to `bounds.BATCH` examples from one on, float32; errors as those of `map`."""
        return _batch(self._small_maps(name, step, quantity, of_class), first)

    def ends(self, name: str, step: int, quantity: str, percentile: int, of_class: int | None = None) -> dict[str, Any]:
        """Return the ends of the colours of all small maps of a step; a percentile in thousandths. Errors as those of `map`."""
        return ends(self._small_maps(name, step, quantity, of_class), min(max(percentile / 1000, 0), 100))

    def small_array(self, name: str, array: str, first: int) -> bytes:
        """Return small entries of an array of the picture, as `small`. KeyError: there is no such run or array."""
        run = self._run(name)
        self._array_header(name, run, array)
        key = self._array_key(name, run, array)
        with told_by_name(f"{array} of {name}"):
            found = self._parts.small(key, lambda: _open_array(key[0], array, name), array, small_side(run))
        return _batch(found, first)

    def _small_maps(self, name: str, step: int, quantity: str, of_class: int | None) -> np.ndarray:
        run = self._run(name)
        if step not in run.lines:
            raise KeyError(f"{name} has the steps {listed(run.steps)}. Received: {step}. Choose one.")
        self._check(name, run, step, 0, quantity, of_class)
        key = self._path(name, run, step), time_of(run.lines[step])
        with told_by_name(f"step {step} of {name}"):
            opened = lambda: open_saliency(key[0], f"step {step} of {name}", bounds.FILE)
            return self._parts.small(key, opened, quantity, small_side(run), of_class)

    def _run(self, name: str) -> Run:
        """Return the run, read again only after its index has changed."""
        directory, folder = self._finder.path(name), self._finder.path(name, ARRAYS)
        index = IndexFiles(storage_of(directory), folder)
        for path in index.paths():
            self._finder.check(name, path)
        with told_by_name(f"the run {name!r}"), self._reading:
            version = index.version()
            return self._runs.get((name, version), lambda: Run(directory, bounds.INDEX))

    def _path(self, name: str, run: Run, file: int | str) -> str:
        """Return the path of a file of a run, after a check for links that lead out."""
        return self._finder.path(name, ARRAYS, os.path.basename(run.path(file)))

    def _headers(self, name: str, run: Run, step: int) -> Headers:
        key = self._path(name, run, step), time_of(run.lines[step])  # read again where its line has changed
        with told_by_name(f"step {step} of {name}"):
            return self._parts.headers(key, lambda: open_saliency(key[0], f"step {step} of {name}", bounds.FILE))

    def _check(self, name: str, run: Run, step: int, example: int, quantity: str, of_class: int | None) -> None:
        """Raise KeyError for a question about what a step does not have."""
        headers = self._headers(name, run, step)
        if quantity not in QUANTITIES:
            raise KeyError(f"quantity is one of {QUANTITIES}. Received: {quantity[:100]!r}. Choose one.")
        if quantity not in headers:
            raise KeyError(
                f"A standard deviation is there where several samples were drawn. Received: step {step} of {name}, "
                "which has none. Choose saliency as the quantity."
            )
        count = headers[quantity].shape[0] if headers[quantity].shape else 0
        if not 0 <= example < count:
            raise KeyError(f"{name} has {count} examples, from 0. Received: {example}. Choose another.")
        _check_class(name, class_count(run, headers[quantity].shape), of_class)

    def _one_map(self, name: str, run: Run, step: int, example: int, quantity: str, of_class: int | None) -> np.ndarray:
        self._check(name, run, step, example, quantity, of_class)
        key = self._path(name, run, step), time_of(run.lines[step])
        with told_by_name(f"step {step} of {name}"):
            found = self._parts.part(
                key, lambda: open_saliency(key[0], f"step {step} of {name}", bounds.FILE), quantity, example
            )
        return found if of_class is None else np.asarray(found[of_class])

    def _like(self, name: str, run: Run, example: int, quantity: str, of_class: int | None) -> tuple[Header, int]:
        """Return the header of the newest array that can be read, and the bytes of its file. What the first of them raises is raised."""
        error: Exception = KeyError(f"{name} has no maps yet. Received: example {example}. Wait for the first.")
        for step in reversed(list(run.lines)[-bounds.TRIES :]):
            try:
                self._one_map(name, run, step, example, quantity, of_class)
                headers = self._headers(name, run, step)
                return headers[quantity], sum(header.nbytes for header in headers.values())
            except UNREADABLE as found:
                error = found
        raise error

    def _newest_headers(self, name: str, run: Run) -> Headers:
        """Return the headers of the newest maps that can be read, or nothing."""
        for step in reversed(run.steps[-bounds.TRIES :].tolist()):
            with contextlib.suppress(*UNREADABLE):
                return self._headers(name, run, step)
        return {}

    def _array_key(self, name: str, run: Run, array: str) -> tuple[str, Hashable]:
        path = self._path(name, run, array)
        with told_by_name(f"{array} of {name}"):
            return path, storage_of(path).version(path)

    def _array_part(self, name: str, run: Run, array: str, example: int) -> np.ndarray:
        key = self._array_key(name, run, array)
        with told_by_name(f"{array} of {name}"):
            return self._parts.part(key, lambda: _open_array(key[0], array, name), array, example)

    def _array_header(self, name: str, run: Run, array: str) -> Header:
        if array not in run.picture.arrays:
            raise KeyError(f"{name} has the arrays {run.picture.arrays}. Received: {array[:100]!r}. Choose another.")
        key = self._array_key(name, run, array)
        with told_by_name(f"{array} of {name}"):
            header = self._parts.headers(key, lambda: _open_array(key[0], array, name))[array]
        if header.dtype.name not in DTYPES or not header.shape:
            raise ValueError(
                f"An array is of {', '.join(DTYPES)}. Received: {array!r} of dtype {header.dtype}. Write it again."
            )
        return header

    def _described_arrays(self, name: str, run: Run) -> tuple[dict[str, Any], list[str]]:
        """Describe the arrays of the picture that can be read, and say what is wrong with the others."""
        described: dict[str, Any] = {}
        troubles = []
        for array in run.picture.arrays:
            try:
                header = self._array_header(name, run, array)
                if header.shape[0]:
                    self._array_part(name, run, array, 0)
                version = str(self._array_key(name, run, array)[1])
                described[array] = {"shape": list(header.shape), "dtype": header.dtype.name, "version": version}
            except UNREADABLE as error:
                troubles.append(f"The maps are shown without {array}: {error}")
        return described, troubles


def _open_array(path: str, array: str, name: str) -> StoredArrays:
    return StoredArrays(path, (kind_of(array),), f"{array} of {name}", bounds.FILE)


def _check_class(name: str, count: int | None, of_class: int | None) -> None:
    if count is None and of_class is not None:
        raise KeyError(f"The maps of {name} are of no class. Received: class {of_class}. Ask without one.")
    if count is not None and (of_class is None or not 0 <= of_class < count):
        raise KeyError(f"{name} has maps of {count} classes, from 0. Received: class {of_class}. Choose another.")


def _batch(entries: np.ndarray, first: int) -> bytes:
    """Return up to `bounds.BATCH` entries from one on, little-endian."""
    found = entries[max(first, 0) : max(first, 0) + bounds.BATCH]
    return found.astype(found.dtype.newbyteorder("<")).tobytes()
