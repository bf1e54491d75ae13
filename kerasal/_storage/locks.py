"""Locks on folders, so that two writers do not share one: of the system on this machine, of marks in a folder elsewhere."""

import abc
import contextlib
import errno
import json
import os
import socket
import sys
import time
import uuid
import weakref
from typing import Any

from kerasal._storage.base import FileSystem, StrPath, join

FILE, MARKS = "lock", "locks"  # in the folder that is locked
_UNABLE = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL)  # of a file system that knows no locks
_FAR = 2**30  # the byte that Windows locks: nobody could read one of the words


class FolderInUseError(Exception):
    """Another writer has the lock; the words say which."""


class Lock(abc.ABC):
    """A lock on a folder. It is this writer's until it is freed, given up with the last reference, or lost."""

    @abc.abstractmethod
    def is_held(self) -> bool:
        """Tell if the folder is still this writer's: it may have been deleted, or taken over from another machine."""

    @abc.abstractmethod
    def free(self) -> None:
        """Give the folder back as one that is finished."""

    @abc.abstractmethod
    def leave(self) -> None:
        """Give the folder back as one that is not."""


class SystemLock(Lock):
    """A lock that the system gives back when the process ends, however it ends.

    Args:
        folder: A local one, which exists.

    Raises:
        FolderInUseError: Another process, or another lock of this one, has it.
        OSError: The file system knows no locks, or nothing can be written.
    """

    def __init__(self, folder: StrPath):
        self._path = join(folder, FILE)
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o666)
        # Before it is locked, since an interrupt may come in between.
        self._close = weakref.finalize(self, os.close, self._file)
        try:
            _lock(self._file)
        except (BlockingIOError, PermissionError) as error:
            about = os.read(self._file, 1000)
            self._close()
            raise FolderInUseError(_in_words(about)) from error
        except OSError:
            self._close()
            raise
        _OPEN.add(self)
        try:
            os.ftruncate(self._file, 0)
            os.write(self._file, _about_this_process())
        except OSError:  # a full disk; whoever keeps the error must not keep the lock
            self._close()
            raise

    def is_held(self) -> bool:
        """Tell if the file is there and still the one that was locked. OSError: nobody can tell now."""
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            return self._close.alive and os.path.samestat(os.fstat(self._file), os.stat(self._path))
        return False

    def free(self) -> None:
        """Empty the file, which stays, and unlock it."""
        if self._close.alive:
            with contextlib.suppress(OSError):
                os.ftruncate(self._file, 0)
            self._close()

    def leave(self) -> None:
        """Close the file with its words. After a fork the lock stays with the process that did not."""
        self._close()


_OPEN: "weakref.WeakSet[SystemLock]" = weakref.WeakSet()


def _leave_all() -> None:
    """Close locks in a process that was forked, which may outlive a training that is killed."""
    for lock in list(_OPEN):
        lock.leave()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_leave_all)


class MarkLock(Lock):
    """A lock by marks of all writers in a folder, where the system has none: the oldest mark counts.

    Nobody can tell there if a writer on another machine still runs. One that goes on with what is there takes over: it removes
    the others' marks, and who lives sees at its next step that its own is gone. One that begins anew keeps away.

    Args:
        files: The folder's.
        folder: It exists.
        goes_on: True where this writer goes on with what is there.

    Raises:
        FolderInUseError: Another writer has it, or left it without a word on another machine, and this one begins anew.
    """

    def __init__(self, files: FileSystem, folder: StrPath, *, goes_on: bool):
        self._files, self._folder = files, join(folder, MARKS)
        files.make_folder(self._folder)
        latest = max(files.names(self._folder), default="").partition("-")[0]  # clocks of other machines may be ahead
        now = max(time.time_ns(), int(latest) + 1 if latest.isdecimal() else 0)
        self._name = f"{now:020d}-{uuid.uuid4().hex}"
        files.write(self._path(self._name), _about_this_process())
        for other in [name for name in files.names(self._folder) if name != self._name]:
            about = self._read(other)
            if goes_on or _has_ended(about):
                self._remove(other)
            elif other < self._name:
                self._remove(self._name)
                raise FolderInUseError(_in_words(about))

    def is_held(self) -> bool:
        """Tell if the mark is there and still the oldest."""
        names = self._files.names(self._folder)
        return self._name in names and min(names) == self._name

    def free(self) -> None:
        """Remove the mark."""
        self._remove(self._name)

    def leave(self) -> None:
        """Leave the mark to who goes on."""

    def _path(self, name: str) -> str:
        return join(self._folder, name)

    def _read(self, name: str) -> bytes:
        with contextlib.suppress(Exception):  # each store has errors of its own
            return self._files.read(self._path(name))
        return b""

    def _remove(self, name: str) -> None:
        with contextlib.suppress(Exception):
            self._files.remove(self._path(name))


def lock_folder(files: FileSystem, folder: StrPath, *, goes_on: bool) -> Lock:
    """Lock a folder, which exists.

    Args:
        files: The folder's.
        folder: Local or not.
        goes_on: True where the writer goes on with what is there; see `MarkLock`. The system knows who has ended.

    Raises:
        FolderInUseError: Another writer has it.
        OSError: Nothing can be written there.
    """
    if files.has_locks:
        try:
            return SystemLock(folder)
        except OSError as error:
            if error.errno not in _UNABLE:
                raise
    return MarkLock(files, folder, goes_on=goes_on)


def was_left(files: FileSystem, folder: StrPath) -> bool:
    """Tell if the last writer of a folder did not free it: it was killed, or writes there now."""
    if files.names(join(folder, MARKS)):
        return True
    return files.exists(join(folder, FILE)) and bool(files.read(join(folder, FILE)))


def _lock(file: int) -> None:
    """Lock an open file, without a wait. BlockingIOError, PermissionError: another has it."""
    if sys.platform == "win32":
        import msvcrt

        os.lseek(file, _FAR, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        os.lseek(file, 0, os.SEEK_SET)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _about_this_process() -> bytes:
    about = {"host": socket.gethostname(), "pid": os.getpid(), "since": time.strftime("%Y-%m-%d %H:%M:%S")}
    return json.dumps(about).encode()


def _parsed(about: bytes) -> dict[str, Any]:
    with contextlib.suppress(ValueError, RecursionError):
        found = json.loads(about[:1000])
        return found if isinstance(found, dict) else {}
    return {}


def _in_words(about: bytes) -> str:
    """Write for a message who wrote a lock."""
    found = _parsed(about)
    return "process {pid} on {host}, since {since}".format(
        **{name: str(found.get(name, "?"))[:100] for name in ("pid", "host", "since")}
    )


def _has_ended(about: bytes) -> bool:
    """Tell of a process that it has ended, or is this one, which knows of its own writers; False where nobody can tell."""
    found = _parsed(about)
    pid = found.get("pid")
    if found.get("host") != socket.gethostname() or not isinstance(pid, int) or pid <= 0:
        return False
    if pid == os.getpid():
        return True
    if sys.platform == "win32":  # os.kill would end it
        return False
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return True
    except OSError:
        pass
    return False
