"""Folders and files on this machine, or behind a scheme such as gs://, s3:// or memory://.

`storage_of` chooses among three file systems that know the same few actions. A path without a scheme is local. One with a
scheme is TensorFlow's (`tf.io.gfile`, as for its event files) where TensorFlow is loaded and knows the scheme, and fsspec's
elsewhere. Nothing here loads TensorFlow.
"""

import contextlib
import os
import sys
import uuid
from collections.abc import Hashable, Iterator
from pathlib import Path
from typing import BinaryIO

from kerasal._errors import needed
from kerasal._storage.base import FileSystem, StrPath, join
from kerasal._storage.remote_files import FsspecFiles, TensorFlowFiles


def check_parent(path: StrPath) -> Path:
    """Return `path` as a `Path` after making sure that the folder it goes into exists.

    Args:
        path: Name of a local file.

    Returns:
        The same path.

    Raises:
        FileNotFoundError: The folder is missing.
        IsADirectoryError: `path` is itself a folder.
    """
    path = Path(path)
    if not path.parent.is_dir():
        raise FileNotFoundError(
            f"A file can only be written into a folder that exists. Received: {str(path)!r}. "
            f"Create the folder first, e.g. Path({str(path.parent)!r}).mkdir(parents=True)."
        )
    if path.is_dir():
        raise IsADirectoryError(f"Expected the name of a file. Received: {str(path)!r}, a folder. Add a file name.")
    return path


@contextlib.contextmanager
def write_aside(path: StrPath) -> Iterator[Path]:
    """Give a temporary name to write to, and rename it to `path` when the block ends well.

    If the block raises, the temporary file is removed and a file that was at `path` before is still there.

    Args:
        path: The local file to write. Its folder must exist.

    Yields:
        A name in the same folder.

    Raises:
        FileNotFoundError: The folder is missing.
        IsADirectoryError: `path` is itself a folder.

    Example:

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with write_aside(Path(folder, "notes.txt")) as temporary:
    ...         length = temporary.write_text("whole or absent")
    ...     os.listdir(folder)
    ['notes.txt']
    """
    path = check_parent(path)
    temporary = path.with_name(f".{uuid.uuid4().hex}{path.suffix}")  # same folder: the rename is then atomic
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


class LocalFiles(FileSystem):
    """Files of this machine."""

    has_locks = has_growing_files = True

    def read(self, path: StrPath) -> bytes:
        """Return the content of a file."""
        with self.open(path) as file:
            return file.read()

    def open(self, path: StrPath) -> BinaryIO:
        """Open a file for reading; no pipe, which would keep the reader waiting."""
        if os.path.exists(path) and not os.path.isfile(path):
            raise IsADirectoryError(f"Expected a file. Received: {os.fspath(path)!r}, which is none. Name another.")
        return open(path, "rb")

    def write(self, path: StrPath, content: bytes) -> None:
        """Write a file whole or not at all, on the disk before it has its name."""
        with write_aside(path) as temporary:
            temporary.write_bytes(content)
            _sync(temporary)
        _sync_folder(Path(path).parent)

    def append_line(self, path: StrPath, line: bytes) -> None:
        """Add a line to the end of a file, of which only the last byte is read; all of it or, after an error, nothing."""
        with open(path, "a+b", buffering=0) as file:
            end = file.seek(0, os.SEEK_END)
            file.seek(max(end - 1, 0))
            is_cut_short = file.read(1) not in (b"", b"\n")
            content = memoryview((b"\n" if is_cut_short else b"") + line + b"\n")
            try:
                while content:  # a disk that gets full takes a part
                    content = content[file.write(content) :]
                os.fsync(file.fileno())
            except BaseException:
                with contextlib.suppress(OSError):
                    file.truncate(end)
                raise
        if not end:
            _sync_folder(Path(path).parent)

    def remove(self, path: StrPath) -> None:
        """Remove a file."""
        os.unlink(path)

    def exists(self, path: StrPath) -> bool:
        """Return True for a file."""
        return os.path.isfile(path)

    def version(self, path: StrPath) -> Hashable:
        """Return the time of the last change and the size."""
        found = os.stat(path)
        return found.st_mtime_ns, found.st_size

    def make_folder(self, path: StrPath) -> None:
        """Make a folder and those above it, whose names are on the disk then."""
        missing = [folder for folder in (Path(path), *Path(path).parents) if not folder.exists()]
        os.makedirs(path, exist_ok=True)
        for folder in missing:
            _sync_folder(folder.parent)

    def names(self, path: StrPath) -> list[str]:
        """List the names in a folder."""
        with contextlib.suppress(OSError):
            return os.listdir(path)
        return []

    def folders(self, path: StrPath) -> list[str]:
        """List the names of the folders in a folder, sorted."""
        return sorted(name for name in self.names(path) if os.path.isdir(join(path, name)))


def _sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    opened = os.open(path, os.O_RDWR if path.is_file() else os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _sync_folder(path: Path) -> None:
    with contextlib.suppress(OSError):  # not every system lets one open a folder
        _sync(path)


def storage_of(path: StrPath) -> FileSystem:
    """Find the file system of a path.

    Args:
        path: A file or folder, local or with a scheme.

    Returns:
        `LocalFiles`, `TensorFlowFiles` or `FsspecFiles`.

    Raises:
        ImportError: Only fsspec can know the scheme, and it is not installed.
        ValueError: fsspec does not know the scheme.

    Example:

    >>> type(storage_of("logs")).__name__
    'LocalFiles'
    """
    scheme, found, _ = os.fspath(path).partition("://")
    if not found:
        return LocalFiles()
    gfile = getattr(getattr(sys.modules.get("tensorflow"), "io", None), "gfile", None)
    if gfile is not None and scheme in gfile.get_registered_schemes():
        return TensorFlowFiles(gfile)
    with needed("fsspec", f"Reading {scheme}:// without TensorFlow"):
        import fsspec
    return FsspecFiles(fsspec.filesystem(scheme))
