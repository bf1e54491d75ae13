"""Tests and intervals over runs, and what several tests at once cost."""

import numpy as np

MOST_RUNS = 40  # sums of half of them are 8 MB


def of_runs(values: np.ndarray) -> np.ndarray:
    """Compute p-values of no effect, two-sided, where a run is then as likely to give -v as v (Fisher's randomization test).

    Of all 2^R ways to turn runs round, p is the share whose sum is as far from 0 as that of the values. It is exact for values of any
    distribution, also for runs that give 1 or -1 alone, of which a t-test with many tests beside it finds too much.

    Args:
        values: (K, R) of K effects in R independent runs, at most `MOST_RUNS`.

    Example:
        >>> import numpy as np
        >>> from kerasal.concepts.inference import of_runs
        >>> of_runs(np.array([[1.0, 1.0, 1.0, 1.0], [1.0, 2.0, 3.0, -1.0], [0.0, 0.0, 0.0, 0.0]])).tolist()
        [0.125, 0.375, 1.0]
    """
    return np.array([_share_beyond(row) for row in np.asarray(values, "float64")])


def _share_beyond(values: np.ndarray) -> float:
    """The share of sums ±v ± … whose size is that of the sum or more, from those of the two halves."""
    reach = abs(values.sum()) * (1 - 1e-9)
    if reach == 0:
        return 1.0
    first, second = (_sums(half) for half in (values[::2], values[1::2]))
    above = len(second) - np.searchsorted(np.sort(second), reach - first)
    return float(2 * above.sum() / 2.0 ** len(values))


def _sums(values: np.ndarray) -> np.ndarray:
    """The 2^n sums of ±v, in any order."""
    found = np.zeros(1)
    for value in values:
        found = np.concatenate([found + value, found - value])
    return found


def least_p(runs: int) -> float:
    """Return the smallest p-value that so many runs can give."""
    return 2.0 ** (1 - runs)


def holm(p: np.ndarray) -> np.ndarray:
    """Correct p-values for their number (Holm 1979): one of them is below α by chance in a share α of all studies.

    Args:
        p: (K,).

    Example:
        >>> import numpy as np
        >>> from kerasal.concepts.inference import holm
        >>> holm(np.array([0.01, 0.04, 0.03])).tolist()
        [0.03, 0.06, 0.06]
    """
    order = np.argsort(p, kind="stable")
    scaled = np.maximum.accumulate(np.minimum(1, p[order] * np.arange(len(p), 0, -1)))
    found = np.empty(len(p))
    found[order] = scaled
    return found
