"""The files of one training's run, which are opened when its first step is known, and again after an error."""

import contextlib
import re
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import tensorflow as tf

from kerasal._errors import warn_user
from kerasal._storage.base import FileSystem, StrPath, join
from kerasal._storage.file_systems import storage_of
from kerasal._storage.remote_files import FsspecFiles
from kerasal.callbacks.closing import after_interrupt
from kerasal.callbacks.run_lock import ENDED, RunLock, lock_run
from kerasal.callbacks.storage import Storage
from kerasal.saliency import Saliency
from kerasal.tensorboard.archive import ARRAYS, Archive
from kerasal.tensorboard.depiction import Depiction
from kerasal.tensorboard.event_file import EventFile
from kerasal.tensorboard.index_files import INDEX

_TOLD: set[str] = set()  # runs of which it is said that another is written beside them
_ASIDE = re.compile(r"(\.[0-9a-f]{32}\.npz|.+\.npz\.[0-9a-f]{32})")  # what a killed training was writing


class RunOutput:
    """Writes maps and events of one training into its run, and into a new run where another training has that.

    Args:
        directory: The run's.
        examples: The name of each example.
        depiction: How the tab draws the examples.
        storage: What is kept on the disk.

    Attributes:
        directory: Where the training is written; another than was asked for while that is another training's.

    Raises:
        OSError: Nothing can be written there.
    """

    def __init__(self, directory: str, examples: Sequence[str], depiction: Depiction, storage: Storage = Storage()):  # noqa: B008
        self._asked = self.directory = directory
        self._examples, self._depiction, self._storage = examples, depiction, storage
        self._lock: RunLock | None = None
        self._archive: Archive | None = None
        self._events: EventFile | None = None
        check_writable(directory)

    def open(self, step: int, facts_of: Callable[[], Mapping[str, Any]]) -> bool:
        """Make sure that there are files to write to, and say where they are others than before.

        Args:
            step: Next to be written.
            facts_of: Gives the facts of the training, as an `Archive` takes them, where files are opened.

        Returns:
            True where the run is opened at this step.
        """
        if self.is_open() and storage_of(self.directory).exists(join(self.directory, ARRAYS, INDEX)):
            return False
        was_open, facts = self._archive is not None, facts_of()
        self._drop()
        try:
            if self._lock is None or not self._lock.is_held():
                self._take(step, facts)
            elif was_open:
                self._say_deleted(step)
            self._archive = self._new_archive({**facts, "start": step})
        except Exception:
            self._drop()
            raise
        return True

    def _new_archive(self, facts: Mapping[str, Any]) -> Archive:
        packing: dict[str, Any] = {"precision": self._storage.precision, "compress": self._storage.compress}
        return Archive(self.directory, self._examples, facts, self._depiction, **packing)

    @property
    def event_bytes(self) -> int:
        """Bytes that are in the event file; 0 before it is opened, or where nobody can look."""
        return self._events.size if self._events else 0

    def write(self, step: int, saliency: Saliency, facts: Mapping[str, Any]) -> int:
        """Keep the maps of a step, as an `Archive` does, after `open`."""
        assert self._archive is not None
        try:
            return self._archive.write(step, saliency, facts)
        except Exception:
            self._drop()
            raise

    @contextlib.contextmanager
    def recording(self) -> Iterator[None]:
        """Make the event file the default of `tf.summary`, after `open`; another file after an error of the disk."""
        try:
            self._events = self._events or EventFile(self.directory)
            with self._events.recording():
                yield
        except (OSError, tf.errors.OpError):
            self._drop()
            raise

    def is_open(self) -> bool:
        """Tell if maps have been written and the run is still this training's."""
        return self._archive is not None and self._lock is not None and self._lock.is_held()

    def close(self) -> None:
        """Close all files. The run is finished."""
        self._drop()
        if self._lock:
            self._lock.free()

    def _drop(self) -> None:
        """Forget the files, but not the lock: the next step opens them again."""
        self._archive = None
        if self._events:
            self._events.close()
        self._events = None

    def _take(self, step: int, facts: Mapping[str, Any]) -> None:
        """Lock the run for a training that begins, or goes on after it has lost the lock."""
        before, had = self.directory, self._lock is not None
        if self._lock:
            self._lock.free()  # what is left of it
        self._lock, other = lock_run(self._asked, step, again=had, facts={**facts, "examples": list(self._examples)})
        after_interrupt(self._lock.leave)
        self.directory = self._lock.directory
        _clear(storage_of(self.directory), self.directory)
        if other == ENDED:
            self._say_ended()
        elif other is not None:
            warn_user(
                f"Another training writes to {before!r}: {other}. "
                f"This one is written to {self.directory!r}{f' from step {step} on' if had else ''}, so that their maps do not mix. "
                "Give loggers of trainings that run at once names of their own, name=…."
            )
        elif had:
            self._say_deleted(step)

    def _say_ended(self) -> None:
        """Say once of each run that its maps are kept, and where others are written."""
        if self._asked not in _TOLD:
            _TOLD.add(self._asked)
            warn_user(
                f"{self._asked!r} has the maps of a training that has ended. This one is written to {self.directory!r}, and later ones to "
                "the next numbers, so that none is lost. Give each training a name, name=…, or delete the folder to begin anew."
            )

    def _say_deleted(self, step: int) -> None:
        warn_user(
            f"Files in {self.directory!r} were deleted during training. They are made again and have the maps from step {step} on; "
            "those before can be logged again from checkpoints."
        )


def _clear(files: FileSystem, directory: str) -> None:
    """Remove files that a killed training began to write."""
    for name in files.names(join(directory, ARRAYS)):
        if _ASIDE.fullmatch(name):
            with contextlib.suppress(Exception):  # they are in nobody's way
                files.remove(join(directory, ARRAYS, name))


def check_writable(directory: StrPath) -> None:
    """Make a folder and write a file there, which is removed again.

    Raises:
        OSError: That fails; folders that were made for it are removed.
    """
    made = []
    try:
        files = storage_of(directory)
        if isinstance(files, FsspecFiles):
            raise OSError("TensorFlow, which writes the event files, does not know this scheme")
        if files.has_locks:
            made = [folder for folder in (Path(directory), *Path(directory).parents) if not folder.exists()]
        probe = join(directory, f".{uuid.uuid4().hex}")
        files.make_folder(directory)
        files.write(probe, b"\n")
        files.remove(probe)
    except Exception as error:
        with contextlib.suppress(OSError):
            for folder in made:
                folder.rmdir()
        words = getattr(error, "message", str(error)).split("}} ")[-1]
        raise OSError(
            f"log_dir is a folder in which files can be written. Received: {str(directory)!r} ({words}). Choose another."
        ) from error
