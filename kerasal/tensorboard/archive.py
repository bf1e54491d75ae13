"""All maps of a run as arrays next to its event file, which keeps few of them, and the reader that gives them back.

`<run>/arrays/<step>.npz` holds a `Saliency`; `<run>/arrays/index.jsonl` lists them, a line each, after a line about the
training. A map is written under a temporary name and renamed before its line is added, so that a line never points to half a
file. `<run>/arrays/<word>.npz` holds an array of the picture's kind, e.g. the images.
"""

import json
import os
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from kerasal._storage.arrays import load_arrays, save_arrays
from kerasal._storage.base import FileSystem, StrPath, join
from kerasal._storage.file_systems import storage_of
from kerasal.saliency import Saliency
from kerasal.tensorboard.depiction import Depiction
from kerasal.tensorboard.metadata import FOLDER
from kerasal.tensorboard.run_index import IMAGES, Line, is_same_history, numbers_in, picture_in, read_lines

KIND = "kerasal.run 1"  # a change of layout gets the next number
ARRAYS, INDEX = "arrays", "index.jsonl"


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
    """

    def __init__(
        self, directory: StrPath, examples: Sequence[str], facts: Mapping[str, Any], depiction: Depiction | None = None
    ):
        self._files, self._folder = storage_of(directory), join(directory, ARRAYS)
        self._files.make_folder(self._folder)
        depiction = depiction or Depiction()
        for name, array in depiction.arrays.items():
            save_arrays(join(self._folder, file_of(name)), _kind_of(name), {name: array}, {})
        picture = {"kind": depiction.kind, "facts": dict(depiction.facts), "arrays": list(depiction.arrays)}
        self._add({"kind": KIND, "examples": list(examples), "picture": picture, **facts})

    def write(self, step: int, saliency: Saliency, facts: Mapping[str, Any]) -> int:
        """Keep the maps of a step, and what JSON can hold about them. Return the number of bytes that it took."""
        size = saliency.save(join(self._folder, file_of(step)))
        self._add({"step": int(step), "bytes": size, **facts})
        return size

    def _add(self, line: Line) -> None:
        path = join(self._folder, INDEX)
        is_cut_short = self._files.exists(path) and self._files.read(path)[-1:] not in (b"", b"\n")
        self._files.append(path, (("\n" if is_cut_short else "") + json.dumps(line) + "\n").encode())


class Run:
    """The history of one run, read when it is asked for.

    Args:
        directory: The run's.

    Attributes:
        name: Of the run.
        examples: The name of each, (N,).
        facts: All that is known of the last training, the facts of its picture included.
        picture: How the tab draws the examples: kind, facts, names of arrays.
        steps: Ascending integers, (S,).
        lines: {step: its line in the index}.

    Raises:
        FileNotFoundError: There are no maps.
        ValueError: The index is of another kind.
    """

    def __init__(self, directory: StrPath):
        self._files, self._folder = storage_of(directory), join(directory, ARRAYS)
        self.name = os.path.basename(os.fspath(directory).rstrip("/"))
        if not self._files.exists(join(self._folder, INDEX)):
            raise FileNotFoundError(
                f"A run has {ARRAYS}/{INDEX}. Received: {os.fspath(directory)!r}, which has none. Name the directory of a "
                "SaliencyLogger, <log_dir>/saliency/<name>."
            )
        self.examples: list[str] = []
        self.facts: dict[str, Any] = {}
        self.lines: dict[int, Line] = {}
        for line in read_lines(self._files.read(join(self._folder, INDEX))):
            self._read(line)
        names = set(self._files.names(self._folder))
        self.picture = picture_in(self.facts, names)
        self.facts = {**self.picture.facts, **self.facts}
        self.lines = {step: self.lines[step] for step in sorted(self.lines) if file_of(step) in names}
        self.steps = np.array(list(self.lines), np.int64)

    def _read(self, line: Line) -> None:
        if "kind" in line:
            if line["kind"] != KIND:
                raise ValueError(
                    f"A run is of kind {KIND!r}. Received: {line['kind']!r}. Read it with the code that wrote it."
                )
            if is_same_history(line, self.facts):
                self.lines = {step: other for step, other in self.lines.items() if step <= line.get("start", step)}
            else:  # another training, of other examples
                self.lines = {}
            self.examples, self.facts = line["examples"], line
        elif isinstance(line.get("step"), int):
            self.lines[line["step"]] = line

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
                f"The run {self.name!r} has the steps {self.steps.tolist()}. Received: {step}. Choose one of them."
            )
        return Saliency.load(self.path(step))

    def array(self, name: str) -> np.ndarray:
        """Return an array of the picture, one entry per example. KeyError: there is none of that name."""
        if name not in self.picture.arrays:
            raise KeyError(
                f"The run {self.name!r} has the arrays {self.picture.arrays}. Received: {name!r}. Choose another."
            )
        return load_arrays(self.path(name), _kind_of(name))[0][name]

    @property
    def images(self) -> np.ndarray | None:
        """The examples as they look, uint8 (N, H, W, 3), or None where they are no images."""
        return self.array(IMAGES) if IMAGES in self.picture.arrays else None

    @cached_property
    def values(self) -> np.ndarray:
        """All maps, float32 (S, N, ...)."""
        return np.stack([self.saliency(step).values for step in self.lines])

    @cached_property
    def std(self) -> np.ndarray | None:
        """Their standard deviation over samples, float32 (S, N, ...), or None."""
        found = [std for std in (self.saliency(step).std for step in self.lines) if std is not None]
        return np.stack(found) if found and len(found) == len(self) else None

    @cached_property
    def scores(self) -> np.ndarray:
        """The numbers that were explained, (S, N)."""
        return np.stack([np.asarray(self.saliency(step).scores) for step in self.lines])

    def number(self, name: str) -> np.ndarray:
        """Return a number of each example over the steps, (S, N), e.g. "probability"; NaN where a step has none.

        Raises:
            KeyError: No step has a number of that name.
        """
        of_steps = [numbers_in(line, len(self.examples)) for line in self.lines.values()]
        known = sorted({each for numbers in of_steps for each in numbers})
        if of_steps and name not in known:
            raise KeyError(f"The run {self.name!r} has the numbers {known}. Received: {name!r}. Choose one of them.")
        missing = [np.nan] * len(self.examples)
        return np.array([numbers.get(name, missing) for numbers in of_steps], np.float64).reshape(len(of_steps), -1)


def load_run(log_dir: StrPath, name: str | None = None) -> Run:
    """Load the history that a `SaliencyLogger` wrote.

    Args:
        log_dir: The logger's `log_dir`, or the directory of one of its runs; also remote, e.g. gs://bucket/logs.
        name: Of the run; None where there is one.

    Returns:
        A `Run`.

    Raises:
        FileNotFoundError: There is no run.
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
    files = storage_of(log_dir)
    if name is None and files.exists(join(log_dir, ARRAYS, INDEX)):
        return Run(log_dir)
    found = run_names(files, join(log_dir, FOLDER))
    if name is None and len(found) > 1:
        raise ValueError(
            f"log_dir holds several runs. Received: {found}. Name one, e.g. load_run(log_dir, {found[0]!r})."
        )
    if not found or name not in (None, *found):
        raise FileNotFoundError(
            f"log_dir holds the run that is asked for. Received: {os.fspath(log_dir)!r}, name={name!r}; its runs: {found}. Give the "
            "log_dir of a SaliencyLogger."
        )
    return Run(join(log_dir, FOLDER, name or found[0]))


def run_names(files: FileSystem, folder: str) -> list[str]:
    """List the runs in a folder of runs, sorted."""
    return [name for name in files.folders(folder) if files.exists(join(folder, name, ARRAYS, INDEX))]


def _kind_of(name: str) -> str:
    """Return the format of an array's file, e.g. "kerasal.images 1"."""
    return f"kerasal.{name} 1"
