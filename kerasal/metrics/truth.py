"""Measures against a mask of what is known to be the cause."""

import abc
from typing import Any

import numpy as np

from kerasal._vocabulary import checks_keywords
from kerasal.metrics.base import Measure
from kerasal.metrics.maps import map_of
from kerasal.metrics.measurement import Measurement


@checks_keywords
class MaskMeasure(Measure):
    """Base of the measures against a mask.

    Args:
        mask: True, or 1, where the cause is, NaN where there is nothing (padding), which is not counted: of one example, or of the batch,
            in the shape of the maps; or a list of such masks, each of which is a right answer: the best counts for each example.

    Raises:
        ValueError: no mask of True and False, or of 1, 0 and NaN.
    """

    higher_is_better = True

    def __init__(self, mask: Any):
        self.masks = [_as_mask(each) for each in (mask if isinstance(mask, (list, tuple)) else [mask])]

    @abc.abstractmethod
    def of_example(self, values: np.ndarray, mask: np.ndarray) -> float:
        """Compare a map (...) with a mask of its shape, some but not all of which is True; NaN where there is no answer."""

    def counted(self, values: np.ndarray, mask: np.ndarray, is_there: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Give the map and the mask of the elements that there are, all (...)."""
        return (values, mask) if is_there.all() else (values[is_there], mask[is_there])

    def __call__(
        self,
        x: Any,
        saliency: Any,
        y: Any = None,
        batch_size: int | None = None,
        seed: int = 0,
        *,
        show_progress: bool = False,
    ) -> Measurement:
        """Measure maps; the map alone is needed, and there is no progress to show.

        An example whose mask is empty or everything has no value.

        Raises:
            ValueError: a mask that does not fit.
        """
        maps = map_of(saliency, self.name)
        found = np.full((len(self.masks), len(maps)), np.nan)
        for row, mask in zip(found, self.masks, strict=True):
            for n, (own, of_one) in enumerate(zip(maps, _for_each(mask, maps.shape, self.name), strict=True)):
                is_there, is_cause = ~np.isnan(of_one), of_one == 1
                if is_cause.any() and not is_cause[is_there].all():
                    row[n] = self.of_example(*self.counted(own.astype("float64"), is_cause, is_there))
        some = ~np.isnan(found).all(0)
        best = np.full(len(maps), np.nan)
        best[some] = np.nanmax(found[:, some], 0)
        return self.measurement(best)


@checks_keywords
class PointingGame(MaskMeasure):
    """Pointing game: whether the largest element lies in the mask (Zhang 2018, arXiv:1608.00507).

    Args:
        mask: see `MaskMeasure`.
        tolerance: how many elements beside the mask, along each axis, still count.

    Shapes:
        maps (N, ...) -> `values` (N,), 0 or 1; of several largest elements the share that lies there.

    Example:
        >>> from kerasal.metrics import PointingGame
        >>> PointingGame([[True, False, False]])(None, [[3, 1, 0], [0, 1, 3]]).values
        array([1., 0.])
    """

    def __init__(self, mask: Any, tolerance: int = 0):
        super().__init__(mask)
        if isinstance(tolerance, bool) or not isinstance(tolerance, (int, np.integer)) or tolerance < 0:
            raise ValueError(f"tolerance is an integer ≥ 0. Received: {tolerance!r}. Give e.g. 15 pixels of 224.")
        self.tolerance = int(tolerance)

    def counted(self, values: np.ndarray, mask: np.ndarray, is_there: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Keep the places, of which some are beside others; where nothing is, nothing is the largest."""
        return np.where(is_there, values, -np.inf), mask

    def of_example(self, values: np.ndarray, mask: np.ndarray) -> float:
        """Look where the largest elements are."""
        return float(_widened(mask, self.tolerance)[values == values.max()].mean())


@checks_keywords
class RelevanceMass(MaskMeasure):
    """Relevance mass: Σφ⁺ in the mask ÷ Σφ⁺ (Arras 2022, arXiv:2003.07258).

    A map of equal numbers has the share of the mask. NaN where nothing is positive.

    Args:
        mask: see `MaskMeasure`.

    Shapes:
        maps (N, ...) -> `values` (N,), between 0 and 1.

    Example:
        >>> from kerasal.metrics import RelevanceMass
        >>> RelevanceMass([[True, False, False]])(None, [[3, 1, -5]]).values
        array([0.75])
    """

    def of_example(self, values: np.ndarray, mask: np.ndarray) -> float:
        """Take the share of what is positive."""
        positive = np.maximum(values, 0)
        return float(positive[mask].sum() / positive.sum()) if positive.any() else float("nan")


@checks_keywords
class RelevanceRank(MaskMeasure):
    """Relevance rank: share of the |mask| largest elements that lie in the mask (Arras 2022, arXiv:2003.07258).

    Equal elements at the edge of the largest count by their share.

    Args:
        mask: see `MaskMeasure`.

    Shapes:
        maps (N, ...) -> `values` (N,), between 0 and 1.

    Example:
        >>> from kerasal.metrics import RelevanceRank
        >>> RelevanceRank([[True, True, False]])(None, [[3, 1, 2]]).values
        array([0.5])
    """

    def of_example(self, values: np.ndarray, mask: np.ndarray) -> float:
        """Count the largest elements."""
        count = int(mask.sum())
        edge = np.sort(values, axis=None)[-count]
        above, at_edge = values > edge, values == edge
        left = count - above.sum()
        return float((mask[above].sum() + left * mask[at_edge].mean()) / count)


@checks_keywords
class AveragePrecision(MaskMeasure):
    """Average precision of the map as a ranking of the mask, as scikit-learn has it.

    Args:
        mask: see `MaskMeasure`.

    Shapes:
        maps (N, ...) -> `values` (N,), between 0 and 1; equal numbers have the share of the mask.

    Example:
        >>> from kerasal.metrics import AveragePrecision
        >>> AveragePrecision([[True, False, True]])(None, [[3, 2, 1]]).values.round(3)
        array([0.833])
    """

    def of_example(self, values: np.ndarray, mask: np.ndarray) -> float:
        """Average the precision over recall, in steps of equal numbers."""
        inside, count = _steps(values, mask)
        precision, recall = inside / count, inside / inside[-1]
        return float(np.sum(np.diff(recall, prepend=0) * precision))


@checks_keywords
class RocAuc(MaskMeasure):
    """Area under the ROC curve of the map as a ranking of the mask, as scikit-learn has it.

    Args:
        mask: see `MaskMeasure`.

    Shapes:
        maps (N, ...) -> `values` (N,): 1 where every element of the mask is above all others, .5 for equal numbers.

    Example:
        >>> from kerasal.metrics import RocAuc
        >>> RocAuc([[True, False, True]])(None, [[3, 2, 1]]).values
        array([0.5])
    """

    def of_example(self, values: np.ndarray, mask: np.ndarray) -> float:
        """Take the share of pairs, inside and outside, in the right order; equal ones count half."""
        inside, count = _steps(values, mask)
        right, wrong = inside / inside[-1], (count - inside) / (count - inside)[-1]
        width, before = np.diff(wrong, prepend=0), np.concatenate([[0.0], right[:-1]])
        return float(np.sum(width * (right + before) / 2))


def _steps(values: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Count the elements at least as large as each number, largest first: those in the mask, and all."""
    order = np.argsort(-values, axis=None, kind="stable")
    sorted_ = values.ravel()[order]
    last = np.append(np.flatnonzero(np.diff(sorted_)), sorted_.size - 1)
    return np.cumsum(mask.ravel()[order])[last].astype("float64"), last + 1.0


def _as_mask(given: Any) -> np.ndarray:
    mask = np.asarray(given)
    is_number = mask.ndim > 0 and mask.dtype.kind in "biuf"
    if not is_number or not (np.isin(mask, (0, 1)) | np.isnan(mask)).all():
        raise ValueError(
            f"A mask is True, or 1, where the cause is, in the shape of a map, and NaN where nothing is. Received: dtype {mask.dtype}, shape {mask.shape}. Compare with "
            "something, e.g. mask = labels == 3."
        )
    return mask.astype("float32")


def _for_each(mask: np.ndarray, shape: tuple[int, ...], who: str) -> np.ndarray:
    """The mask of each of N maps of this shape, (N, ...)."""
    whole = mask.reshape(1, *mask.shape) if mask.ndim == len(shape) - 1 else mask
    if whole.ndim != len(shape) or any(have not in (1, want) for have, want in zip(whole.shape, shape, strict=True)):
        raise ValueError(
            f"{who} takes a mask of the maps' shape, {shape}, or of one of them, {shape[1:]}, any axis of size 1. Received: shape "
            f"{mask.shape}. Give mask[..., None] where only the map has channels, and mask.any(-1, keepdims=True) where it has one number "
            "for all of them; or add up the map's by ch_axis=-1."
        )
    return np.broadcast_to(whole, shape)


def _widened(mask: np.ndarray, by: int) -> np.ndarray:
    """True also up to so many elements beside what is True, along each axis."""
    for axis in range(mask.ndim):
        before = mask
        for step in range(1, min(by, mask.shape[axis] - 1) + 1):
            ahead, behind = [slice(None)] * mask.ndim, [slice(None)] * mask.ndim
            ahead[axis], behind[axis] = slice(step, None), slice(None, -step)
            mask = mask.copy()
            mask[tuple(ahead)] |= before[tuple(behind)]
            mask[tuple(behind)] |= before[tuple(ahead)]
    return mask
