"""Where the runs below some log directories are, found again and again while they grow."""

import os
import threading
import time
import warnings
from collections.abc import Iterable

from kerasal.storage import join, storage_of
from kerasal.tensorboard.archive import run_names
from kerasal.tensorboard.metadata import FOLDER

FRESH = 5.0  # seconds for which a search is believed


class Places:
    """The directories of runs by name. Nothing else can be asked for by a name.

    Args:
        roots: {name: log directory}; the name "" adds nothing to the names of runs.
    """

    def __init__(self, roots: dict[str, str]):
        self._roots, self._lock = roots, threading.Lock()
        self._found: dict[str, str] = {}
        self._fresh, self._looked = FRESH, -FRESH

    def __call__(self) -> dict[str, str]:
        """{name of a run: its directory}."""
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
