"""Files that are either whole or absent."""

import contextlib
import json
import os
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np


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


def save_arrays(path: str | os.PathLike, kind: str, arrays: Mapping[str, Any], metadata: Mapping[str, Any]) -> None:
    """Writes named arrays, and metadata as JSON, to one `.npz` file without pickling anything.

    Args:
        path: file name ending in `.npz`, in a folder that exists. A file of that name is replaced, in one step.
        kind: what the file is, e.g. `"kerasal.Saliency 1"`; `load_arrays` asks for the same.
        arrays: arrays of numbers by name; those that are None are left out.
        metadata: what JSON can hold.

    Raises:
        ValueError: another ending.
        FileNotFoundError: the folder is missing.
    """
    if Path(path).suffix != ".npz":
        raise ValueError(f"Arrays are saved as .npz. Received: {os.fspath(path)!r}. Change the ending to .npz.")
    known = {name: array for name, array in arrays.items() if array is not None}
    with write_aside(path) as aside:
        np.savez(aside, metadata=json.dumps({"kind": kind, "arrays": sorted(known), **metadata}), **known)


def load_arrays(path: str | os.PathLike, kind: str) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """The arrays and the metadata that `save_arrays` wrote.

    Raises:
        FileNotFoundError: no such file.
        ValueError: the file is damaged, cut short, or of another kind.
    """
    with open(path, "rb") as file:
        try:
            with np.load(file, allow_pickle=False) as stored:
                arrays = {name: stored[name] for name in stored.files}
            metadata = json.loads(str(arrays.pop("metadata")))
            found = metadata.pop("kind")
            if metadata.pop("arrays") != sorted(arrays):
                raise ValueError("arrays are missing")
        except Exception as error:  # foreign bytes fail in a dozen ways
            raise ValueError(
                f"Expected a whole file of kind {kind!r}. Received: {os.fspath(path)!r}, which is something else or "
                f"damaged ({error}). Save it again."
            ) from error
    if found != kind:
        raise ValueError(
            f"Expected a file of kind {kind!r}. Received: {os.fspath(path)!r} of kind {found!r}. "
            "Load it with what wrote it."
        )
    return arrays, metadata
