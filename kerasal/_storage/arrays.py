"""Named arrays and JSON metadata in one `.npz` file, local or remote, without pickle."""

import io
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from kerasal._storage.base import StrPath
from kerasal._storage.file_systems import storage_of
from kerasal._storage.stored_arrays import StoredArrays


def save_arrays(
    path: StrPath, kind: str, arrays: Mapping[str, npt.ArrayLike | None], metadata: Mapping[str, Any]
) -> int:
    """Write named arrays, and metadata as JSON, to one `.npz` file without pickling anything.

    Args:
        path: File name ending in `.npz`, in a folder that exists. A file of that name is replaced in one step.
        kind: Name of the format, e.g. `"kerasal.Saliency 1"`; `load_arrays` asks for the same.
        arrays: Arrays of numbers by name. Those that are None are left out.
        metadata: Anything that JSON can hold.

    Returns:
        The size of the file in bytes.

    Raises:
        ValueError: The file name has another ending.
        FileNotFoundError: The folder is missing.
    """
    if Path(path).suffix != ".npz":
        raise ValueError(f"Arrays are saved as .npz. Received: {os.fspath(path)!r}. Change the ending to .npz.")
    # In the order of C: an example's part of an array is then one piece of the file.
    known = {name: np.asarray(array, order="C") for name, array in arrays.items() if array is not None}
    content = io.BytesIO()
    header = json.dumps({"kind": kind, "arrays": sorted(known), **metadata})
    np.savez(content, metadata=np.asarray(header), **known)  # type: ignore[arg-type]
    storage_of(path).write(path, content.getvalue())
    return content.tell()


def load_arrays(path: StrPath, kind: str | tuple[str, ...]) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Read the arrays and the metadata that `save_arrays` wrote.

    Args:
        path: The file.
        kind: Name of the format, as it was given to `save_arrays`; several where older ones are read too.

    Returns:
        The arrays by name, and the metadata.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file is damaged, cut short, of another kind, or unpacks to far more than its size.
    """
    with StoredArrays(path, (kind,) if isinstance(kind, str) else kind) as stored:
        return {name: stored.read(name) for name in stored.headers}, stored.metadata
