"""The sum of a `Saliency`'s values beside the difference of scores that they are of."""

from typing import Any

import numpy as np

_ROUNDING = 1e-4  # share of the largest part of the sum, in float32


def unattributed(saliency: Any) -> Any:
    """Compute the part of the score that no value has.

    Args:
        saliency: a `Saliency`.

    Returns:
        float64, shape of `scores`: `scores - base_scores - sum of values`, the completeness gap with the other sign. None where values do
        not add up: no `base_scores`, values without their signs, or one of several targets that move together.
    """
    scores, base = saliency.scores, saliency.base_scores
    if scores is None or base is None:
        return None
    values = np.asarray(saliency.values, np.float64).reshape(*np.shape(scores), -1)
    rest = np.asarray(scores, np.float64) - base - values.sum(-1)
    missed = 0.0 if saliency.completeness_gap is None else rest + saliency.completeness_gap
    size = np.abs(values).sum(-1) + np.abs(scores) + np.abs(base)
    return rest[()] if np.all(np.abs(missed) <= _ROUNDING * size) else None
