"""The layout of a `Saliency`'s file, whose metadata are checked against its arrays before they are believed."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from kerasal._storage.arrays import save_arrays
from kerasal._storage.base import StrPath
from kerasal._storage.stored_arrays import Bounds, StoredArrays

KIND = "kerasal.Saliency 2"  # of file; a change of layout gets the next number
KIND_OF_0_1 = "kerasal.Saliency 1"  # its "recipe" is what is now "about"
PER_EXAMPLE = ("scores", "completeness_gap", "relative_gap")
PER_ELEMENT = ("values", "std", "standard_error")
RECIPE = "recipe"  # JSON as bytes: it may be as long as an array
METADATA = ("score_name", "axes", "about", "unpaired", "M")

Made = TypeVar("Made")


def save_saliency(path: StrPath, parts: Mapping[str, Any], recipe: str | None) -> int:
    """Write the parts of a `Saliency`, arrays and metadata by name, and the JSON of its recipe. Return the size in bytes."""
    arrays: dict[str, npt.ArrayLike | None] = {name: parts[name] for name in (*PER_ELEMENT, *PER_EXAMPLE)}
    arrays[RECIPE] = None if recipe is None else np.asarray(recipe.encode())
    metadata = {name: parts[name] for name in METADATA}
    metadata["M"] = np.asarray(metadata["M"]).tolist()
    return save_arrays(path, KIND, arrays, metadata)


def load_saliency(path: StrPath, make: Callable[..., Made]) -> tuple[Made, str | None]:
    """Read a file that `save_saliency` wrote, also one of 0.1.

    Args:
        path: The file.
        make: Function of the parts by name. A TypeError or ValueError of it says that they do not fit together.

    Returns:
        What `make` returns, and the JSON of the recipe.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is damaged or of another kind, or its metadata do not fit its arrays.
    """
    with open_saliency(path) as stored:
        arrays = {name: stored.read(name) for name in stored.headers}
        with stored.told_as_damage():
            recipe = arrays.pop(RECIPE, None)
            return make(**arrays, **stored.metadata), None if recipe is None else bytes(recipe).decode()


def open_saliency(path: StrPath, name: str | None = None, bounds: Bounds = Bounds()) -> StoredArrays:  # noqa: B008
    """Open a file for reading one array after another, its headers and metadata checked; as `StoredArrays`."""
    stored = StoredArrays(path, (KIND, KIND_OF_0_1), name, bounds)
    try:
        with stored.told_as_damage():
            if RECIPE in stored.metadata and "about" not in stored.metadata:  # a file of 0.1
                stored.metadata["about"] = stored.metadata.pop(RECIPE)
            _check_arrays(stored)
            _check_metadata(stored.metadata)
    except BaseException:
        stored.__exit__()
        raise
    return stored


def _check_arrays(stored: StoredArrays) -> None:
    headers = stored.headers
    unknown = set(headers) - {*PER_ELEMENT, *PER_EXAMPLE, RECIPE}
    if unknown or "values" not in headers:
        raise ValueError(f"its arrays are {sorted(headers)}")
    for name, header in headers.items():
        if name == RECIPE:
            fits = header.dtype.kind == "S" and not header.shape
        else:
            fits = header.dtype == np.dtype("<f4") and name in (*PER_ELEMENT, *PER_EXAMPLE)
            fits &= name not in PER_ELEMENT or header.shape == headers["values"].shape
        if not fits:
            raise ValueError(f"{name} of dtype {header.dtype} and shape {header.shape} does not fit to values")


def _check_metadata(metadata: Mapping[str, Any]) -> None:
    """Metadata hold what is no array; numbers of an array in them would be another one's."""
    if set(metadata) != set(METADATA):
        raise ValueError(f"its metadata are {sorted(map(str, metadata))}, in place of {sorted(METADATA)}")
    texts = [metadata["score_name"], *_list(metadata, "axes"), *_list(metadata, "unpaired")]
    if not all(isinstance(text, str) for text in texts):
        raise TypeError("score_name, axes and unpaired are words")
    if not isinstance(metadata["about"], dict | None):
        raise TypeError("about is no dict")


def _list(metadata: Mapping[str, Any], name: str) -> list[Any]:
    if not isinstance(metadata[name], list):
        raise TypeError(f"{name} is no list")
    return list(metadata[name])
