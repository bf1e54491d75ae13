"""All maps of a run as arrays beside its event file, which keeps few of them, and the reader that gives them back.

`<run>/arrays/<step>.npz` holds a `Saliency`; `<run>/arrays/index.jsonl` says what is there, a line each, the first of each
training about the training. A map is written aside and renamed before its line is added, so that a line never points to half
a file; a line that was cut short is passed over.
"""

import contextlib
import json
import os
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from kerasal._storage.arrays import load_arrays, save_arrays
from kerasal._storage.base import join
from kerasal._storage.file_systems import storage_of
from kerasal.saliency import Saliency
from kerasal.tensorboard.metadata import FOLDER


def about(line):
    """What the maps of two trainings must share to be one history."""
    return [line.get(name) for name in ("examples", "shape", "inputs")]


def numbers_of(line, count):
    """{quantity: one number per example} that a line tells; what is damaged is passed over."""
    numbers = line.get("numbers")
    found = numbers.items() if isinstance(numbers, dict) else ()
    return {name: values for name, values in found if isinstance(values, list) and len(values) == count}


def lines_of(content):
    """The lines of an index that can be read; one that was cut short is passed over."""
    for text in content.decode("utf-8", errors="replace").split("\n"):
        with contextlib.suppress(json.JSONDecodeError, RecursionError):
            line = json.loads(text)
            if isinstance(line, dict) and ("kind" not in line or isinstance(line.get("examples"), list)):
                yield line


KIND = "kerasal.run 1"  # a change of layout gets the next number
IMAGES_KIND = "kerasal.images 1"
ARRAYS, INDEX, IMAGES_FILE = "arrays", "index.jsonl", "images.npz"


class Archive:
    """Writes the maps of one training.

    Args:
        directory: of the run, local or remote (see storage.py); it is made.
        examples: what each example is called.
        facts: whatever else is to be known of the training, as JSON can hold it. "start" is its first step: what the directory
            holds of later ones is of a training before. Where "shape" or "inputs" are others, all of it is.
        images: the examples as they look, uint8 (N, H, W, 3), or None.

    A run that goes on in the same directory adds to it; a step that is written again replaces the one before.
    """

    def __init__(self, directory: str | os.PathLike, examples: Sequence[str], facts: dict[str, Any], images=None):
        self._files, self._folder = storage_of(directory), join(directory, ARRAYS)
        self._files.make_folder(self._folder)
        if images is not None:
            save_arrays(join(self._folder, IMAGES_FILE), IMAGES_KIND, {"images": images}, {})
        self._add({"kind": KIND, "examples": list(examples), **facts})

    def write(self, step: int, saliency: Saliency, facts: dict[str, Any]) -> int:
        """Keep the maps of a step, and what JSON can hold beside them. Returns how many bytes it took."""
        size = saliency.save(join(self._folder, _file_of(step)))
        self._add({"step": int(step), "bytes": size, **facts})
        return size

    def _add(self, line):
        path = join(self._folder, INDEX)
        cut_short = self._files.exists(path) and self._files.read(path)[-1:] not in (b"", b"\n")
        self._files.append(path, (("\n" if cut_short else "") + json.dumps(line) + "\n").encode())


class Run:
    """The history of one run, read when it is asked for.

    Args:
        directory: of the run.

    Attributes:
        name: of the run; examples: what each is called, (N,); facts: of the last training; steps: ascending integers, (S,);
        lines: {step: what its line in the index says}.

    Raises:
        FileNotFoundError: no maps there. ValueError: an index of another kind.
    """

    def __init__(self, directory: str | os.PathLike):
        self._files, self._folder = storage_of(directory), join(directory, ARRAYS)
        self.name = os.path.basename(os.fspath(directory).rstrip("/"))
        if not self._files.exists(join(self._folder, INDEX)):
            raise FileNotFoundError(
                f"A run has {ARRAYS}/{INDEX}. Received: {os.fspath(directory)!r}, which has none. Name the directory of a "
                "SaliencyLogger, <log_dir>/saliency/<name>."
            )
        self.examples: list[str] = []
        self.facts: dict[str, Any] = {}
        self.lines: dict[int, dict[str, Any]] = {}
        for line in lines_of(self._files.read(join(self._folder, INDEX))):
            self._read(line)
        there = set(self._files.names(self._folder))
        self.lines = {step: self.lines[step] for step in sorted(self.lines) if _file_of(step) in there}
        self.steps = np.array(list(self.lines), np.int64)

    def _read(self, line):
        if "kind" in line:
            if line["kind"] != KIND:
                raise ValueError(f"A run is of kind {KIND!r}. Received: {line['kind']!r}. Read it by what wrote it.")
            if about(line) == about(self.facts):
                self.lines = {step: kept for step, kept in self.lines.items() if step <= line.get("start", step)}
            else:  # another training, of other examples
                self.lines = {}
            self.examples, self.facts = line["examples"], line
        elif isinstance(line.get("step"), int):
            self.lines[line["step"]] = line

    def path(self, step: int) -> str:
        """Where the maps of a step are."""
        return join(self._folder, _file_of(step))

    def __len__(self) -> int:
        return len(self.steps)

    def __repr__(self) -> str:
        return f"<Run {self.name!r}: {len(self)} steps, {len(self.examples)} examples>"

    def saliency(self, step: int) -> Saliency:
        """The `Saliency` of all examples at a step. KeyError: no such step. ValueError: a damaged file."""
        if step not in self.lines:
            raise KeyError(
                f"The run {self.name!r} has the steps {self.steps.tolist()}. Received: {step}. Choose one of them."
            )
        return Saliency.load(self.path(step))

    @property
    def images(self) -> np.ndarray | None:
        """The examples as they look, uint8 (N, H, W, 3), or None where they are no images."""
        path = join(self._folder, IMAGES_FILE)
        return load_arrays(path, IMAGES_KIND)[0]["images"] if self._files.exists(path) else None

    @cached_property
    def values(self) -> np.ndarray:
        """All maps, float32 (S, N, ...)."""
        return np.stack([self.saliency(step).values for step in self.lines])

    @cached_property
    def std(self) -> np.ndarray | None:
        """Their standard deviation over samples, float32 (S, N, ...), or None."""
        found = [one for one in (self.saliency(step).std for step in self.lines) if one is not None]
        return np.stack(found) if found and len(found) == len(self) else None

    @cached_property
    def scores(self) -> np.ndarray:
        """What was explained, (S, N)."""
        return np.stack([self.saliency(step).scores for step in self.lines])

    def number(self, name: str) -> np.ndarray:
        """A number of each example over the steps, (S, N), e.g. "probability"; NaN where a step has none. KeyError: no step has."""
        of_steps = [numbers_of(line, len(self.examples)) for line in self.lines.values()]
        known = sorted({each for numbers in of_steps for each in numbers})
        if of_steps and name not in known:
            raise KeyError(f"The run {self.name!r} has the numbers {known}. Received: {name!r}. Choose one of them.")
        nothing = [np.nan] * len(self.examples)
        return np.array([numbers.get(name, nothing) for numbers in of_steps], np.float64).reshape(len(of_steps), -1)


def load_run(log_dir: str | os.PathLike, name: str | None = None) -> Run:
    """The history that a `SaliencyLogger` wrote.

    Args:
        log_dir: the logger's `log_dir`, or the directory of one of its runs; also remote, e.g. gs://bucket/logs.
        name: of the run; None where there is one.

    Returns: a `Run`.

    Raises:
        FileNotFoundError: no run there. ValueError: several, and no name. ImportError: a remote one needs fsspec.

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


def run_names(files, folder) -> list[str]:
    """The runs in a folder of runs, sorted."""
    return [name for name in files.folders(folder) if files.exists(join(folder, name, ARRAYS, INDEX))]


def _file_of(step) -> str:
    return f"{step}.npz"
