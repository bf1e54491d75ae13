"""Checks of the arrays of a `Saliency`, before it is made."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

_PLAIN = (str, int, float, bool, type(None))


def real(given: ArrayLike, name: str, dtype: DTypeLike = np.float32) -> np.ndarray:
    """Convert an array to float32, or another dtype; TypeError for what is not of real numbers."""
    array = np.asarray(given)
    if array.dtype.kind not in "fiu":
        raise TypeError(f"{name} must be an array of real numbers. Received: dtype {array.dtype}. Convert it first.")
    return array.astype(dtype, copy=False)


def axis_names(axes: Sequence[str] | None, values: np.ndarray) -> tuple[str, ...]:
    """Names of the axes of values, by default made up."""
    names = ("example", *(f"axis_{k}" for k in range(1, values.ndim))) if axes is None else tuple(axes)
    if len(names) != values.ndim:
        raise ValueError(
            f"axes must name each of the {values.ndim} axes of values, shape {values.shape}. Received: {names}. "
            'Pass e.g. axes=("example", "height", "width", "channel").'
        )
    return names


def sample_count(M: int | Sequence[int] | np.ndarray, shape: tuple[int, ...]) -> int | np.ndarray:
    """Convert M to an integer, or to an array (N,) of integers that are not all the same."""
    if type(M) is int and 1 <= M < 2**31:
        return M
    counts = np.asarray(M)
    fits = counts.dtype.kind in "iu" and counts.shape in ((), shape[:1])
    least, most = (int(counts.min()), int(counts.max())) if fits and counts.size else (int(fits), 1)
    if least < 1:
        raise (TypeError if counts.dtype.kind not in "iu" else ValueError)(
            f"M, the number of samples, is an integer of at least 1, or one for each of the {shape[:1]} examples. "
            f"Received: M={M}. Pass the M of the run."
        )
    return counts.astype("int64") if least < most else most


def checked_std(given: ArrayLike, shape: tuple[int, ...], M: int | np.ndarray) -> np.ndarray:
    """Convert a standard deviation to float32, checked against values."""
    std = real(given, "std")
    if std.shape != shape or (M == 1 if isinstance(M, int) else np.any(M == 1)) or std.min(initial=0) < 0:
        raise ValueError(
            f"std is not negative, has the shape of values, {shape}, and comes from two samples or more. "
            f"Received: shape {std.shape}, minimum {std.min(initial=0):g}, M={M}. Pass std=None if there is none."
        )
    return std


def per_example(given: ArrayLike | None, name: str, shape: tuple[int, ...]) -> Any:
    """Convert one number per example (and class) to float32, larger dtypes to float64; None stays None."""
    array = None if given is None else real(given, name, np.float64 if np.asarray(given).itemsize > 4 else np.float32)
    if array is not None and array.shape != shape:
        raise ValueError(
            f"{name} must hold one number per example (and class), shape {shape}. "
            f"Received: shape {array.shape}. Pass them in the order of the examples."
        )
    return None if array is None else array[()]  # a number, not an array without axes, for one example


def json_copy(about: dict[str, Any] | None) -> dict[str, Any]:
    """Copy a dict that JSON can hold."""
    try:
        try:
            return {} if about is None else dict(_plain_copy(about))
        except RecursionError:  # JSON goes deeper, and names what goes round
            return dict(json.loads(json.dumps(about)))
    except (TypeError, ValueError) as error:
        message = f"about must be a dict that JSON can hold. Received: {about!r} ({error}). Put plain values in it."
        raise TypeError(message) from error


def _plain_copy(value: Any) -> Any:
    """Copy as if through JSON, which takes longer and is left what is no list, dict, word or number."""
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is list:
        return [_plain_copy(part) for part in value]
    if kind is dict and all(type(name) is str for name in value):
        return {name: _plain_copy(part) for name, part in value.items()}
    return json.loads(json.dumps(value))
