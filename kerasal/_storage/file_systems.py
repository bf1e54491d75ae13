"""Folders and files where a path says: on this machine, or behind a scheme such as gs://, s3:// or memory://.

Three file systems know the same few actions. A path without a scheme is local. One with a scheme is TensorFlow's
(`tf.io.gfile`, as for its event files) where TensorFlow is loaded and knows the scheme, and fsspec's elsewhere. Nothing here loads
TensorFlow.
"""

import contextlib
import os
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

from kerasal._errors import needed


def check_parent(path: str | os.PathLike) -> Path:
    """Returns `path` as a `Path` after making sure that the folder it goes into exists.

    Raises:
        FileNotFoundError: the folder is missing.
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
def write_aside(path: str | os.PathLike) -> Iterator[Path]:
    """Gives a temporary name beside `path` to write to, and renames it to `path` when the block ends well.

    If the block raises, the temporary file is removed and whatever was at `path` before is still there.

    Args:
        path: the file to write. Its folder must exist.

    Raises:
        FileNotFoundError: the folder is missing.
        IsADirectoryError: `path` is itself a folder.

    Example:

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with write_aside(Path(folder, "notes.txt")) as aside:
    ...         length = aside.write_text("whole or absent")
    ...     os.listdir(folder)
    ['notes.txt']
    """
    path = check_parent(path)
    aside = path.with_name(f".{uuid.uuid4().hex}{path.suffix}")  # same folder: the rename is then atomic
    try:
        yield aside
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)


def storage_of(path: str | os.PathLike):
    """The file system of a path: `LocalFiles`, `TensorFlowFiles` or `FsspecFiles`.

    Raises:
        ImportError: only fsspec can know the scheme, and it is not installed. ValueError: fsspec does not know it.

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


def join(folder: str | os.PathLike, *names: str) -> str:
    """A path below a folder, local or not."""
    folder = os.fspath(folder)
    return "/".join([folder.rstrip("/"), *names]) if "://" in folder else os.path.join(folder, *names)


class LocalFiles:
    """Files of this machine."""

    def read(self, path) -> bytes:
        with open(path, "rb") as file:
            return file.read()

    def write(self, path, content: bytes) -> None:
        """Whole or not at all; the folder exists."""
        with write_aside(path) as aside:
            aside.write_bytes(content)

    def append(self, path, content: bytes) -> None:
        with open(path, "ab") as file:
            file.write(content)

    def exists(self, path) -> bool:
        return os.path.isfile(path)

    def version(self, path):
        """What is another once the file is written again."""
        found = os.stat(path)
        return found.st_mtime_ns, found.st_size

    def make_folder(self, path) -> None:
        os.makedirs(path, exist_ok=True)

    def names(self, path) -> list[str]:
        """What is in a folder; nothing where it cannot be read."""
        with contextlib.suppress(OSError):
            return os.listdir(path)
        return []

    def folders(self, path) -> list[str]:
        """Names of the folders in a folder, sorted."""
        return sorted(name for name in self.names(path) if os.path.isdir(join(path, name)))


class TensorFlowFiles:
    """Files that `tf.io.gfile` reaches.

    Args:
        gfile: that module.
    """

    def __init__(self, gfile):
        self._gfile = gfile

    def read(self, path) -> bytes:
        if not self.exists(path):
            raise FileNotFoundError(f"No such file: {path!r}")
        with self._gfile.GFile(path, "rb") as file:
            return file.read()

    def write(self, path, content: bytes) -> None:
        aside = f"{path}.{uuid.uuid4().hex}"
        try:
            with self._gfile.GFile(aside, "wb") as file:
                file.write(content)
            self._gfile.rename(aside, path, overwrite=True)
        except BaseException:
            with contextlib.suppress(Exception):
                self._gfile.remove(aside)
            raise

    def append(self, path, content: bytes) -> None:
        """By writing all of it again: objects of a store do not grow."""
        self.write(path, (self.read(path) if self.exists(path) else b"") + content)

    def exists(self, path) -> bool:
        return self._gfile.exists(path) and not self._gfile.isdir(path)

    def version(self, path):
        found = self._gfile.stat(path)
        return found.mtime_nsec, found.length

    def make_folder(self, path) -> None:
        self._gfile.makedirs(path)

    def names(self, path) -> list[str]:
        return [name.rstrip("/") for name in self._gfile.listdir(path)] if self._gfile.isdir(path) else []

    def folders(self, path) -> list[str]:
        return sorted(name for name in self.names(path) if self._gfile.isdir(join(path, name)))


class FsspecFiles:
    """Files that a file system of fsspec reaches.

    Args:
        files: an `fsspec.AbstractFileSystem`.
    """

    def __init__(self, files):
        self._files = files

    def read(self, path) -> bytes:
        return self._files.cat_file(path)

    def write(self, path, content: bytes) -> None:
        aside = f"{path}.{uuid.uuid4().hex}"
        try:
            self._files.pipe_file(aside, content)
            self._files.mv(aside, path)
        except BaseException:
            with contextlib.suppress(Exception):
                self._files.rm_file(aside)
            raise

    append = TensorFlowFiles.append

    def exists(self, path) -> bool:
        self._files.invalidate_cache()  # runs grow while they are looked at, here and below
        return self._files.isfile(path)

    def version(self, path):
        self._files.invalidate_cache()
        return repr(self._files.info(path))  # each store has its own words for the time

    def make_folder(self, path) -> None:
        self._files.makedirs(path, exist_ok=True)

    def names(self, path) -> list[str]:
        return [name for name, _ in self._entries(path)]

    def folders(self, path) -> list[str]:
        return sorted(name for name, kind in self._entries(path) if kind == "directory")

    def _entries(self, path):
        self._files.invalidate_cache()
        entries = self._files.ls(path, detail=True) if self._files.isdir(path) else []
        return [(entry["name"].rstrip("/").rpartition("/")[2], entry["type"]) for entry in entries]
