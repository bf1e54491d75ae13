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
    known: dict[str, Any] = {name: array for name, array in arrays.items() if array is not None}
    content = io.BytesIO()
    header = json.dumps({"kind": kind, "arrays": sorted(known), **metadata})
    np.savez(content, metadata=np.asarray(header), **known)
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
        ValueError: The file is damaged, cut short, or of another kind.
    """
    kinds = (kind,) if isinstance(kind, str) else kind
    wanted = " or ".join(map(repr, kinds))
    content = storage_of(path).read(path)
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        metadata: dict[str, Any] = json.loads(str(arrays.pop("metadata")))
        found = metadata.pop("kind")
        if metadata.pop("arrays") != sorted(arrays):
            raise ValueError("arrays are missing")
    except Exception as error:  # foreign bytes fail in a dozen ways
        raise ValueError(
            f"Expected a whole file of kind {wanted}. Received: {os.fspath(path)!r}, which is something else or "
            f"damaged ({error}). Save it again."
        ) from error
    if found not in kinds:
        raise ValueError(
            f"Expected a file of kind {wanted}. Received: {os.fspath(path)!r} of kind {found!r}. "
            "Load it with the code that wrote it."
        )
    return arrays, metadata
