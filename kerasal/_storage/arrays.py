"""Named arrays and what is to be known of them in one file, local or remote, without pickle."""

import io
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from kerasal._storage.file_systems import storage_of


def save_arrays(path: str | os.PathLike, kind: str, arrays: Mapping[str, Any], metadata: Mapping[str, Any]) -> int:
    """Writes named arrays, and metadata as JSON, to one `.npz` file without pickling anything.

    Args:
        path: file name ending in `.npz`, in a folder that exists. A file of that name is replaced, in one step.
        kind: what the file is, e.g. `"kerasal.Saliency 1"`; `load_arrays` asks for the same.
        arrays: arrays of numbers by name; those that are None are left out.
        metadata: what JSON can hold.

    Returns: how many bytes.

    Raises:
        ValueError: another ending.
        FileNotFoundError: the folder is missing.
    """
    if Path(path).suffix != ".npz":
        raise ValueError(f"Arrays are saved as .npz. Received: {os.fspath(path)!r}. Change the ending to .npz.")
    known = {name: array for name, array in arrays.items() if array is not None}
    content = io.BytesIO()
    np.savez(content, metadata=json.dumps({"kind": kind, "arrays": sorted(known), **metadata}), **known)
    storage_of(path).write(path, content.getvalue())
    return content.tell()


def load_arrays(path: str | os.PathLike, kind: str) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """The arrays and the metadata that `save_arrays` wrote.

    Raises:
        FileNotFoundError: no such file.
        ValueError: the file is damaged, cut short, or of another kind.
    """
    content = storage_of(path).read(path)
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as stored:
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
