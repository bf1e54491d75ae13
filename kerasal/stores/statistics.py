"""Means of |saliency| over a data set, with intervals: of each element, class and region, added up chunk by chunk."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from kerasal._folds.student import half_width
from kerasal.saliency import Saliency

Spreads = dict[tuple[str, Any], "Spread"]  # by what they are of, and the class where it is one
ELEMENTS_OF_CLASSES = 4096  # a map up to this size has a mean for each class and element
_AT_ONCE = 80_000  # numbers


@dataclasses.dataclass(frozen=True)
class Estimate:
    """A mean over examples, with its 95 % interval by Student's t; NaN where there are too few examples.

    Attributes:
        mean: an array, float64; low, high: the ends of the interval, arrays of the same shape; count: examples.
    """

    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray
    count: int


@dataclasses.dataclass(frozen=True)
class Statistics:
    """Means of |saliency| over the examples of a store.

    Attributes:
        elements: of each element of the map; `mean` has the shape of the map of an example.
        total: of the mean over a map; `mean` has no axes.
        classes: {class: of each element, or, of maps of more than 4096 elements, of the mean over a map}; the class in y where the data
            set has one, else the predicted one; empty where there is neither.
        regions: of the mean over each region, `mean` (R,) in the order of `region_names`; None where no regions were given.
        region_names: the numbers of the regions.
    """

    elements: Estimate
    total: Estimate
    classes: Mapping[int | str, Estimate]
    regions: Estimate | None
    region_names: tuple[int, ...]


@dataclasses.dataclass(frozen=True)
class Spread:
    """Count, mean and sum of squared deviations of some numbers, which add up (Chan, Golub and LeVeque 1979).

    Args:
        count: how many; mean: array; squares: array of the same shape.

    Example:
        >>> numbers = np.array([[1.0, 2.0], [3.0, 8.0], [5.0, 2.0]])
        >>> Spread.of(numbers[:1]).with_more(Spread.of(numbers[1:])).mean.tolist()
        [3.0, 4.0]
    """

    count: int
    mean: np.ndarray
    squares: np.ndarray

    @classmethod
    def of(cls, numbers: np.ndarray) -> "Spread":
        """Sum up numbers (n, ...) over their first axis."""
        mean = numbers.mean(0)
        return cls(len(numbers), mean, np.square(numbers - mean).sum(0))

    def with_more(self, other: "Spread") -> "Spread":
        """Return what is known of the numbers of both."""
        count = self.count + other.count
        apart = other.mean - self.mean
        mean = self.mean + apart * (other.count / count)
        return Spread(count, mean, self.squares + other.squares + np.square(apart) * (self.count * other.count / count))

    def estimate(self) -> Estimate:
        """Return the mean with its interval."""
        if self.count < 2:
            unknown = np.full_like(self.mean, np.nan)
            return Estimate(self.mean, unknown, unknown, self.count)
        half = half_width(self.count - 1) * np.sqrt(self.squares / (self.count - 1) / self.count)
        return Estimate(self.mean, self.mean - half, self.mean + half, self.count)


def spreads_of(saliency: Saliency, regions: np.ndarray | None) -> Spreads:
    """Sum up the maps of some examples.

    Args:
        saliency: a batch.
        regions: number of the region of each element, negative for none, shape of the map of an example; or None.

    Returns:
        {("elements", None), ("total", None), ("regions", None), ("class", 3), …: `Spread`}.
    """
    values, classes = saliency.values, _classes(saliency)
    names = [] if classes is None else np.unique(classes).tolist()
    parts: list[Any] = [regions == number for number in names_of_regions(regions)]
    means = np.empty((len(values), 1 + len(parts)))  # of a map, and of its regions
    found: Spreads = {}
    if names and values[0].size <= ELEMENTS_OF_CLASSES:
        for each in names:
            spread = _of_elements(values, np.flatnonzero(classes == each), parts, means)
            found = added(found, {("elements", None): spread, ("class", each): spread})
    else:
        found["elements", None] = _of_elements(values, np.arange(len(values)), parts, means)
        found |= {("class", each): Spread.of(means[classes == each, 0]) for each in names}
    found["total", None] = Spread.of(means[:, 0])
    if parts:
        found["regions", None] = Spread.of(means[:, 1:])
    return found


def _of_elements(values: np.ndarray, rows: np.ndarray, parts: Sequence[np.ndarray], means: np.ndarray) -> Spread:
    """Sum up the elements of some maps, as many at a time as the cache of a core holds; their means go into `means`."""
    spread: Spread | None = None
    for some in np.array_split(rows, -(-rows.size * values[0].size // _AT_ONCE)):
        maps = np.abs(values[some].astype("float64"))
        means[some, 0] = maps.reshape(len(maps), -1).mean(1)
        for k, part in enumerate(parts):
            means[some, 1 + k] = maps[:, part].mean(1)
        spread = Spread.of(maps) if spread is None else spread.with_more(Spread.of(maps))
    assert spread is not None  # there are rows
    return spread


def names_of_regions(regions: np.ndarray | None) -> tuple[int, ...]:
    """List the numbers of regions, from 0 upwards."""
    return () if regions is None else tuple(k for k in np.unique(regions).tolist() if k >= 0)


def added(spreads: Spreads, more: Spreads) -> Spreads:
    """Add up the sums of two sets of examples."""
    return {
        **spreads,
        **{name: spreads[name].with_more(each) if name in spreads else each for name, each in more.items()},
    }


def statistics_of(spreads: Spreads, region_names: tuple[int, ...]) -> Statistics:
    """Make the statistics of sums.

    Args:
        spreads: as `spreads_of` gives them, of all examples.
        region_names: the numbers of the regions.
    """
    estimates = {name: each.estimate() for name, each in spreads.items()}
    classes = sorted(
        ((which, each) for (what, which), each in estimates.items() if what == "class"), key=lambda pair: pair[0]
    )
    elements, total = estimates["elements", None], estimates["total", None]
    return Statistics(elements, total, dict(classes), estimates.get(("regions", None)), region_names)


def as_arrays(spreads: Spreads) -> tuple[dict[str, np.ndarray], list[Any]]:
    """Take sums apart: (arrays by name, [what, which, count] of each)."""
    arrays = dict[str, np.ndarray]()
    for k, each in enumerate(spreads.values()):
        arrays |= {f"mean.{k}": each.mean, f"squares.{k}": each.squares}
    return arrays, [[*name, each.count] for name, each in spreads.items()]


def from_arrays(arrays: Mapping[str, np.ndarray], listed: list[Any]) -> Spreads:
    """Put sums together again, see `as_arrays`."""
    return {
        (what, which): Spread(count, arrays[f"mean.{k}"], arrays[f"squares.{k}"])
        for k, (what, which, count) in enumerate(listed)
    }


def _classes(saliency: Saliency) -> np.ndarray | None:
    """The class of each example: as told, else as predicted."""
    labels, predictions = saliency.labels, saliency.predictions
    if labels is not None and np.asarray(labels).dtype.kind in "iubU":
        return np.asarray(labels)
    if predictions is not None and "class" in (predictions.dtype.names or ()):
        return np.asarray(predictions["class"])
    return None
