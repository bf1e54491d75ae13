"""Results of a compiled program for some examples."""

import dataclasses
import functools
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from kerasal._folds.uncertainty import relative_error
from kerasal._tree import mapped


@dataclasses.dataclass
class Folded:
    """Results for some examples: NumPy arrays, examples first (second in samples that were kept).

    Attributes:
        values: the map, or the samples; std: over samples, or None; rank: number of axes of the saliency of a sample; all
            are lists where the fold is of several targets, the first two where it is of several methods.
        error: standard error of values where it is not std/√M, else None; a list as they are.
        M: how many samples, one number per example, (N,).
        scores: at the clean input.
        gaps: sums over samples of the completeness gap, of its absolute value, of that of what it is a part of, and of this, (4, N, ...).
        predicted: what the model says of the clean input, (N, C).
    """

    values: Any
    std: Any
    error: Any
    M: Any
    scores: Any
    gaps: Any
    predicted: Any
    rank: Any

    @property
    def relative_gap(self) -> np.ndarray:
        """(N, ...): mean absolute gap over samples ÷ the mean absolute value of what the saliency should add up to."""
        _, gap, owed, _ = self.gaps
        about = np.finfo(self.scores.dtype)
        rounding = 8 * about.eps * (np.abs(self.scores) + owed)
        share: np.ndarray = np.where(gap > rounding, gap / np.maximum(owed + rounding, about.tiny), 0)
        return share

    def of_target(self, place: int) -> "Folded":
        """Return what belongs to one of several targets."""
        return dataclasses.replace(self.of_method(place), rank=self.rank[place])

    def of_method(self, place: int) -> "Folded":
        """Return what belongs to one of several methods."""
        return dataclasses.replace(self, values=self.values[place], std=self.std[place], error=self.error[place])

    @property
    def relative_error(self) -> np.ndarray:
        """(N,): how far the map may be off, see `kerasal._folds.uncertainty`; the worst of several."""
        if isinstance(self.values, list):
            worst: np.ndarray = np.max([self.of_method(n).relative_error for n in range(len(self.values))], 0)
            return worst
        if self.std is None:
            return np.zeros(len(self.M), "float32")
        return relative_error(self.values, self.std, self.M, self.error)

    def part(self, begin: int, end: int) -> "Folded":
        """Return some of the examples."""

        def cut(parts: Any) -> Any:
            return mapped(lambda part: None if part is None else part[begin:end], parts)

        per_example = {
            name: cut(getattr(self, name)) for name in ("values", "std", "error", "M", "scores", "predicted")
        }
        return dataclasses.replace(self, **per_example, gaps=self.gaps[:, begin:end])

    @classmethod
    def joined(cls, parts: Iterable["Folded"], axis: int, total: int | None = None) -> "Folded":
        """Put together the examples of several parts, one after another; each part is copied, and let go, as it comes.

        Args:
            parts: an iterable of `Folded`.
            axis: of the values that has the examples.
            total: how many examples, or None to count them first.
        """
        if total is None:
            parts = list(parts)
            total = sum(len(part.scores) for part in parts)
        whole: Any = None
        begin = 0
        for part in parts:
            end = begin + len(part.scores)
            if end - begin == total:
                return part
            whole = part._with_room(total, axis) if whole is None else whole
            whole._put(part, slice(begin, end), axis)
            begin = end
        joined: Folded = whole
        return joined

    @classmethod
    def padded(cls, parts: Sequence["Folded"], axis: int) -> "Folded":
        """Put together parts whose maps are of several sizes: each padded with 0, at the end of its axes, to the largest.

        Args:
            parts: one or more.
            axis: of the values that has the examples.
        """
        if len(parts) == 1:
            return parts[0]
        found = list(parts)
        for name, at in _axes(axis):
            trees = [getattr(part, name) for part in parts]
            largest = mapped(lambda *sizes: None if sizes[0] is None else np.max([a.shape for a in sizes], 0), *trees)
            for place, tree in enumerate(trees):
                padded = mapped(functools.partial(_padded, axis=at), tree, largest)
                found[place] = dataclasses.replace(found[place], **{name: padded})
        return cls.joined(found, axis)

    def _with_room(self, total: int, axis: int) -> "Folded":
        """Empty arrays like these, for `total` examples."""
        found = {}
        for name, at in _axes(axis):

            def room(part: Any, at: int = at) -> Any:
                return None if part is None else np.empty((*part.shape[:at], total, *part.shape[at + 1 :]), part.dtype)

            found[name] = mapped(room, getattr(self, name))
        return dataclasses.replace(self, **found)

    def _put(self, part: "Folded", where: slice, axis: int) -> None:
        """Copy the arrays of a part to their place, a slice of the examples."""
        for name, at in _axes(axis):

            def put(whole: Any, of_part: Any, at: int = at) -> None:
                if whole is not None:
                    whole[(slice(None),) * at + (where,)] = of_part

            mapped(put, getattr(self, name), getattr(part, name))


def _padded(array: Any, largest: Any, axis: int) -> Any:
    """An array with 0 at the end of its axes up to the largest sizes, but along one."""
    if array is None:
        return None
    after = [0 if at == axis else size - have for at, (size, have) in enumerate(zip(largest, array.shape, strict=True))]
    return np.pad(array, [(0, more) for more in after]) if any(after) else array


def _axes(of_values: int) -> tuple[tuple[str, int], ...]:
    """(name, axis of the examples) of each array."""
    return ("values", of_values), ("std", 0), ("error", 0), ("M", 0), ("scores", 0), ("gaps", 1), ("predicted", 0)
