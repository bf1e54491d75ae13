"""Where the runs below some log directories are, found again and again while they grow."""

import os
import threading
import time
import warnings
from collections.abc import Iterable
from pathlib import Path

from kerasal._storage.base import join
from kerasal._storage.file_systems import storage_of
from kerasal.tensorboard.archive import ARRAYS, INDEX, run_names
from kerasal.tensorboard.metadata import FOLDER

FRESH = 5.0  # seconds for which a search is believed


class Places:
    """The directories of runs by name. Nothing else can be asked for by a name.

    Args:
        roots: {name: log directory}; the name "" adds nothing to the names of runs.
    """

    def __init__(self, roots: dict[str, str]):
        self._roots, self._lock = roots, threading.Lock()
        self._found: dict[str, tuple[str, str]] = {}  # name -> its root and its directory
        self._fresh, self._looked = FRESH, -FRESH

    def __call__(self) -> dict[str, str]:
        """{name of a run: its directory}."""
        with self._lock:
            began = time.monotonic()
            if began - self._looked >= self._fresh:
                self._found = {
                    "/".join(filter(None, (prefix, name))): (root, join(root, name))
                    for prefix, root in self._roots.items()
                    for name in _found_below(root)
                }
                self._looked = time.monotonic()
                self._fresh = max(FRESH, 10 * (self._looked - began))  # remote folders are slow to list
            return {name: directory for name, (_, directory) in self._found.items()}

    def path(self, name: str, *names: str) -> str:
        """A path below the directory of a run. KeyError: no such run. PermissionError: a link leads out."""
        self()
        found = self._found
        if name not in found:
            raise KeyError(f"There are the runs {sorted(found)}. Received: {name!r}. Choose one.")
        root, directory = found[name]
        path = join(directory, *names)
        if not _inside(root, path):
            raise PermissionError(
                f"Files of runs are inside the log directory. Received: {path!r}, a link out of it. Put a copy there."
            )
        return path


def _inside(root: str, path: str) -> bool:
    """Whether a path is below a root after all links are followed; what is not local has none."""
    return "://" in root or Path(os.path.realpath(path)).is_relative_to(os.path.realpath(root))


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
        if not _inside(root, folder):
            continue
        if names[-1:] == (FOLDER,) or not names and os.path.basename(root.rstrip("/")) == FOLDER:
            found = run_names(files, folder)
            yield from ("/".join((*names, name)) for name in found if _inside(root, join(folder, name, ARRAYS, INDEX)))
        elif not names or not os.path.islink(folder):  # links may lead in circles
            waiting += [(*names, name) for name in files.folders(folder)]
