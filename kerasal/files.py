"""Files that are either whole or absent."""

import contextlib
import os
import uuid
from collections.abc import Iterator
from pathlib import Path


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
