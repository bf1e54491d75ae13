"""Values of the features of a table, as the user knows them: numbers, or the names of categories."""

from collections.abc import Mapping
from typing import Any

import numpy as np

_NONE_SET = "none"  # of the columns of a category


def own_values(saliency: Any) -> np.ndarray | None:
    """Give the numbers of the input that the map is of, (..., features); None where the map is of a layer, or of other axes."""
    if not str(saliency.about.get("target", "InputExtractor")).startswith("InputExtractor"):
        return None
    values, shape = saliency.explained_input, shape_of_features(saliency)
    return values if values is not None and values.shape == shape and values.dtype.kind in "fiub" else None


def shape_of_features(saliency: Any) -> tuple[int, ...]:
    """Give the shape of the values without the axis of classes."""
    return tuple(size for name, size in zip(saliency.axes, saliency.shape, strict=True) if name != "class")


def feature_values(saliency: Any) -> np.ndarray | None:
    """Give the value of each feature, (N, features), or (features,) of one example; see `Saliency.feature_values`."""
    names, shape = saliency.feature_names, shape_of_features(saliency)
    columns = saliency.inputs
    rank = 1 + (saliency.axes[:1] == ("example",))
    if not (names and isinstance(columns, Mapping) and set(names) & set(columns)) or len(shape) != rank:
        return own_values(saliency) if len(shape) == rank else None
    found = {place: _entries(columns[name], shape[:-1]) for place, name in enumerate(names) if name in columns}
    known = {place: column for place, column in found.items() if column is not None}
    if len(known) == len(names) and all(column.dtype.kind in "fiub" for column in known.values()):
        return np.stack(list(known.values()), -1)
    table = np.full(shape, None, object)
    for place, column in known.items():
        table[..., place] = column
    return table


def column_of(saliency: Any, name: str, places: list[int], own: np.ndarray | None, table: Any) -> np.ndarray | None:
    """Find the value of a group in each example.

    Args:
        saliency: the `Saliency` before it is grouped.
        name: of the group.
        places: of its features.
        own: numbers of all features, or None.
        table: columns of the user's by their names, or None.

    Returns:
        Of the user's table, or of the input of this name; of one feature its number; of columns of which one is 1 its name. Else None.

    Raises:
        ValueError: a column of the table has another number of entries.
    """
    count = shape_of_features(saliency)[:-1] if saliency.axes[:1] == ("example",) else ()
    count = count[:1]
    if table is not None and name in table:
        return _plain(_checked(np.asarray(table[name]), name, count))
    if isinstance(saliency.inputs, Mapping) and name in saliency.inputs:
        found = _entries(saliency.inputs[name], count)
        if found is not None:
            return _plain(found)
    if own is None:
        return None
    if len(places) == 1:
        return own[..., places[0]]
    names = saliency.feature_names
    words = [str(k) if names is None else _short(names[place], name) for k, place in enumerate(places)]
    return _category(own[..., places], words)


def _category(block: np.ndarray, words: list[str]) -> np.ndarray | None:
    """Name the column that is 1, of columns of 0 and 1; None where they are others."""
    is_set = block == 1
    if not np.all(is_set | (block == 0)) or np.any(is_set.sum(-1) > 1):
        return None
    return np.array([*words, _NONE_SET])[np.where(is_set.any(-1), is_set.argmax(-1), len(words))]


def _short(member: str, group: str) -> str:
    """Leave out the name of the group: colour_red is red."""
    rest = member[len(group) :]
    return rest[1:] if member.startswith(group) and len(rest) > 1 and rest[0] in "_=:.- /" else member


def _entries(column: Any, count: tuple[int, ...]) -> np.ndarray | None:
    """Give a column as one entry for each example; None where it has more."""
    array = np.asarray(column)
    if array.shape == count:
        return array
    return array[..., 0] if array.shape == (*count, 1) else None


def _checked(column: np.ndarray, name: str, count: tuple[int, ...]) -> np.ndarray:
    found = _entries(column, count)
    if found is None:
        raise ValueError(
            f"A column of inputs has one entry per example, shape {count}. Received: {name!r} of shape {column.shape}. Pass the rows "
            "that were explained."
        )
    return found


def _plain(column: np.ndarray) -> np.ndarray:
    """Make texts of what is no number, as a file holds it."""
    if column.dtype.kind in "fiubU":
        return column
    flat = [each.decode(errors="replace") if isinstance(each, bytes) else str(each) for each in column.ravel().tolist()]
    return np.array(flat, dtype=str).reshape(column.shape)
