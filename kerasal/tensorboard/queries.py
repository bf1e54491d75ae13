"""What the tab of TensorBoard asks for, as JSON and bytes: runs, maps, images, colour maps. NumPy alone, no web."""

import contextlib
import os
from typing import Any

import numpy as np

from kerasal._storage.file_systems import storage_of
from kerasal.saliency import Saliency
from kerasal.tensorboard.archive import ARRAYS, IMAGES_FILE, INDEX, Run, numbers_of
from kerasal.tensorboard.byte_cache import Kept
from kerasal.tensorboard.metadata import size_in_words
from kerasal.tensorboard.run_finder import Places

COLORMAPS = {
    "red-blue": "RdBu_r",
    "reds": "Reds",
    "inferno": "inferno",
    "viridis": "viridis",
    "grey": "gray",
    "jet": "jet",
}
QUANTITIES = ("values", "std")
MAPS = 200_000_000  # bytes of maps that are kept
UNREADABLE = (ValueError, OSError, TypeError, KeyError, AttributeError)  # what damaged files raise
Maps = dict[str, np.ndarray]  # values, and std where there is one, each (N, ...)


class Served:
    """Runs under directories, found again and again while they grow.

    Args:
        roots: {name: log directory}; the name "" adds nothing to the names of runs.
    """

    def __init__(self, roots: dict[str, str]):
        self.places = Places(roots)
        self._runs: dict[str, tuple[Any, Run]] = {}
        self._maps = Kept(MAPS, lambda maps: sum(array.nbytes for array in maps.values()))

    def runs(self) -> list[str]:
        return sorted(self.places())

    def run(self, name: str) -> dict[str, Any]:
        """What a page needs to know of a run before it asks for maps. KeyError: no such run."""
        run = self._run(name)
        newest = self._newest(name, run)
        lines = run.lines.values()
        sizes = [line["bytes"] for line in lines if isinstance(line.get("bytes"), int)]
        numbers = sorted({quantity for line in lines for quantity in numbers_of(line, len(run.examples))})
        images, version, trouble = None, "", ""
        try:
            images, version = self._images(name, run)
        except UNREADABLE as error:
            trouble = f"The maps are shown without the images: {error}"
        return {
            "name": name,
            "examples": run.examples,
            "steps": run.steps.tolist(),
            "times": [f"{line.get('time')} {line.get('bytes')}" for line in lines],  # others once written again
            "shape": list(newest["values"].shape) if newest else [],
            "images": None if images is None else list(images.shape),
            "images_version": version,
            "trouble": trouble,
            "columns": run.facts.get("columns"),
            "tokens": run.facts.get("tokens"),
            "molecules": run.facts.get("molecules"),
            "disk": f"{size_in_words(sizes[-1])} a step, {size_in_words(sum(sizes))}" if sizes else "",
            "score": run.facts.get("score", ""),
            "recipe": run.facts.get("recipe", {}),
            "has_std": "std" in newest,
            "numbers": _numbers(run, numbers),
        }

    def map(self, name: str, step: int, example: int, quantity: str) -> bytes:
        """Little-endian float32 of one example's map. KeyError: no such run, step, example or quantity."""
        run = self._run(name)
        if step not in run.lines:
            raise KeyError(f"{name} has the steps {run.steps.tolist()}. Received: {step}. Choose one.")
        return _bytes(self._one(name, run, step, example, quantity))

    def history(self, name: str, example: int, quantity: str) -> bytes:
        """As `map`, all steps one after another; NaN for what cannot be read. For maps of few numbers."""
        run = self._run(name)
        found: list[np.ndarray | None] = []
        trouble: Exception | None = None
        for step in run.lines:
            try:
                found.append(self._one(name, run, step, example, quantity))
            except UNREADABLE as error:
                found.append(None)
                trouble = error
        if trouble and all(array is None for array in found):
            raise trouble
        like = next((array for array in found if array is not None), np.zeros(0))
        return b"".join(
            _bytes(np.full_like(like, np.nan) if array is None or array.shape != like.shape else array)
            for array in found
        )

    def image(self, name: str, example: int) -> bytes:
        """uint8 RGB of one example as it looks. KeyError: no such run or example, or no images."""
        images, _ = self._images(name, self._run(name))
        if images is None or not 0 <= example < len(images):
            raise KeyError(f"{name} has an image per example, or none. Received: {example}. Choose another.")
        return np.ascontiguousarray(images[example]).tobytes()

    def _run(self, name) -> Run:
        """The run, read again only after its index has changed."""
        place, index = self.places.path(name), self.places.path(name, ARRAYS, INDEX)
        version = storage_of(place).version(index)
        known = self._runs.get(name)
        if known is None or known[0] != version:
            known = self._runs[name] = (version, Run(place))
        return known[1]

    def _images(self, name: str, run: Run) -> tuple[np.ndarray | None, str]:
        """The images, and what is another once they are written again."""
        path = self.places.path(name, ARRAYS, IMAGES_FILE)
        if not storage_of(path).exists(path):
            return None, ""
        version = str(storage_of(path).version(path))
        return self._maps((path, version), lambda: {"images": run.images})["images"], version

    def _of_step(self, name: str, run: Run, step: int) -> Maps:
        """A file is read again where its line in the index has changed."""
        path = self.places.path(name, ARRAYS, os.path.basename(run.path(step)))

        def read():
            saliency = Saliency.load(path)
            return {name: getattr(saliency, name) for name in QUANTITIES if getattr(saliency, name) is not None}

        return self._maps((path, run.lines[step].get("time")), read)

    def _one(self, name: str, run: Run, step: int, example: int, quantity: str) -> np.ndarray:
        if quantity not in QUANTITIES:
            raise KeyError(f"quantity is one of {QUANTITIES}. Received: {quantity!r}. Choose one.")
        array = self._of_step(name, run, step).get(quantity)
        if array is None:
            raise KeyError(
                f"A standard deviation is there where several samples were drawn. Received: step {step} of {name}, "
                "which has none. Choose saliency as the quantity."
            )
        if not 0 <= example < len(array):
            raise KeyError(f"{name} has {len(array)} examples, from 0. Received: {example}. Choose another.")
        return array[example]

    def _newest(self, name: str, run: Run) -> Maps:
        """The newest maps that can be read."""
        for step in reversed(run.steps.tolist()):
            with contextlib.suppress(*UNREADABLE):
                return self._of_step(name, run, step)
        return {}


def colormaps() -> dict[str, list[list[int]]]:
    """{name: 257 RGB colours}, the one in the middle exactly that of the middle."""
    import matplotlib  # only a tab that is looked at needs it

    even = np.linspace(0, 1, 257)
    return {
        name: np.rint(255 * matplotlib.colormaps[of].resampled(257)(even)[:, :3]).astype(int).tolist()
        for name, of in COLORMAPS.items()
    }


def _bytes(array: np.ndarray) -> bytes:
    return np.ascontiguousarray(array, "<f4").tobytes()


def _numbers(run: Run, quantities: list[str]) -> dict[str, list[list[float | None]]]:
    """Those that can be read."""
    found = {}
    for quantity in quantities:
        with contextlib.suppress(*UNREADABLE):
            found[quantity] = _plain(run.number(quantity))
    return found


def _plain(numbers: np.ndarray) -> list[list[float | None]]:
    return [[float(value) if np.isfinite(value) else None for value in row] for row in numbers]
