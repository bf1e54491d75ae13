"""Student's t distribution: how far a mean may be off."""

import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike


def two_sided(t: ArrayLike, freedom: int) -> np.ndarray:
    """Compute P(|T| ≥ |t|) of Student's t distribution.

    Args:
        t: numbers; infinity is allowed.
        freedom: degrees of freedom.

    Example:
        >>> from kerasal._folds.student import two_sided
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
        >>> from kerasal._folds.student import half_width
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
