"""Files behind a scheme such as gs:// or s3://, through `tf.io.gfile` or fsspec; neither is loaded here."""

import abc
import contextlib
import io
import os
import uuid
from collections.abc import Hashable
from typing import Any, BinaryIO, cast

from kerasal._storage.base import FileSystem, StrPath, join


class RemoteFiles(FileSystem):
    """Files of a store, whose objects do not grow and are written under a temporary name first."""

    def write(self, path: StrPath, content: bytes) -> None:
        """Write a file whole or not at all."""
        temporary = f"{os.fspath(path)}.{uuid.uuid4().hex}"
        try:
            self._put(temporary, content)
            self._rename(temporary, os.fspath(path))
        except BaseException:
            with contextlib.suppress(Exception):
                self.remove(temporary)
            raise

    def append_line(self, path: StrPath, line: bytes) -> None:
        """Write the whole file again with a line more at its end."""
        before = self.read(path) if self.exists(path) else b""
        self.write(path, before + (b"" if before[-1:] in (b"", b"\n") else b"\n") + line + b"\n")

    @abc.abstractmethod
    def _put(self, path: str, content: bytes) -> None: ...

    @abc.abstractmethod
    def _rename(self, path: str, new_path: str) -> None: ...


class SeekingFile(io.RawIOBase):
    """A `tf.io.gfile.GFile` as a file of Python, which tells where it has gone.

    Args:
        file: That.
    """

    def __init__(self, file: Any):
        super().__init__()
        self._file = file

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill as much of a buffer as there is left and return its length."""
        content = self._file.read(len(buffer))
        buffer[: len(content)] = content
        return len(content)

    def seekable(self) -> bool:
        """Return True."""
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to a place and return it."""
        self._file.seek(offset, whence)
        return self.tell()

    def tell(self) -> int:
        """Return the place."""
        return int(self._file.tell())

    def close(self) -> None:
        """Close it."""
        self._file.close()
        super().close()


class TensorFlowFiles(RemoteFiles):
    """Files that `tf.io.gfile` reaches.

    Args:
        gfile: That module.
    """

    def __init__(self, gfile: Any):
        self._gfile = gfile

    def read(self, path: StrPath) -> bytes:
        """Return the content of a file."""
        if not self.exists(path):
            raise FileNotFoundError(f"No such file: {os.fspath(path)!r}")
        with self._gfile.GFile(path, "rb") as file:
            return bytes(file.read())

    def open(self, path: StrPath) -> BinaryIO:
        """Open a file for reading."""
        if not self.exists(path):
            raise FileNotFoundError(f"No such file: {os.fspath(path)!r}")
        return cast(BinaryIO, SeekingFile(self._gfile.GFile(path, "rb")))

    def remove(self, path: StrPath) -> None:
        """Remove a file."""
        self._gfile.remove(path)

    def exists(self, path: StrPath) -> bool:
        """Return True for a file."""
        return bool(self._gfile.exists(path) and not self._gfile.isdir(path))

    def version(self, path: StrPath) -> Hashable:
        """Return the time of the last change and the size."""
        found = self._gfile.stat(path)
        return found.mtime_nsec, found.length

    def make_folder(self, path: StrPath) -> None:
        """Make a folder and those above it."""
        self._gfile.makedirs(path)

    def names(self, path: StrPath) -> list[str]:
        """List the names in a folder."""
        return [name.rstrip("/") for name in self._gfile.listdir(path)] if self._gfile.isdir(path) else []

    def folders(self, path: StrPath) -> list[str]:
        """List the names of the folders in a folder, sorted."""
        return sorted(name for name in self.names(path) if self._gfile.isdir(join(path, name)))

    def _put(self, path: str, content: bytes) -> None:
        with self._gfile.GFile(path, "wb") as file:
            file.write(content)

    def _rename(self, path: str, new_path: str) -> None:
        self._gfile.rename(path, new_path, overwrite=True)


class FsspecFiles(RemoteFiles):
    """Files that a file system of fsspec reaches.

    Args:
        files: An `fsspec.AbstractFileSystem`.
    """

    def __init__(self, files: Any):
        self._files = files

    def read(self, path: StrPath) -> bytes:
        """Return the content of a file."""
        return bytes(self._files.cat_file(path))

    def open(self, path: StrPath) -> BinaryIO:
        """Open a file for reading."""
        return cast(BinaryIO, self._files.open(path, "rb"))

    def remove(self, path: StrPath) -> None:
        """Remove a file."""
        self._files.rm_file(path)

    def exists(self, path: StrPath) -> bool:
        """Return True for a file."""
        self._files.invalidate_cache()  # runs grow while they are looked at, here and below
        return bool(self._files.isfile(path))

    def version(self, path: StrPath) -> Hashable:
        """Return all that the store tells of a file."""
        self._files.invalidate_cache()
        return repr(self._files.info(path))  # each store has its own words for the time

    def make_folder(self, path: StrPath) -> None:
        """Make a folder and those above it."""
        self._files.makedirs(path, exist_ok=True)

    def names(self, path: StrPath) -> list[str]:
        """List the names in a folder."""
        return [name for name, _ in self._entries(path)]

    def folders(self, path: StrPath) -> list[str]:
        """List the names of the folders in a folder, sorted."""
        return sorted(name for name, kind in self._entries(path) if kind == "directory")

    def _entries(self, path: StrPath) -> list[tuple[str, str]]:
        self._files.invalidate_cache()
        entries = self._files.ls(path, detail=True) if self._files.isdir(path) else []
        return [(entry["name"].rstrip("/").rpartition("/")[2], entry["type"]) for entry in entries]

    def _put(self, path: str, content: bytes) -> None:
        self._files.pipe_file(path, content)

    def _rename(self, path: str, new_path: str) -> None:
        self._files.mv(path, new_path)
