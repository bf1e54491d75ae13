"""The questions of the tab of TensorBoard, answered as JSON and bytes: runs, maps, arrays, colour maps. NumPy alone, no web."""

import contextlib
import os
from collections.abc import Hashable, Mapping
from typing import Any, NamedTuple

import numpy as np

from kerasal._storage.file_systems import storage_of
from kerasal.saliency import Saliency
from kerasal.tensorboard.archive import ARRAYS, INDEX, Run
from kerasal.tensorboard.byte_cache import ByteCache
from kerasal.tensorboard.depiction import DTYPES
from kerasal.tensorboard.metadata import size_in_words
from kerasal.tensorboard.run_finder import RunFinder
from kerasal.tensorboard.run_index import numbers_in

COLORMAPS = {
    "red-blue": "RdBu_r",
    "reds": "Reds",
    "inferno": "inferno",
    "viridis": "viridis",
    "grey": "gray",
    "jet": "jet",
}
QUANTITIES = ("values", "std")
CACHE_LIMIT = 200_000_000  # bytes of maps and arrays
UNREADABLE = (ValueError, OSError, TypeError, KeyError, AttributeError)  # what damaged files raise
Arrays = dict[str, np.ndarray]


class ReadRun(NamedTuple):
    """A run, and the version of its index when it was read."""

    version: Hashable
    run: Run


class RunQueries:
    """Answers questions about the runs under some directories, which may grow meanwhile.

    Args:
        roots: {name: log directory}; the name "" adds nothing to the names of runs.
    """

    def __init__(self, roots: Mapping[str, str]):
        self._finder = RunFinder(roots)
        self._runs: dict[str, ReadRun] = {}
        self._cache: ByteCache[Arrays] = ByteCache(CACHE_LIMIT, lambda of: sum(array.nbytes for array in of.values()))

    def runs(self) -> list[str]:
        """List the names of all runs."""
        return sorted(self._finder.directories())

    def run(self, name: str) -> dict[str, Any]:
        """Describe a run, all that a page needs before it asks for maps. KeyError: there is no such run."""
        run = self._run(name)
        newest = self._newest_maps(name, run)
        arrays, trouble = self._described_arrays(name, run)
        lines = run.lines.values()
        sizes = [line["bytes"] for line in lines if isinstance(line.get("bytes"), int)]
        return {
            "name": name,
            "examples": run.examples,
            "steps": run.steps.tolist(),
            "times": [f"{line.get('time')} {line.get('bytes')}" for line in lines],  # others once written again
            "shape": list(newest["values"].shape) if newest else [],
            "kind": run.picture.kind,
            "facts": run.picture.facts,
            "arrays": arrays,
            "trouble": trouble,
            "disk": f"{size_in_words(sizes[-1])} a step, {size_in_words(sum(sizes))}" if sizes else "",
            "score": run.facts.get("score", ""),
            "about": run.facts.get("about", run.facts.get("recipe", {})),  # the latter in runs of 0.1
            "has_std": "std" in newest,
            "numbers": _all_numbers(run),
        }

    def map(self, name: str, step: int, example: int, quantity: str) -> bytes:
        """Return one example's map, little-endian float32. KeyError: there is no such run, step, example or quantity."""
        run = self._run(name)
        if step not in run.lines:
            raise KeyError(f"{name} has the steps {run.steps.tolist()}. Received: {step}. Choose one.")
        return _float_bytes(self._one_map(name, run, step, example, quantity))

    def history(self, name: str, example: int, quantity: str) -> bytes:
        """Return one example's maps of all steps, one after another, as `map`; NaN for those that cannot be read."""
        run = self._run(name)
        found: list[np.ndarray | None] = []
        trouble: Exception | None = None
        for step in run.lines:
            try:
                found.append(self._one_map(name, run, step, example, quantity))
            except UNREADABLE as error:
                found.append(None)
                trouble = error
        if trouble and all(array is None for array in found):
            raise trouble
        like = next((array for array in found if array is not None), np.zeros(0))
        missing = np.full_like(like, np.nan)
        return b"".join(
            _float_bytes(missing if array is None or array.shape != like.shape else array) for array in found
        )

    def array(self, name: str, array: str, example: int) -> bytes:
        """Return an example's part of an array of the picture, little-endian. KeyError: there is no such run, array or example."""
        found = self._array(name, self._run(name), array)
        if not 0 <= example < len(found):
            raise KeyError(f"{array} of {name} has {len(found)} examples. Received: {example}. Choose another.")
        return np.ascontiguousarray(found[example], found.dtype.newbyteorder("<")).tobytes()

    def _run(self, name: str) -> Run:
        """Return the run, read again only after its index has changed."""
        directory, index = self._finder.path(name), self._finder.path(name, ARRAYS, INDEX)
        version = storage_of(directory).version(index)
        known = self._runs.get(name)
        if known is None or known.version != version:
            known = self._runs[name] = ReadRun(version, Run(directory))
        return known.run

    def _path(self, name: str, run: Run, file: int | str) -> str:
        """Return the path of a file of a run, after a check for links that lead out."""
        return self._finder.path(name, ARRAYS, os.path.basename(run.path(file)))

    def _array(self, name: str, run: Run, array: str) -> np.ndarray:
        if array not in run.picture.arrays:
            raise KeyError(f"{name} has the arrays {run.picture.arrays}. Received: {array!r}. Choose another.")
        path = self._path(name, run, array)
        version = storage_of(path).version(path)
        found = self._cache.get((path, version), lambda: {array: run.array(array)})[array]
        if found.dtype.name not in DTYPES or not found.ndim:
            raise ValueError(
                f"An array is of {', '.join(DTYPES)}. Received: {array!r} of dtype {found.dtype}. Write it again."
            )
        return found

    def _described_arrays(self, name: str, run: Run) -> tuple[dict[str, Any], str]:
        """Describe the arrays of the picture that can be read, and say what is wrong with the others."""
        described: dict[str, Any] = {}
        trouble = ""
        for array in run.picture.arrays:
            try:
                found, path = self._array(name, run, array), self._path(name, run, array)
                version = str(storage_of(path).version(path))
                described[array] = {"shape": list(found.shape), "dtype": found.dtype.name, "version": version}
            except UNREADABLE as error:
                trouble = f"The maps are shown without {array}: {error}"
        return described, trouble

    def _maps_of_step(self, name: str, run: Run, step: int) -> Arrays:
        """Return values, and std where there is one, each (N, ...); read again where their line in the index has changed."""
        path = self._path(name, run, step)

        def read() -> Arrays:
            saliency = Saliency.load(path)
            found = {quantity: getattr(saliency, quantity) for quantity in QUANTITIES}
            return {quantity: array for quantity, array in found.items() if array is not None}

        return self._cache.get((path, run.lines[step].get("time")), read)

    def _one_map(self, name: str, run: Run, step: int, example: int, quantity: str) -> np.ndarray:
        if quantity not in QUANTITIES:
            raise KeyError(f"quantity is one of {QUANTITIES}. Received: {quantity!r}. Choose one.")
        array = self._maps_of_step(name, run, step).get(quantity)
        if array is None:
            raise KeyError(
                f"A standard deviation is there where several samples were drawn. Received: step {step} of {name}, "
                "which has none. Choose saliency as the quantity."
            )
        if not 0 <= example < len(array):
            raise KeyError(f"{name} has {len(array)} examples, from 0. Received: {example}. Choose another.")
        return np.asarray(array[example])

    def _newest_maps(self, name: str, run: Run) -> Arrays:
        """Return the newest maps that can be read, or nothing."""
        for step in reversed(run.steps.tolist()):
            with contextlib.suppress(*UNREADABLE):
                return self._maps_of_step(name, run, step)
        return {}


def colormaps() -> dict[str, list[list[int]]]:
    """Return {name: 257 RGB colours}, the one in the middle exactly that of the middle."""
    import matplotlib  # only a tab that is looked at needs it

    even = np.linspace(0, 1, 257)
    return {
        name: np.rint(255 * matplotlib.colormaps[of].resampled(257)(even)[:, :3]).astype(int).tolist()
        for name, of in COLORMAPS.items()
    }


def _float_bytes(array: np.ndarray) -> bytes:
    return np.ascontiguousarray(array, "<f4").tobytes()


def _all_numbers(run: Run) -> dict[str, list[list[float | None]]]:
    """Return {quantity: a number per step and example}, those that can be read."""
    quantities = sorted({quantity for line in run.lines.values() for quantity in numbers_in(line, len(run.examples))})
    found = {}
    for quantity in quantities:
        with contextlib.suppress(*UNREADABLE):
            found[quantity] = _without_nan(run.number(quantity))
    return found


def _without_nan(numbers: np.ndarray) -> list[list[float | None]]:
    return [[float(value) if np.isfinite(value) else None for value in row] for row in numbers]
