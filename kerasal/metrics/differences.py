"""Paired differences between recipes, with bootstrap intervals and Holm's correction."""

import dataclasses
import itertools
from collections.abc import Mapping

import numpy as np

from kerasal._vocabulary import checks_keywords

_RESAMPLES = 10_000
_LEVEL = 0.05
_AT_ONCE = 10**7  # numbers drawn at a time


@checks_keywords
@dataclasses.dataclass(frozen=True)
class Difference:
    """The difference of two recipes by one measure, over the examples that have a value for both.

    Attributes:
        measure, first, second: names; count: of examples.
        mean: of first − second; low, high: its 95 % interval by the percentiles of resampled examples (Efron 1979).
        p: two-sided, corrected for all pairs of the measure (Holm 1979); of n examples no less than 2^(1−n), that of all signs alike,
            so that five examples or fewer tell nothing.
        verdict: "better", "worse" or "cannot tell", of the first against the second.
    """

    measure: str
    first: str
    second: str
    count: int
    mean: float
    low: float
    high: float
    p: float
    verdict: str

    def __str__(self) -> str:
        of_first = {"better": "is better than", "worse": "is worse than"}.get(self.verdict)
        told = f"{self.mean:+.3g}, 95 % interval {self.low:+.3g} to {self.high:+.3g}, {self.count} examples"
        if of_first is None:
            return f"{self.measure}: cannot tell {self.first} from {self.second} ({told})"
        return f"{self.measure}: {self.first} {of_first} {self.second} ({told})"


def differences_of(
    measure: str, values: Mapping[str, np.ndarray], *, higher_is_better: bool | None, seed: int = 0
) -> list[Difference]:
    """Compare each pair of recipes by one measure.

    Args:
        measure: its name.
        values: {recipe: (N,)}, of the same examples, NaN where one has no value.
        higher_is_better: True, False, or None, of which nothing is better.
        seed: of the resamples.
    """
    pairs = list(itertools.combinations(values, 2))
    found = [_resampled(values[first] - values[second], seed) for first, second in pairs]
    adjusted = holm([p for *_, p in found])
    made = []
    for (first, second), (count, mean, low, high, _), p in zip(pairs, found, adjusted, strict=True):
        verdict = "cannot tell"
        if p < _LEVEL and not low <= 0 <= high and higher_is_better is not None:
            verdict = "better" if (mean > 0) == higher_is_better else "worse"
        made.append(Difference(measure, first, second, count, mean, low, high, p, verdict))
    return made


def holm(p: list[float]) -> list[float]:
    """Correct the p of several tests, so that the chance of one false finding among them is kept (Holm 1979).

    Example:
        >>> holm([0.01, 0.04, 0.03])
        [0.03, 0.06, 0.06]
    """
    order = np.argsort(p)
    found = np.empty(len(p))
    found[order] = np.minimum(1, np.maximum.accumulate([(len(p) - k) * p[n] for k, n in enumerate(order)]))
    return [round(float(each), 12) for each in found]


def _resampled(differences: np.ndarray, seed: int) -> tuple[int, float, float, float, float]:
    """Count, mean, ends of the interval and p of paired differences (N,)."""
    kept = differences[~np.isnan(differences)]
    if len(kept) < 2 or not np.ptp(kept):
        mean = float(kept.mean()) if len(kept) else float("nan")
        is_sure = len(kept) > 1 and mean != 0  # the same difference for every example
        return len(kept), mean, mean, mean, 2.0 ** (1 - len(kept)) if is_sure else 1.0
    random, means = np.random.default_rng(seed & (2**63 - 1)), list[np.ndarray]()
    for begin in range(0, _RESAMPLES, step := max(1, _AT_ONCE // len(kept))):
        count = min(step, _RESAMPLES - begin)
        means.append(kept[random.integers(0, len(kept), (count, len(kept)))].mean(1))
    drawn = np.concatenate(means)
    low, high = np.quantile(drawn, [_LEVEL / 2, 1 - _LEVEL / 2])
    by_resamples = 2 * (min((drawn <= 0).sum(), (drawn >= 0).sum()) + 1) / (len(drawn) + 1)
    p = min(1.0, max(by_resamples, 2.0 ** (1 - len(kept))))  # resamples of few examples are too alike
    return len(kept), float(kept.mean()), float(low), float(high), float(p)
