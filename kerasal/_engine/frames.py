"""Columns of pandas as NumPy arrays; pandas itself is not imported."""

from typing import Any

import numpy as np

from kerasal._errors import listed

_WIDEST = {"i": "int64", "u": "uint64", "f": "float64", "b": "bool"}


def is_frame(value: Any) -> bool:
    """Tell whether a value is a frame of pandas."""
    return _is_of_pandas(value) and hasattr(value, "columns")


def is_column(value: Any) -> bool:
    """Tell whether a value is a column of pandas: a Series, an Index, an array of its own."""
    return _is_of_pandas(value) and hasattr(value, "dtype")


def array_of_frame(frame: Any, name: str) -> np.ndarray:
    """Make an array (N, columns) of a frame whose columns are all numbers and booleans, or all texts.

    Args:
        frame: of pandas.
        name: of the part of x or y, for messages.

    Raises:
        ValueError: a column has missing values.
        TypeError: a column is neither.
    """
    columns = [(str(label), frame.iloc[:, k]) for k, label in enumerate(frame.columns)]
    gaps = [label for label, column in columns if not name.startswith("y") and column.isna().any()]
    if gaps:
        raise ValueError(
            f"Columns of {name} have no gaps, since a missing value has no saliency. Received: missing values (NaN or NA) in "
            f"{_quoted(gaps)}. Fill or drop them: {name}.fillna(0) or what the model was trained with, or {name}.dropna()."
        )
    dtypes = [column.dtype for _, column in columns]
    if len(set(dtypes)) == 1 and isinstance(dtypes[0], np.dtype) and dtypes[0].kind in _WIDEST:
        return np.asarray(frame)
    texts = [label for label, column in columns if _is_text(column)]
    if texts and len(texts) == len(columns):
        return np.asarray(frame, object)
    odd = [(label, column) for label, column in columns if not _is_numeric(column)]
    if odd:
        raise TypeError(_way_out(odd, name))
    arrays = [column.to_numpy(dtype=_WIDEST[column.dtype.kind]) for _, column in columns]
    return np.stack(arrays, 1) if arrays else np.zeros([len(frame), 0], "float32")


def array_of_column(column: Any, name: str) -> np.ndarray:
    """Make an array (N,) of a column; of categories, what they stand for.

    Args:
        column: of pandas.
        name: of the part of x or y, for messages.

    Raises:
        ValueError: values are missing.
    """
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in _WIDEST:
        return np.asarray(column)
    if column.isna().any():
        raise ValueError(
            f"{name} has no gaps, since a missing value has no saliency. Received: a column ({column.dtype}) with missing values "
            f"(NaN or NA). Fill or drop them, e.g. {name}.fillna({'0' if _is_numeric(column) else repr('')})."
        )
    return column.to_numpy(dtype=_WIDEST[column.dtype.kind]) if _is_numeric(column) else np.asarray(column)


def _is_of_pandas(value: Any) -> bool:
    return type(value).__module__.partition(".")[0] == "pandas"


def _is_numeric(column: Any) -> bool:
    return str(column.dtype) != "category" and getattr(column.dtype, "kind", "O") in _WIDEST


def _is_text(column: Any) -> bool:
    """Tell whether all values of a column are texts."""
    kind = str(column.dtype)
    return kind.startswith(("str", "large_str")) or (
        kind == "object" and all(isinstance(t, (str, bytes)) for t in column)
    )


def _way_out(odd: list[tuple[str, Any]], name: str) -> str:
    """Say that columns are no numbers, and how each kind becomes some."""
    labels = {label: _kind(column) for label, column in odd}
    ways = {
        "category": f"pd.get_dummies({name}, columns={[label for label in labels if labels[label] == 'category']})",
        "time": f"times as numbers, ({name}[{_first(labels, 'time')!r}] - start).dt.total_seconds()",
        "number": f"{name}.astype({{{_first(labels, 'number')!r}: 'float32'}})",
    }
    told = "; ".join(way for kind, way in ways.items() if kind in labels.values())
    kinds = ", ".join(f"'{label}' ({column.dtype})" for label, column in odd[:10]) + (", …" if len(odd) > 10 else "")
    return (
        f"A frame that is one input has columns of numbers and booleans. Received: {name} with {kinds}. Convert them as for the "
        f"training: {told}. For a model with an input per column pass dict({name})."
    )


def _kind(column: Any) -> str:
    kind = str(column.dtype)
    if kind.startswith(("datetime", "timedelta", "timestamp", "duration", "period")):
        return "time"
    numbers = kind == "object" and all(isinstance(each, (int, float, bool, np.number)) for each in column)
    return "number" if numbers else "category"


def _first(labels: dict[str, str], kind: str) -> str:
    return next((label for label in labels if labels[label] == kind), "")


def _quoted(labels: list[str]) -> str:
    return "column(s) " + listed([f"'{label}'" for label in labels])
