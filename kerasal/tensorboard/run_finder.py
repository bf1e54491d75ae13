"""The directories of the runs below some log directories, found again and again while they grow."""

import itertools
import os
import threading
import time
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from kerasal._errors import listed
from kerasal._storage.base import FileSystem, join
from kerasal._storage.file_systems import storage_of
from kerasal.tensorboard import bounds
from kerasal.tensorboard.archive import ARRAYS, run_names
from kerasal.tensorboard.index_files import INDEX
from kerasal.tensorboard.metadata import FOLDER

FRESH = 5.0  # seconds for which a search is believed


class FoundRun(NamedTuple):
    """A run's log directory, and its own directory below that."""

    root: str
    directory: str


class RunFinder:
    """Finds the directories of runs by name. Nothing else can be asked for by a name.

    Args:
        roots: {name: log directory}; the name "" adds nothing to the names of runs.
    """

    def __init__(self, roots: Mapping[str, str]):
        self._roots, self._lock = roots, threading.Lock()
        self._found: dict[str, FoundRun] = {}
        self._fresh, self._searched = FRESH, -FRESH

    def directories(self) -> dict[str, str]:
        """Return {name of a run: its directory}, from a search that is a few seconds old at most."""
        with self._lock:
            began = time.monotonic()
            if began - self._searched >= self._fresh:
                self._found = {
                    "/".join(filter(None, (prefix, name))): FoundRun(root, join(root, name))
                    for prefix, root in self._roots.items()
                    for name in itertools.islice(_runs_below(root), bounds.LISTED)
                }
                self._searched = time.monotonic()
                self._fresh = max(FRESH, 10 * (self._searched - began))  # remote folders are slow to list
            return {name: found.directory for name, found in self._found.items()}

    def path(self, name: str, *names: str) -> str:
        """Return a path below the directory of a run.

        Raises:
            KeyError: There is no such run.
            PermissionError: A link leads out of the log directory.
        """
        self.directories()
        found = self._found
        if name not in found:
            raise KeyError(f"There are the runs {listed(sorted(found))}. Received: {name[:200]!r}. Choose one.")
        path = join(found[name].directory, *names)
        self.check(name, path)
        return path

    def check(self, name: str, path: str) -> None:
        """Raise PermissionError for a file of a known run that is a link out of the log directory."""
        if not _is_inside(self._found[name].root, path):
            raise PermissionError(
                f"Files of runs are inside the log directory. Received: {name!r}, in which {os.path.basename(path)!r} is a link out "
                "of it. Put a copy there."
            )


def _is_inside(root: str, path: str) -> bool:
    """Tell if a path is below a root after all links are followed; remote files have none."""
    return "://" in root or Path(os.path.realpath(path)).is_relative_to(os.path.realpath(root))


def _runs_below(root: str) -> Iterable[str]:
    """Yield the runs below a log directory, as paths from there with slashes; none, and a warning, if it is out of reach.

    A walk over folders, since runs are folders of files: it finds them with `--logdir` and `--logdir_spec` and with either loader
    of TensorBoard, whose data provider would need a summary in the event file to find them by, and keeps ten steps.
    """
    try:
        files = storage_of(root)
    except (ImportError, ValueError) as error:
        warnings.warn(f"No saliency is shown of {root}: {error}", stacklevel=2)
        return
    waiting: list[tuple[str, ...]] = [()]
    for _ in range(bounds.FOLDERS):
        if not waiting:
            return
        names = waiting.pop()
        folder = join(root, *names)
        if not _is_inside(root, folder):
            continue
        if names[-1:] == (FOLDER,) or (not names and os.path.basename(root.rstrip("/")) == FOLDER):
            yield from ("/".join((*names, name)) for name in _runs_inside(files, root, folder))
        elif not names or not os.path.islink(folder):  # links may lead in circles
            waiting += [(*names, name) for name in files.folders(folder)]


def _runs_inside(files: FileSystem, root: str, folder: str) -> list[str]:
    """List the runs of a folder of runs whose index is below the root."""
    return [name for name in run_names(files, folder) if _is_inside(root, join(folder, name, ARRAYS, INDEX))]
