"""What the tab of TensorBoard asks for, as JSON and bytes: runs, maps, images, colour maps. NumPy alone, no web."""

import contextlib
import functools
import os
import threading
import time
import warnings
from collections.abc import Iterable
from typing import Any

import numpy as np

from kerasal.saliency import Saliency
from kerasal.storage import join, storage_of
from kerasal.tensorboard.archive import Run, run_names
from kerasal.tensorboard.metadata import FOLDER

FRESH = 5.0  # seconds for which a search for runs is believed
COLORMAPS = {"red-blue": "RdBu_r", "inferno": "inferno", "viridis": "viridis", "grey": "gray", "jet": "jet"}
QUANTITIES = ("values", "std")


class Served:
    """Runs under directories, found again and again while they grow.

    Args:
        roots: {name: log directory}; the name "" adds nothing to the names of runs.
    """

    def __init__(self, roots: dict[str, str]):
        self._roots, self._lock = roots, threading.Lock()
        self._found: dict[str, str] = {}
        self._fresh = FRESH
        self._looked = -FRESH

    def places(self) -> dict[str, str]:
        """{name of a run: its directory}. Names come from here alone: nothing else under the roots can be asked for."""
        with self._lock:
            began = time.monotonic()
            if began - self._looked >= self._fresh:
                self._found = {
                    "/".join(filter(None, (prefix, name))): join(root, name)
                    for prefix, root in self._roots.items()
                    for name in _found_below(root)
                }
                self._looked = time.monotonic()
                self._fresh = max(FRESH, 10 * (self._looked - began))  # remote folders are slow to list
            return self._found

    def runs(self) -> list[str]:
        return sorted(self.places())

    def run(self, name: str) -> dict[str, Any]:
        """What a page needs to know of a run before it asks for maps. KeyError: no such run."""
        run = self._run(name)
        newest = _newest(run)
        numbers = sorted({quantity for line in run.lines.values() for quantity in line.get("numbers", {})})
        images = run.images
        return {
            "name": name,
            "examples": run.examples,
            "steps": run.steps.tolist(),
            "shape": [] if newest is None else list(newest.shape),
            "images": None if images is None else list(images.shape),
            "columns": run.facts.get("columns"),
            "score": run.facts.get("score", ""),
            "recipe": run.facts.get("recipe", {}),
            "has_std": newest is not None and newest.std is not None,
            "numbers": {quantity: _plain(run.number(quantity)) for quantity in numbers},
        }

    def map(self, name: str, step: int, example: int, quantity: str) -> bytes:
        """Little-endian float32 of one example's map. KeyError: no such run, step, example or quantity."""
        if quantity not in QUANTITIES:
            raise KeyError(f"quantity is one of {QUANTITIES}. Received: {quantity!r}. Choose one.")
        run = self._run(name)
        if step not in run.lines:
            raise KeyError(f"{name} has the steps {run.steps.tolist()}. Received: {step}. Choose one.")
        saliency = _load(run.path(step), run.lines[step].get("time"))
        array = getattr(saliency, quantity)
        if array is None or not 0 <= example < len(array):
            raise KeyError(f"{name} has {len(saliency)} examples. Received: {quantity} of {example}. Choose another.")
        return np.ascontiguousarray(array[example], "<f4").tobytes()

    def image(self, name: str, example: int) -> bytes:
        """uint8 RGB of one example as it looks. KeyError: no such run or example, or no images."""
        images = self._run(name).images
        if images is None or not 0 <= example < len(images):
            raise KeyError(f"{name} has an image per example, or none. Received: {example}. Choose another.")
        return np.ascontiguousarray(images[example]).tobytes()

    def _run(self, name) -> Run:
        if name not in self.places():
            raise KeyError(f"There are the runs {self.runs()}. Received: {name!r}. Choose one.")
        return Run(self.places()[name])


def colormaps() -> dict[str, list[list[int]]]:
    """{name: 257 RGB colours}, the one in the middle exactly that of the middle."""
    import matplotlib  # only a tab that is looked at needs it

    even = np.linspace(0, 1, 257)
    return {
        name: np.rint(255 * matplotlib.colormaps[of].resampled(257)(even)[:, :3]).astype(int).tolist()
        for name, of in COLORMAPS.items()
    }


@functools.lru_cache(64)
def _load(path: str, version) -> Saliency:
    """A file of maps; `version` differs where it was written again."""
    return Saliency.load(path)


def _found_below(root: str) -> Iterable[str]:
    """Runs below a log directory, as paths from there with slashes; none, and a warning, where it cannot be reached.

    A walk over folders, since runs are folders of files: it finds them with `--logdir` and `--logdir_spec` and with either loader
    of TensorBoard, whose data provider would need a summary in the event file to find them by, and keeps ten steps.
    """
    try:
        files = storage_of(root)
    except (ImportError, ValueError) as error:
        warnings.warn(f"No saliency is shown of {root}: {error}", stacklevel=2)
        return
    waiting: list[tuple[str, ...]] = [()]
    while waiting:
        names = waiting.pop()
        folder = join(root, *names)
        if names[-1:] == (FOLDER,) or not names and os.path.basename(root.rstrip("/")) == FOLDER:
            yield from ("/".join((*names, name)) for name in run_names(files, folder))
        elif not names or not os.path.islink(folder):  # links may lead in circles
            waiting += [(*names, name) for name in files.folders(folder)]


def _newest(run: Run) -> Saliency | None:
    """The newest map that can be read."""
    for step in reversed(run.steps.tolist()):
        with contextlib.suppress(ValueError, OSError):
            return run.saliency(step)
    return None


def _plain(numbers: np.ndarray) -> list[list[float | None]]:
    return [[float(value) if np.isfinite(value) else None for value in row] for row in numbers]
