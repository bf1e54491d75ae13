"""Tests over runs: Student's t, and what several tests at once cost."""

import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike


def two_sided(t: ArrayLike, freedom: int) -> np.ndarray:
    """Compute P(|T| ≥ |t|) of Student's t distribution.

    Args:
        t: numbers; infinity is allowed.
        freedom: degrees of freedom.

    Example:
        >>> from kerasal.concepts.inference import two_sided
        >>> two_sided([2.262, 0.0], 9).round(4).tolist()
        [0.05, 1.0]
    """
    share = freedom / (freedom + np.square(np.asarray(t, "float64")))
    return tf.math.betainc(np.full_like(share, freedom / 2), np.full_like(share, 0.5), share).numpy()


def half_width(freedom: int, level: float = 0.95) -> float:
    """Find how many standard errors an interval reaches to either side.

    Args:
        freedom: degrees of freedom.
        level: how often the interval holds the mean.

    Example:
        >>> from kerasal.concepts.inference import half_width
        >>> round(half_width(9), 3), round(half_width(10**6), 2)
        (2.262, 1.96)
    """
    low, high = 0.0, 1.0
    while two_sided(high, freedom) > 1 - level:
        high *= 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if two_sided(middle, freedom) > 1 - level else (low, middle)
    return high


def of_runs(values: np.ndarray) -> np.ndarray:
    """Compute p-values of the t-test that the mean over runs is 0, two-sided.

    Runs that agree entirely have no spread, and no number of runs tells more than the chance that all of them fall on one side: p
    is never below 2 / 2^R.

    Args:
        values: (..., R) of R independent runs, as often above 0 as below where there is no effect.
    """
    runs = values.shape[-1]
    mean, error = values.mean(-1), values.std(-1, ddof=1) / np.sqrt(runs)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where(mean == 0, 0.0, mean / error)
    return np.maximum(two_sided(t, runs - 1), least_p(runs))


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
