"""Masks of the segments that a user gives, or of which a function makes them."""

from collections.abc import Sequence
from typing import Any

import numpy as np

_FORMS = (
    "segments is None; labels (H, W), or (N, H, W) with those of each example, integers, negative in no segment; masks (K, H, W) of "
    "booleans, which may overlap; a list with one of these for each example; or a function of a picture (H, W, C) that gives one"
)


def masks_of_each(segments: Any, images: Sequence[Any] | None, count: int, size: tuple[int, int]) -> list[np.ndarray]:
    """Give the masks (K, H, W) of each example's segments.

    Args:
        segments: see `xrai`, not None.
        images: the pictures (H, W, C), where there are any.
        count: of examples.
        size: of their maps.

    Raises:
        ValueError: segments of another form or size; a function, and no pictures.
    """
    if callable(segments):
        if images is None:
            raise ValueError(
                "Pictures are cut into segments. Received: maps whose pictures are not known. Pass images=, or segments= of your own."
            )
        return [_masks(segments(image), size) for image in images]
    if isinstance(segments, (list, tuple)):
        if len(segments) != count:
            raise ValueError(
                f"A list of segments has those of each of {count} examples. Received: {len(segments)}. Pass an array for all of them, or a "
                "list of as many."
            )
        return [_masks(each, size) for each in segments]
    array = np.asarray(segments)
    if array.dtype.kind in "iu" and array.ndim == 3 and len(array) == count:
        return [_masks(each, size) for each in array]
    if array.dtype.kind in "iu" and array.ndim == 3:
        raise ValueError(f"{_FORMS}. Received: labels of shape {array.shape} for {count} examples. Give as many.")
    return [_masks(array, size)] * count


def _masks(given: Any, size: tuple[int, int]) -> np.ndarray:
    """Make masks (K, H, W) of labels (H, W), several of them (S, H, W), or masks."""
    array = np.asarray(given)
    if array.dtype.kind not in "biu" or array.ndim not in (2, 3) or array.shape[-2:] != size or not array.size:
        raise ValueError(
            f"{_FORMS}. Received: {type(given).__name__} of dtype {array.dtype}, shape {array.shape}, for maps of {size}. Give segments of "
            "that size."
        )
    stacked = array if array.ndim == 3 else array[None]
    if array.dtype.kind == "b":
        return stacked
    return np.concatenate([each == np.unique(each[each >= 0])[:, None, None] for each in stacked])
