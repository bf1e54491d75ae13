"""The few actions that kerasal needs of a file system."""

import abc
import os
from collections.abc import Hashable
from typing import BinaryIO

StrPath = str | os.PathLike[str]


def join(folder: StrPath, *names: str) -> str:
    """Return a path below a folder, local or not."""
    folder = os.fspath(folder)
    return "/".join([folder.rstrip("/"), *names]) if "://" in folder else os.path.join(folder, *names)


class FileSystem(abc.ABC):
    """The actions that runs and results need of a file system.

    Attributes:
        has_locks: True where the system can lock a file.
        has_growing_files: True where a line is added to a file without writing the file again.
    """

    has_locks = has_growing_files = False

    @abc.abstractmethod
    def read(self, path: StrPath) -> bytes:
        """Return the content of a file. FileNotFoundError where there is none."""

    @abc.abstractmethod
    def open(self, path: StrPath) -> BinaryIO:
        """Open a file for reading, to seek in it. FileNotFoundError where there is none."""

    @abc.abstractmethod
    def write(self, path: StrPath, content: bytes) -> None:
        """Write a file whole or not at all, in a folder that exists."""

    @abc.abstractmethod
    def append_line(self, path: StrPath, line: bytes) -> None:
        """Add a line to the end of a file, or begin it; a line before that was cut short is ended."""

    @abc.abstractmethod
    def remove(self, path: StrPath) -> None:
        """Remove a file."""

    @abc.abstractmethod
    def exists(self, path: StrPath) -> bool:
        """Return True for a file, False for a folder or nothing."""

    @abc.abstractmethod
    def version(self, path: StrPath) -> Hashable:
        """Return a value that changes when the file is written again."""

    @abc.abstractmethod
    def make_folder(self, path: StrPath) -> None:
        """Make a folder and the folders above it, where they are missing."""

    @abc.abstractmethod
    def names(self, path: StrPath) -> list[str]:
        """List the names in a folder; none where it cannot be read."""

    @abc.abstractmethod
    def folders(self, path: StrPath) -> list[str]:
        """List the names of the folders in a folder, sorted."""
