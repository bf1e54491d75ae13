"""Integers that a model's input does not hold, refused before they wrap around."""

from typing import Any

import numpy as np

from kerasal._errors import listed


def check_range(leaf: np.ndarray, low: int, high: int, label: str, first: int, way: str) -> None:
    """Refuse numbers outside a range.

    Args:
        leaf: whole numbers, (N, ...).
        low: the least there may be.
        high: the largest.
        label: of the part of x.
        first: position of the first example.
        way: what to do.

    Raises:
        ValueError: some are outside.
    """
    if leaf.size and (leaf.min().item() < low or leaf.max().item() > high):
        outside = (leaf < low) | (leaf > high) if low > -(2**63) else leaf > high
        bad = np.flatnonzero(outside.reshape(len(leaf), -1).any(1))
        raise ValueError(
            f"The model takes {label} from {low} to {high}. Received: {_told(leaf[outside][0])} in example(s) "
            f"{listed(bad + first)}. {way}"
        )


def check_fits(leaf: np.ndarray, taken: Any, label: str, first: int) -> None:
    """Refuse numbers that the integer dtype of a model's input does not hold.

    Args:
        leaf: whole numbers, (N, ...), of any dtype.
        taken: what the input takes, with its `dtype` and `shape`.
        label: of the part of x.
        first: position of the first example.

    Raises:
        ValueError: it does not hold some.
    """
    dtype = np.dtype(taken.dtype.as_numpy_dtype)
    if dtype.kind in "iu" and not np.can_cast(leaf.dtype, dtype):
        limits = np.iinfo(dtype)
        way = "Give the numbers that the model was trained on"
        larger = (
            ""
            if dtype == np.int64
            else f"; for others build it with keras.Input({tuple(taken.shape[1:])}, dtype='int64')"
        )
        check_range(
            leaf, int(limits.min), int(limits.max), f"{label} as {dtype.name}, whole numbers", first, f"{way}{larger}."
        )


def _told(number: Any) -> str:
    return str(int(number)) if abs(number) < 2**64 else f"{number:g}"
