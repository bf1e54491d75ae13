"""Masks of the segments that a user gives, or of which a function makes them."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from kerasal.regions.segmentation import felzenszwalb

_FORMS = (
    "segments is None; labels (H, W), or (N, H, W) with those of each example, integers, negative in no segment; masks (K, H, W) of "
    "booleans, which may overlap; a list with one of these for each example; or a function of a picture (H, W, C) that gives one"
)


class Segments:
    """Segments as a user gives them.

    Args:
        given: None for those of `felzenszwalb`, labels, masks, a list of these, or a function; see `xrai`.

    Attributes:
        cut: the function that makes segments of a picture, or None where they are given.
        count: of examples that have segments of their own; None where there is a function, or where all examples have the same.
        name: words for them.

    Raises:
        ValueError: neither of these.
    """

    def __init__(self, given: Any):
        if isinstance(given, (list, tuple)) and given and np.ndim(given[0]) == 1:
            given = _checked(given)  # labels as lists
        self.cut = felzenszwalb if given is None else given if callable(given) else None
        self.name = "given" if self.cut is None else str(getattr(self.cut, "__name__", "a function"))
        self.count: int | None = None
        self._each: list[np.ndarray] = []
        if self.cut is not None:
            return
        if isinstance(given, (list, tuple)) and given:
            self._each = [_checked(each) for each in given]
            self.count = len(given)
            return
        array = _checked(given)
        is_of_each = array.dtype.kind in "iu" and array.ndim == 3
        self._each, self.count = (list(array), len(array)) if is_of_each else ([array], None)

    def check_count(self, count: int) -> None:
        """Refuse segments for another number of examples."""
        if self.count not in (None, count):
            raise ValueError(
                f"{_FORMS}. Received: those of {self.count} examples, for {count} examples. Give an array for all of them, or as many."
            )

    def check_size(self, size: tuple[int, int]) -> None:
        """Refuse segments that are given and are not of this size."""
        for each in self._each:
            _check_size(each, size)

    def of(self, first: int, count: int, images: Sequence[Any] | None, size: tuple[int, int]) -> list[np.ndarray]:
        """Give the masks (K, H, W) of some examples.

        Args:
            first: position of the first of them.
            count: how many.
            images: their pictures (H, W, C), where there are any.
            size: of their maps.

        Raises:
            ValueError: segments of another form or size; a function, and no pictures.
        """
        if self.cut is None:
            own = self._each * count if self.count is None else self._each[first : first + count]
            if self.count is None:
                return [_masks(own[0], size)] * count
            return [_masks(each, size) for each in own]
        if images is None:
            raise ValueError(
                "Pictures are cut into segments. Received: maps whose pictures are not known. Pass images=, or segments= of your own."
            )
        return [_masks(_checked(self.cut(image)), size) for image in images]


def _checked(given: Any) -> np.ndarray:
    """Copy the segments of one example, or of all, so that they stay as they are."""
    try:
        array = np.array(given)
    except ValueError:  # lists of several lengths
        array = np.zeros(0)
    if array.dtype.kind not in "biu" or array.ndim not in (2, 3) or not array.size:
        raise ValueError(
            f"{_FORMS}. Received: {type(given).__name__} of dtype {array.dtype}, shape {array.shape}. Give integers or booleans."
        )
    return array


def _check_size(array: np.ndarray, size: tuple[int, int]) -> None:
    if array.shape[-2:] != size:
        raise ValueError(
            f"{_FORMS}. Received: dtype {array.dtype}, shape {array.shape}, for maps of {size}. Give segments of that size."
        )


def _masks(array: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Make masks (K, H, W) of labels (H, W), several of them (S, H, W), or masks."""
    _check_size(array, size)
    stacked = array if array.ndim == 3 else array[None]
    if array.dtype.kind == "b":
        return stacked
    return np.concatenate([each == np.unique(each[each >= 0])[:, None, None] for each in stacked])
