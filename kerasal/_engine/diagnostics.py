"""Telling users that a map is mostly noise."""

import warnings
from typing import Any

import numpy as np

from kerasal._errors import listed

_TOO_MUCH = 0.2  # a map that is off by a fifth of its length


def warn_of_errors(explained: Any, target_error: float | None, max_samples: int) -> None:
    """Warn where samples were too few.

    Args:
        explained: a `Saliency`, or a list of them or of lists.
        target_error: as the user gave it.
        max_samples: as the user gave it.
    """
    limit = _TOO_MUCH if target_error is None else target_error
    errors = [part.relative_error for part in _flat(explained) if part.relative_error is not None]
    worst = np.max(errors, 0) if errors else np.zeros(0)
    bad = np.flatnonzero(worst > limit)
    if not len(bad):
        return
    if target_error is None:
        M = _flat(explained)[0].M
        found = f"The map of M={M} samples is off by up to {worst.max():.0%} of its size (standard error, L2)"
        todo = "Raise M, or give target_error=0.05 in its place"
    else:
        found = f"target_error={target_error} is not reached with {max_samples} samples: the error is up to {worst.max():.1%}"
        todo = "Raise max_samples"
    hint = "A mean of signed gradients is hard to know; method='abs' takes fewer samples."
    warnings.warn(f"{found}, for example(s) {listed(bad)}. {todo}. {hint}", stacklevel=3)


def _flat(explained: Any) -> list[Any]:
    return [part for each in explained for part in _flat(each)] if isinstance(explained, list) else [explained]
