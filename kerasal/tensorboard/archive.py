"""All maps of a run as arrays next to its event file, which keeps few of them, and the reader that gives them back.

`<run>/arrays/<step>.npz` holds a `Saliency`; `<run>/arrays/index.jsonl` lists them, a line each, after a line about the
training; see `index_files` for stores whose files do not grow. A map is written under a temporary name and renamed before its line is added, so that a line never points to half a
file. `<run>/arrays/<word>.npz` holds an array of the picture's kind, e.g. the images.
"""

import json
import os
import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from kerasal._errors import listed, warn_user
from kerasal._storage.arrays import load_arrays, save_arrays
from kerasal._storage.base import FileSystem, StrPath, join
from kerasal._storage.file_systems import storage_of
from kerasal._storage.places import absolute
from kerasal._vocabulary import checks_keywords
from kerasal.saliency import Saliency
from kerasal.tensorboard.depiction import Depiction
from kerasal.tensorboard.index_files import INDEX, IndexFiles
from kerasal.tensorboard.metadata import FOLDER
from kerasal.tensorboard.run_index import IMAGES, KIND, IndexBounds, Line, RunIndex, notes_in, numbers_in, picture_in
from kerasal.tensorboard.run_pictures import RunPictures

ARRAYS = "arrays"


def file_of(name: int | str) -> str:
    """Return the file of the maps of a step, or of an array by name."""
    return f"{name}.npz"


class Archive:
    """Writes the maps of one training.

    A run that goes on in the same directory adds to it; a step that is written again replaces the one before.

    Args:
        directory: The run's, local or remote. It is made.
        examples: The name of each example.
        facts: Whatever else is to be known of the training, as JSON can hold it. "start" is its first step: later ones in the
            directory are of a training before. Where "shape" or "inputs" differ, all in the directory are.
        depiction: How the tab draws the examples.
        precision: Of the maps, see `Saliency.save`.
        compress: See `Saliency.save`.
    """

    def __init__(
        self,
        directory: StrPath,
        examples: Sequence[str],
        facts: Mapping[str, Any],
        depiction: Depiction | None = None,
        *,
        precision: str = "float32",
        compress: bool = False,
    ):
        self._packing: dict[str, Any] = {"precision": precision, "compress": compress}
        self._files, self._folder = storage_of(directory), join(directory, ARRAYS)
        self._files.make_folder(self._folder)
        self._index = IndexFiles(self._files, self._folder)
        depiction = depiction or Depiction()
        for name, array in depiction.arrays.items():
            save_arrays(join(self._folder, file_of(name)), kind_of(name), {name: array}, {})
        picture = {"kind": depiction.kind, "facts": dict(depiction.facts), "arrays": list(depiction.arrays)}
        self._add({"kind": KIND, "examples": list(examples), "picture": picture, **facts})

    def write(self, step: int, saliency: Saliency, facts: Mapping[str, Any]) -> int:
        """Keep the maps of a step, and what JSON can hold about them. Return the number of bytes that it took."""
        size = saliency.save(join(self._folder, file_of(step)), with_inputs=False, **self._packing)
        self._add({"step": int(step), "bytes": size, **facts})
        return size

    def _add(self, line: Line) -> None:
        self._index.append(json.dumps(line).encode())


class Run(RunPictures):
    """The history of one run, read when it is asked for.

    Args:
        directory: The run's.
        bounds: Sizes of the index beyond which lines are passed over.

    Attributes:
        name: Of the run.
        examples: The name of each, (N,).
        facts: All that is known of the last training, the facts of its picture included.
        picture: How the tab draws the examples: kind, facts, names of arrays.
        steps: Ascending integers, (S,).
        lines: {step: its line in the index}.
        every: Of so many steps one is known; 1 unless the bounds want fewer.
        troubles: Sentences about damaged lines of the index, which are passed over.
        held: Bytes of memory that the lines take, about.

    Raises:
        FileNotFoundError: There are no maps.
        ValueError: The index is of another kind.
    """

    def __init__(self, directory: StrPath, bounds: IndexBounds = IndexBounds()):  # noqa: B008
        self._files, self._folder = storage_of(directory), join(directory, ARRAYS)
        self.name = os.path.basename(os.fspath(directory).rstrip("/"))
        if not self._files.exists(join(self._folder, INDEX)):
            raise FileNotFoundError(
                f"A run has {ARRAYS}/{INDEX}. Received: {os.fspath(directory)!r}, which has none. Name the directory of a "
                "SaliencyLogger, <log_dir>/saliency/<name>."
            )
        index = IndexFiles(self._files, self._folder).read(RunIndex(self.name, bounds))
        names = set(self._files.names(self._folder))
        self.examples, self.every, self.troubles, self.held = index.examples, index.every, index.troubles, index.held
        self.picture = picture_in(index.facts, names)
        self.facts: dict[str, Any] = {**self.picture.facts, **index.facts}
        self.lines = {step: index.lines[step] for step in sorted(index.lines) if file_of(step) in names}
        self.steps = np.array(list(self.lines), np.int64)

    def path(self, name: int | str) -> str:
        """Return the file of the maps of a step, or of an array by name."""
        return join(self._folder, file_of(name))

    def __len__(self) -> int:
        return len(self.steps)

    def __repr__(self) -> str:
        return f"<Run {self.name!r}: {len(self)} steps, {len(self.examples)} examples>"

    def saliency(self, step: int) -> Saliency:
        """Return the `Saliency` of all examples at a step.

        Raises:
            KeyError: There is no such step.
            ValueError: The file is damaged.
        """
        if step not in self.lines:
            raise KeyError(
                f"The run {self.name!r} has the steps {listed(self.steps)}. Received: {step}. Choose one of them."
            )
        return Saliency.load(self.path(step))

    def array(self, name: str) -> np.ndarray:
        """Return an array of the picture, one entry per example. KeyError: there is none of that name."""
        if name not in self.picture.arrays:
            raise KeyError(
                f"The run {self.name!r} has the arrays {self.picture.arrays}. Received: {name!r}. Choose another."
            )
        return load_arrays(self.path(name), kind_of(name))[0][name]

    @property
    def images(self) -> np.ndarray | None:
        """The examples as they look, uint8 (N, H, W, 3), or None where they are no images."""
        return self.array(IMAGES) if IMAGES in self.picture.arrays else None

    @cached_property
    def values(self) -> np.ndarray:
        """All maps, float32 (S, N, ...); NaN, and a warning, for a step whose file is damaged."""
        return np.asarray(self._of_all_steps("values"))

    @property
    def notes(self) -> dict[int, str]:
        """Words on steps, {step: words}, such as that the map is of weights which were restored as training ended."""
        return notes_in(self.lines)

    @cached_property
    def std(self) -> np.ndarray | None:
        """Their standard deviation over samples, float32 (S, N, ...), as `values`; None where a step has none."""
        return self._of_all_steps("std") if len(self) else None

    @cached_property
    def scores(self) -> np.ndarray:
        """The numbers that were explained, (S, N); NaN for a step that has none, and as `values`."""
        return np.asarray(self._of_all_steps("scores"))

    def _of_all_steps(self, part: str) -> Any:
        """Stack a part of each step's `Saliency`: one damaged file costs one step."""
        found: dict[int, Any] = {}
        troubles: dict[int, Exception] = {}
        for step in self.lines:
            try:
                found[step] = getattr(self.saliency(step), part)
            except (ValueError, OSError) as error:
                troubles[step] = error
        if part == "std" and any(array is None for array in found.values()):
            return None
        shape = self._shape_of(part, [array for array in found.values() if array is not None])
        kept = [np.asarray(array).dtype for array in found.values() if array is not None]
        stacked = np.full((len(self), *shape), np.nan, np.result_type(np.float32, *kept))
        for k, step in enumerate(self.lines):
            array = found.get(step)
            if array is not None and np.shape(array) == shape:
                stacked[k] = array
            elif array is not None:
                troubles[step] = ValueError(f"its {part} are of shape {np.shape(array)}, not {shape}")
        if troubles and len(troubles) == len(self):
            raise ValueError(
                f"A run has maps that can be read. Received: {self.name!r}, of which none of {len(self)} can: "
                f"{next(iter(troubles.values()))} Log them again from checkpoints."
            )
        for step, trouble in troubles.items():
            warn_user(
                f"Step {step} of the run {self.name!r} is NaN, since its maps cannot be read: {trouble} "
                "Remove its file to leave it out, or log it again from a checkpoint."
            )
        return stacked

    def _shape_of(self, part: str, arrays: list[Any]) -> tuple[int, ...]:
        """Return the shape of most recent maps, or what the training said of them."""
        if arrays:
            return np.shape(arrays[-1])
        told = self.facts.get("shape") if part != "scores" else None
        is_shape = isinstance(told, list) and all(isinstance(size, int) and 0 <= size < 2**31 for size in told)
        return tuple(told) if is_shape and told and not len(self) else (len(self.examples),)

    def number(self, name: str) -> np.ndarray:
        """Return a number of each example over the steps, (S, N), e.g. "probability"; NaN where a step has none.

        Raises:
            KeyError: No step has a number of that name.
        """
        of_steps = [numbers_in(line, len(self.examples)) for line in self.lines.values()]
        known = sorted({each for numbers in of_steps for each in numbers})
        if of_steps and name not in known:
            raise KeyError(f"The run {self.name!r} has the numbers {known}. Received: {name!r}. Choose one of them.")
        found = np.full((len(of_steps), len(self.examples)), np.nan)
        for k, numbers in enumerate(of_steps):
            found[k] = numbers.get(name, np.nan)
        return found


@checks_keywords
def load_run(log_dir: StrPath, name: str | None = None) -> Run:
    """Load the history that a `SaliencyLogger` wrote.

    Args:
        log_dir: The logger's `log_dir`, or the directory of one of its runs; also remote, e.g. gs://bucket/logs.
        name: Of the run; None where there is one.

    Returns:
        A `Run`.

    Raises:
        FileNotFoundError: There is no run.
        TypeError: `log_dir` is no path.
        ValueError: There are several, and no name.
        ImportError: A remote one needs fsspec.

    Example:

    >>> import tempfile
    >>> from kerasal import Saliency, load_run
    >>> directory = tempfile.mkdtemp()
    >>> _ = Archive(directory, ["0", "1"], {}).write(3, Saliency([[1, 2], [3, 4]]), {})
    >>> load_run(directory).steps, load_run(directory).values.shape
    (array([3]), (1, 2, 2))
    """
    run = Run(directory_of(absolute(log_dir, "log_dir"), name))
    for trouble in run.troubles:
        warn_user(trouble)
    return run


def directory_of(log_dir: StrPath, name: str | None) -> StrPath:
    """Find the directory of a run; errors as those of `load_run`."""
    files = storage_of(log_dir)
    if name is None and files.exists(join(log_dir, ARRAYS, INDEX)):
        return log_dir
    found = run_names(files, join(log_dir, FOLDER))
    if name is None and len(found) > 1 and all(re.fullmatch(re.escape(found[0]) + r"(_\d+)?", each) for each in found):
        name = found[0]
        warn_user(
            f"log_dir holds {name!r}, which is read, and beside it {', '.join(found[1:])}, of other trainings. "
            f"Name one, e.g. load_run(log_dir, {found[1]!r}), to read that."
        )
    if name is None and len(found) > 1:
        raise ValueError(
            f"log_dir holds several runs. Received: {found}. Name one, e.g. load_run(log_dir, {found[0]!r})."
        )
    if not found or name not in (None, *found):
        raise FileNotFoundError(
            f"log_dir holds the run that is asked for. Received: {os.fspath(log_dir)!r}, name={name!r}; its runs: {found}. Give the "
            "log_dir of a SaliencyLogger."
        )
    return join(log_dir, FOLDER, name or found[0])


def run_names(files: FileSystem, folder: str) -> list[str]:
    """List the runs in a folder of runs, sorted."""
    return [name for name in files.folders(folder) if files.exists(join(folder, name, ARRAYS, INDEX))]


def kind_of(name: str) -> str:
    """Return the format of an array's file, e.g. "kerasal.images 1"."""
    return f"kerasal.{name} 1"
