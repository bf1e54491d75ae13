"""The layout of a `Saliency`'s file, whose metadata are checked against its arrays before they are believed."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from kerasal._storage.arrays import save_arrays
from kerasal._storage.base import StrPath
from kerasal._storage.precision import check_precision, rounded
from kerasal._storage.stored_arrays import Bounds, StoredArrays
from kerasal._tree import flattened, numbered

KIND = "kerasal.Saliency 3"  # of file; a change of layout gets the next number
KINDS = (KIND, "kerasal.Saliency 2", "kerasal.Saliency 1")  # in 1, "recipe" is what is now "about"
PER_EXAMPLE = ("scores", "completeness_gap", "relative_gap", "base_scores")
PER_ELEMENT = ("values", "std", "standard_error")
OF_EXAMPLES = ("inputs", "predictions", "labels", "tokens", "smiles")
RECIPE, WORDS = "recipe", ("tokens", "smiles")  # JSON as bytes: they may be as long as an array
METADATA = ("score_name", "axes", "about", "unpaired", "M", "feature_names", "class_names", "kind")
SHOWN_AS = "shown_as"  # the name of "kind" in the metadata, where the file has a kind of its own
_LATER = {"feature_names": None, "class_names": None, SHOWN_AS: "", "inputs": None}  # as of older files
_PARTS = re.compile(r"(inputs\.\d{1,4}|predictions\.(class|probability|output)|labels)")
_DEEPEST = 8

Made = TypeVar("Made")


def save_saliency(
    path: StrPath, parts: Mapping[str, Any], recipe: str | None, *, precision: str = "float32", compress: bool = False
) -> int:
    """Write a `Saliency`.

    Args:
        path: The file.
        parts: Arrays and metadata by name.
        recipe: Its JSON.
        precision: Of its numbers per element; "float16" is packed, since rounding alone saves nothing.
        compress: True to pack the arrays.

    Returns:
        The size in bytes.
    """
    check_precision(precision)
    arrays: dict[str, npt.ArrayLike | None] = {name: parts[name] for name in PER_EXAMPLE}
    arrays |= {name: None if parts[name] is None else rounded(parts[name], precision) for name in PER_ELEMENT}
    arrays[RECIPE] = None if recipe is None else np.asarray(recipe.encode())
    arrays |= {name: None if parts[name] is None else np.asarray(json.dumps(parts[name]).encode()) for name in WORDS}
    structure, inputs = (None, []) if parts["inputs"] is None else flattened(parts["inputs"])
    arrays |= {f"inputs.{k}": _texts(part) for k, part in enumerate(inputs)}
    predictions = parts["predictions"]
    if predictions is not None:
        arrays |= {f"predictions.{name}": predictions[name] for name in predictions.dtype.names}
    arrays["labels"] = None if parts["labels"] is None else _texts(np.asarray(parts["labels"]))
    metadata = {
        **{name: parts[name] for name in METADATA},
        "inputs": None if structure is None else numbered(structure),
    }
    metadata["M"], metadata[SHOWN_AS] = np.asarray(metadata["M"]).tolist(), metadata.pop("kind")
    return save_arrays(path, KIND, arrays, metadata, compress=compress or precision != "float32")


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
            words = {name: json.loads(bytes(arrays.pop(name))) for name in WORDS if name in arrays}
            parts = {name: array for name, array in arrays.items() if "." not in name}
            fields = {
                name.partition(".")[2]: array for name, array in arrays.items() if name.startswith("predictions.")
            }
            metadata = dict(stored.metadata)
            metadata["kind"] = metadata.pop(SHOWN_AS)
            parts["inputs"] = _filled(metadata.pop("inputs"), arrays)
            made = make(
                **parts,
                **metadata,
                predictions=fields or None,
                **words,
            )
            return made, None if recipe is None else bytes(recipe).decode()


def open_saliency(path: StrPath, name: str | None = None, bounds: Bounds = Bounds()) -> StoredArrays:  # noqa: B008
    """Open a file for reading one array after another, its headers and metadata checked; as `StoredArrays`."""
    stored = StoredArrays(path, KINDS, name, bounds)
    try:
        with stored.told_as_damage():
            if RECIPE in stored.metadata and "about" not in stored.metadata:  # a file of 0.1
                stored.metadata["about"] = stored.metadata.pop(RECIPE)
            if not set(_LATER) & set(stored.metadata):
                stored.metadata.update(_LATER)
            _check_arrays(stored)
            _check_metadata(stored.metadata)
    except BaseException:
        stored.__exit__()
        raise
    return stored


def _check_arrays(stored: StoredArrays) -> None:
    headers = stored.headers
    unknown = [
        name for name in set(headers) - {*PER_ELEMENT, *PER_EXAMPLE, RECIPE, *WORDS} if not _PARTS.fullmatch(name)
    ]
    if unknown or "values" not in headers:
        raise ValueError(f"its arrays are {sorted(headers)}")
    for name, header in headers.items():
        if name in (RECIPE, *WORDS):
            fits = header.dtype.kind == "S" and not header.shape
        elif _PARTS.fullmatch(name):
            fits = header.dtype.kind in "fiubU"
        else:
            fits = header.dtype.str in ("<f4", "<f8")[: 1 + (name in PER_EXAMPLE)]
            fits &= name not in PER_ELEMENT or header.shape == headers["values"].shape
        if not fits:
            raise ValueError(f"{name} of dtype {header.dtype} and shape {header.shape} does not fit to values")


def _check_metadata(metadata: Mapping[str, Any]) -> None:
    """Metadata hold what is no array; numbers of an array in them would be another one's."""
    wanted = {*METADATA, "inputs", SHOWN_AS} - {"kind"}
    if set(metadata) != wanted:
        raise ValueError(f"its metadata are {sorted(map(str, metadata))}, in place of {sorted(wanted)}")
    texts = [metadata["score_name"], metadata[SHOWN_AS], *_list(metadata, "axes"), *_list(metadata, "unpaired")]
    texts += [
        name
        for names in ("feature_names", "class_names")
        if metadata[names] is not None
        for name in _list(metadata, names)
    ]
    if not all(isinstance(text, str) for text in texts):
        raise TypeError("score_name, kind, axes, unpaired and names are words")
    if not isinstance(metadata["about"], dict | None):
        raise TypeError("about is no dict")


def _texts(array: np.ndarray) -> np.ndarray:
    """Make texts of objects, and of bytes, which a file without pickle holds."""
    if array.dtype.kind not in "OS":
        return array
    flat = [
        each.decode(errors="replace") if isinstance(each, bytes) else str(each) for each in array.reshape(-1).tolist()
    ]
    return np.array(flat, dtype=str).reshape(array.shape)


def _filled(structure: Any, arrays: Mapping[str, Any], depth: int = 0) -> Any:
    """Put arrays into a structure of their numbers."""
    if depth > _DEEPEST:
        raise ValueError("inputs are structures in structures")
    if isinstance(structure, dict):
        return {key: _filled(part, arrays, depth + 1) for key, part in structure.items()}
    if isinstance(structure, list):
        return [_filled(part, arrays, depth + 1) for part in structure]
    return None if structure is None else arrays[f"inputs.{structure}"]


def _list(metadata: Mapping[str, Any], name: str) -> list[Any]:
    if not isinstance(metadata[name], list):
        raise TypeError(f"{name} is no list")
    return list(metadata[name])
