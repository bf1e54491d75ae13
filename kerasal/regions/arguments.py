"""Arguments of XRAI, checked: the least area of a region, the coverage, and the axis of channels."""

import numbers
from collections.abc import Sequence
from typing import Any

import numpy as np

from kerasal._errors import warn_user
from kerasal.regions.growing import Atoms

_SHARE = 1000  # of a picture's pixels, one of so many has to be new in a region: 50 of 224 × 224
_CHANNELS = (1, 3, 4)


def checked_area(min_area: Any) -> int | None:
    """Return `min_area`, None or a number of pixels; ValueError for anything else."""
    if min_area is None:
        return None
    if isinstance(min_area, bool) or not isinstance(min_area, (int, np.integer)) or min_area < 1:
        raise ValueError(f"min_area is a number of pixels, 1 or more. Received: min_area={min_area!r}. Give e.g. 50.")
    return int(min_area)


def least_area(min_area: int | None, height: int, width: int) -> int:
    """Give the pixels that a region has at least: those asked for, or a thousandth of the picture."""
    return max(1, round(height * width / _SHARE)) if min_area is None else min_area


def checked_coverage(coverage: Any) -> float:
    """Return `coverage`; ValueError for what is no share."""
    if isinstance(coverage, bool) or not isinstance(coverage, numbers.Real) or not 0 < float(coverage) <= 1:
        raise ValueError(f"coverage is a share above 0, up to 1. Received: coverage={coverage!r}. Give e.g. 0.3.")
    return float(coverage)


def channels_seem_first(shape: Sequence[int | None]) -> bool:
    """Tell whether few channels stand before two axes of space in (N, …)."""
    return shape[1] in _CHANNELS and shape[-1] not in (*_CHANNELS, 2)


def channels_last(array: np.ndarray, ch_axis: int | None, what: str) -> np.ndarray:
    """Move the channels to the end; ValueError where they seem to be elsewhere."""
    if ch_axis is None:
        if channels_seem_first(array.shape):
            raise ValueError(
                f"The channels of {what} are the last axis. Received: shape {array.shape}, with few in the second. Say ch_axis=1 if these are "
                "the channels, else ch_axis=-1."
            )
        return array
    if isinstance(ch_axis, bool) or ch_axis not in (1, 2, 3, -1, -2, -3):
        raise ValueError(f"ch_axis is an axis of (N, …) behind the first. Received: ch_axis={ch_axis!r}. Give 1 or -1.")
    return np.moveaxis(array, ch_axis, -1)


def warn_of_small_segments(cut: Sequence[Atoms], least: int, first: int = 0) -> None:
    """Warn of the first example, counted from `first`, none of whose segments has so many pixels."""
    alone = [n for n, each in enumerate(cut) if not each.has_segment(least)]
    if alone:
        warn_user(
            f"No segment of example {first + alone[0]} has min_area={least} pixels, so that its map is one number. Give larger segments, or a "
            "smaller min_area."
        )
