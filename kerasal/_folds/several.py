"""Several folds of one pass of samples: one per method, or one per target."""

from collections.abc import Sequence
from typing import Any

from kerasal._folds.moments import BlockMoments, FoldedMap, Moments


class Several:
    """Folds that all take the same samples.

    Args:
        folds: a `Moments` or `Stack` for each.
    """

    def __init__(self, folds: Sequence[Any]):
        self.folds, self.example_axis = list(folds), folds[0].example_axis
        self.keeps_samples, self.is_of_mean = folds[0].keeps_samples, all(fold.is_of_mean for fold in folds)
        self.key: Any = (type(self), *(fold.key for fold in self.folds))
        self.parts_of_user = [part for fold in self.folds for part in fold.parts_of_user]

    def each(self, given: Any) -> Any:
        """Give each fold its part of something: all of it."""
        return [given] * len(self.folds)

    def check(self, rank: Any, samples: int | None = None, classes: int = 0) -> None:
        """Refuse what one of the folds refuses."""
        for fold, of_fold in zip(self.folds, self.each(rank), strict=True):
            fold.check(of_fold, samples, classes)

    def check_error(self) -> None:
        """Refuse what has no standard error."""
        for fold in self.folds:
            fold.check_error()

    def init(self, rank: Any) -> list[Any]:
        """State of each before any sample."""
        return [fold.init(of_fold) for fold, of_fold in zip(self.folds, self.each(rank), strict=True)]

    def open(self, states: list[Any]) -> list[Any]:
        """States as a compiled call goes on with them."""
        return [fold.open(state) for fold, state in zip(self.folds, states, strict=True)]

    def update(self, states: list[Any], samples: Any) -> list[Any]:
        """Fold samples into each."""
        each = zip(self.folds, states, self.each(samples), strict=True)
        return [fold.update(state, s) for fold, state, s in each]

    def of_one(self, samples: Any) -> FoldedMap:
        """Make the maps of a single sample."""
        return _as_lists([fold.of_one(s) for fold, s in zip(self.folds, self.each(samples), strict=True)])

    def close(self, states: list[Any]) -> list[Any]:
        """States as a compiled call returns them."""
        return [fold.close(state) for fold, state in zip(self.folds, states, strict=True)]

    def collect(self, kept: Any, closed: list[Any]) -> tuple[Any, Any]:
        """Between compiled calls: (what is kept so far, what a call returned) -> (kept, states of the next call)."""
        each = zip(self.folds, kept or [None] * len(closed), closed, strict=True)
        found = [fold.collect(k, c) for fold, k, c in each]
        return [k for k, _ in found], [state for _, state in found]

    def finalize(self, kept: Any) -> FoldedMap:
        """Make the maps of all samples."""
        return _as_lists([fold.finalize(of_fold) for fold, of_fold in zip(self.folds, kept, strict=True)])


class PerTarget(Several):
    """One fold per target, of samples and ranks that come as a list."""

    def each(self, given: Any) -> Any:
        """Give each fold that of its target."""
        return given


class Parts(Several):
    """One fold per part of a joint target, whose numbers lie side by side: samples (S, N, [classes,] F).

    Args:
        folds: a `Moments`, `Stack` or `Several` for each.
        target: the `JointTarget`, which knows how to take numbers apart.
    """

    def __init__(self, folds: Sequence[Any], target: Any):
        super().__init__(folds)
        self._target, self.key = target, (*self.key, target.shapes)

    def each(self, given: Any) -> Any:
        """Give each fold its samples, or its rank for that of all."""
        if isinstance(given, int):
            return [given - 2 + len(shape) for shape in self._target.shapes]
        return self._target.split(given)


def _as_lists(of_folds: Sequence[FoldedMap]) -> FoldedMap:
    """Make lists of the values, of the standard deviations and of the errors."""
    return FoldedMap(*(list(part) for part in zip(*of_folds, strict=True)))


def fold_of(method: Any, ch_axis: Any, ch_reduce: str, *, stratified: bool = False) -> Any:
    """Return the `Moments` of a method, or `Several` of a list of methods; of stratified samples `BlockMoments`.

    Raises:
        ValueError: an empty list, or what `Moments` refuses.

    Example:

    >>> fold_of("abs", -1, "sum").name, [fold.name for fold in fold_of(("raw", "square"), -1, "sum").folds]
    ('abs', ['raw', 'square'])
    """
    kind = BlockMoments if stratified else Moments
    if not isinstance(method, (list, tuple)):
        return kind(method, ch_axis, ch_reduce)
    if not method:
        raise ValueError("A list of methods has one or more. Received: an empty one. Pass e.g. ['raw', 'abs'].")
    return Several([kind(each, ch_axis, ch_reduce) for each in method])
