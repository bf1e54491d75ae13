"""The right to write to a run, which one training has at a time, also of several threads, processes and machines."""

import contextlib
import itertools
import os
import threading
import weakref
from collections.abc import Mapping
from typing import Any

from kerasal._storage.base import FileSystem, join
from kerasal._storage.file_systems import storage_of
from kerasal._storage.locks import FolderInUseError, Lock, lock_folder, was_left
from kerasal.tensorboard.archive import ARRAYS
from kerasal.tensorboard.index_files import INDEX, IndexFiles
from kerasal.tensorboard.run_index import RunIndex, is_same_history

ENDED = "ended"  # in place of who has a run


class RunLock:
    """The right to write to the directory of a run.

    Args:
        directory: The run's.
        lock: On it.

    Attributes:
        directory: As given.
        thread: The one that trains.
    """

    def __init__(self, directory: str, lock: Lock):
        self.directory, self._lock, self.thread = directory, lock, threading.current_thread()

    def is_held(self) -> bool:
        """Tell if the directory is still this training's: it may have been deleted, or taken by another."""
        return _LOCKS.get(_key(self.directory)) is self and self._lock.is_held()

    def leave(self) -> None:
        """Give the directory back as one whose training was interrupted."""
        with _GUARD, contextlib.suppress(Exception):
            self._lock.leave()

    def free(self) -> None:
        """Give the directory back as one that is finished."""
        with _GUARD:
            with contextlib.suppress(Exception):  # a disk or a store that is gone
                self._lock.free()
            if _LOCKS.get(_key(self.directory)) is self:
                del _LOCKS[_key(self.directory)]


_GUARD = threading.RLock()
_LOCKS: "weakref.WeakValueDictionary[str, RunLock]" = weakref.WeakValueDictionary()  # of this process


def _forget() -> None:
    """Begin without locks in a process that was forked: they are its parent's, and so may the guard be."""
    global _GUARD
    _GUARD = threading.RLock()
    _LOCKS.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


def _key(directory: str) -> str:
    """Return one name of a directory, whatever links lead to it."""
    return directory if "://" in directory else os.path.realpath(directory)


def lock_run(
    directory: str, step: int, *, again: bool = False, facts: Mapping[str, Any] | None = None
) -> tuple[RunLock, str | None]:
    """Lock the directory of a run, or of the next free `<run>_2`, `<run>_3`, … where it is another training's.

    That is where another training writes to it, or has ended there and this one begins anew, and so would write over its maps.

    A training that was interrupted in this thread, or killed, holds nothing. The next in the same thread takes over.

    Args:
        directory: The run's. It is made.
        step: The first that is written.
        again: True for a training that has lost its run: it goes on with nothing that is there.
        facts: Of the training, as a `RunIndex` has them; None: it writes over whatever has ended.

    Returns:
        The lock, and who has the directory that was asked for, in words or `ENDED`, or None where it was free.

    Raises:
        OSError: Nothing can be written there.
    """
    other = None
    for number in itertools.count(2):
        candidate = directory if other is None else f"{directory}_{number - 1}"
        files = storage_of(candidate)
        has_maps = (other is not None or again) and files.exists(join(candidate, ARRAYS, INDEX))
        if has_maps and (again or not was_left(files, candidate)):  # another training's, or finished
            other = other or "it has taken the run"
            continue
        if other is None and facts is not None and _would_be_lost(files, candidate, step, facts):
            other = ENDED
            continue
        try:
            return _lock(files, candidate, step, again), other
        except FolderInUseError as error:
            other = other or str(error)
    raise AssertionError


def _would_be_lost(files: FileSystem, directory: str, step: int, facts: Mapping[str, Any]) -> bool:
    """Tell if a training has ended in a directory, of which no map would be left by one that begins at a step."""
    folder = join(directory, ARRAYS)
    if not files.exists(join(folder, INDEX)) or was_left(files, directory):
        return False
    try:
        index = IndexFiles(files, folder).read(RunIndex(directory))
    except (OSError, ValueError):  # damaged: there is nothing to lose
        return False
    goes_on = is_same_history(dict(facts), index.facts) and (min(index.lines, default=step) < step)
    return bool(index.lines) and not goes_on and max(index.lines) > step


def _lock(files: FileSystem, directory: str, step: int, again: bool) -> RunLock:  # noqa: FBT001
    with _GUARD:
        holder = _LOCKS.get(_key(directory))
        if holder is not None:
            is_of_here = holder.thread is threading.current_thread() and not again
            if not is_of_here and holder.thread.is_alive():
                raise FolderInUseError(f"another training in this process, in thread {holder.thread.name}")
            holder._lock.free()
        files.make_folder(directory)
        lock = RunLock(directory, lock_folder(files, directory, goes_on=step > 0 and not again))
        _LOCKS[_key(directory)] = lock
        return lock
