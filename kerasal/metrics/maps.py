"""The map that is measured: an array or a `Saliency` that fits a target, its elements in order of their saliency."""

from typing import Any

import numpy as np

from kerasal._spatial.shapes import broadcasts
from kerasal.calculators.windows import Groups

NEVER = np.iinfo("int32").max  # the rank of what is never hidden


def map_of(saliency: Any, who: str) -> np.ndarray:
    """Return a batch of maps as numbers.

    Args:
        saliency: a `Saliency` of a batch or an array (N, ...).
        who: name of the measure, for errors.

    Raises:
        ValueError: a single example, several classes, NaN or infinity, no numbers.
    """
    axes = getattr(saliency, "axes", ("example",))
    values = np.asarray(saliency)
    if "example" not in axes or values.ndim < 2:
        raise ValueError(
            f"{who} takes saliency of a batch, (N, …). Received: shape {values.shape}. Use saliency[n : n + 1] for one example."
        )
    if "class" in axes:
        raise ValueError(
            f"{who} takes one map per example. Received: maps of {values.shape[1]} classes each. Explain one score, or give the "
            "array of one class, saliency.values[:, k]."
        )
    if values.dtype.kind not in "fiub" or not np.isfinite(values).all():
        raise ValueError(
            f"{who} takes finite real numbers. Received: dtype {values.dtype}"
            f"{', with NaN or infinity' if values.dtype.kind == 'f' else ''}. Look for the cause in the explanation."
        )
    return values.astype("float64" if values.dtype == np.float64 else "float32", copy=False)


def fitted(values: np.ndarray, shape: tuple[int | None, ...], who: str) -> np.ndarray:
    """Give maps (N, ...) the axes of a target; those left out, at the end, get size 1.

    Args:
        values: of a batch.
        shape: of the target, (None, ...).
        who: name of the measure, for errors.

    Raises:
        ValueError: they do not fit.
    """
    wide = values.reshape(values.shape + (1,) * max(0, len(shape) - values.ndim))
    if not broadcasts(wide.shape[1:], shape[1:]):
        raise ValueError(
            f"{who} takes a map that fits the target, shape (N{''.join(f', {n}' for n in shape[1:])}), without or with size 1 for axes "
            f"that are hidden whole. Received: shape {values.shape}. Explain the same target, or give the measure its target_extractor."
        )
    return wide


class Elements:
    """The elements of maps that are hidden or shown one after another, or groups of them.

    Args:
        values: maps with the axes of the target, (N, ...), size 1 where hidden whole.
        groups: `Groups`, or None.
        shape: of the target, (None, ...).

    Attributes:
        strength: (N, d), the saliency of each element, or its sum over each group.
        count: d.
    """

    def __init__(self, values: np.ndarray, groups: Groups | None, shape: tuple[int | None, ...]):
        self._shape, self._names = values.shape, None
        if groups is None:
            self.strength = values.reshape(len(values), -1).astype("float64")
        else:
            self._names = groups.on(shape, None).numbers
            self.strength, self._shape = self._sums(values), self._names.shape
        self.count = self.strength.shape[1]

    def _sums(self, values: np.ndarray) -> np.ndarray:
        names = self._names
        assert names is not None
        both = np.broadcast_shapes(values.shape[1:], names.shape[1:])
        wide = np.broadcast_to(values, (len(values), *both)).reshape(len(values), -1)
        places = np.broadcast_to(names, (len(values), *both)).reshape(len(values), -1)
        sums = np.zeros((len(values), int(names.max()) + 2))
        np.add.at(sums, (np.arange(len(values))[:, None], places), wide)
        return sums[:, :-1]  # -1 are in no group

    def ranks(self, order: str = "most") -> np.ndarray:
        """Return the place of each element in the order of saliency, int32 with the target's axes; ties in the order of position.

        Args:
            order: "most" salient first, or "least".
        """
        sign = -1 if order == "most" else 1
        sorted_ = np.argsort(sign * self.strength, 1, kind="stable")
        ranks = np.empty(sorted_.shape, "int32")
        np.put_along_axis(ranks, sorted_, np.arange(self.count, dtype="int32")[None], 1)
        return self.placed(ranks)

    def placed(self, numbers: np.ndarray) -> np.ndarray:
        """Give numbers of elements (N, d) the axes of the target; `NEVER` where an element is in no group."""
        if self._names is None:
            return numbers.reshape(self._shape)
        names = np.broadcast_to(self._names, (len(numbers), *self._names.shape[1:])).reshape(len(numbers), -1)
        found = np.where(names < 0, NEVER, np.take_along_axis(numbers, np.maximum(names, 0), 1))
        return found.reshape(len(numbers), *self._names.shape[1:]).astype(numbers.dtype)
