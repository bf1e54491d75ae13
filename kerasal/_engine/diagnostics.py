"""Words for users whose map is mostly noise, or does not add up."""

import functools
from typing import Any

import numpy as np

from kerasal._errors import listed, warn_user

GAP_TO_TELL = 0.2  # a relative gap above which a decomposition is told to be incomplete
_TOO_MUCH = 0.2  # a map that is off by a fifth of its length
_MAX_SAMPLES = 4096  # of a call with `target_error`, unless it says otherwise
_ROUNDING = 2e-6  # share of a score that its own rounding may be, 16 times that of one number
_SMALL = 0.01  # a difference of scores that is as small a share of them


def warn_of_errors(explained: Any, target_error: float | None, max_samples: int, *, of_gradients: bool) -> None:
    """Warn where samples were too few.

    Args:
        explained: a `Saliency`, or a list of them or of lists.
        target_error: as the user gave it.
        max_samples: as the user gave it.
        of_gradients: do the maps come from gradients?
    """
    limit = _TOO_MUCH if target_error is None else target_error
    errors = [error for part in _flat(explained) if (error := part.relative_error) is not None]
    if not errors:
        return
    worst = functools.reduce(np.maximum, errors)
    bad = np.flatnonzero(worst > limit)
    if not len(bad):
        return
    if target_error is None:
        M = _flat(explained)[0].M
        found = (
            f"The map of M={M} samples is off by up to {worst.max():.0%} of its length (relative_error, its likely distance to that of "
            "endless samples; standard_error is that of each number)"
        )
        todo = _more_samples(M, float(worst.max()))
    else:
        found = f"target_error={target_error} is not reached with {max_samples} samples: the error is up to {worst.max():.1%}"
        todo = "Raise max_samples"
    is_signed = of_gradients and all(part.about.get("method") == "raw" for part in _flat(explained))
    hint = " A mean of signed gradients is hard to know; method='abs' takes fewer samples." if is_signed else ""
    warn_user(f"{found}, for example(s) {listed(bad)}. {todo}.{hint}")


def _more_samples(M: Any, worst: float) -> str:
    """Say what helps where M samples leave an error: how many it takes, and a `target_error` that can be reached.

    Args:
        M: number of samples, the same for all examples.
        worst: the largest relative error, inf where no more than noise is known.

    Example:
        >>> _more_samples(30, 0.4)
        'Raise M, to about 120 for 20%, or give explain, or its recipe, target_error=0.05 in place of M'
        >>> _more_samples(4000, 0.4)
        'Raise M, to about 16000 for 20%'
        >>> _more_samples(30, float("inf"))
        'Raise M tenfold to see whether there is more than noise'
    """
    if not np.isfinite(worst):
        return "Raise M tenfold to see whether there is more than noise"
    needed = {share: int(np.ceil(float(np.max(M)) * (worst / share) ** 2)) for share in (0.05, 0.1, _TOO_MUCH)}
    within = [share for share, count in needed.items() if count <= _MAX_SAMPLES]
    words = f"Raise M, to about {needed[_TOO_MUCH]} for {_TOO_MUCH:.0%}"
    return f"{words}, or give explain, or its recipe, target_error={within[0]} in place of M" if within else words


def gap_in_words(folded: Any, limit: float, *, is_told: bool = True) -> str:
    """Say "for example(s) …" which have a relative completeness gap above a limit, and more than rounding; "" if none has.

    Args:
        folded: a `Folded` whose gaps are known.
        limit: share of what the values should add up to.
        is_told: whether the result tells the gaps too.
    """
    gaps, (_, size, owed, _) = folded.relative_gap, folded.gaps
    M = np.reshape(folded.M, [-1] + [1] * (gaps.ndim - 1))
    bad = (gaps > limit) & ~(size / M <= _ROUNDING * np.abs(folded.scores))
    if not bad.any():
        return ""
    worst = np.unravel_index(np.argmax(np.where(bad, gaps, 0)), gaps.shape)
    found = (
        f"for example(s) {listed(_of_examples(bad))}: the worst relative gap is {gaps[worst]:.2g} (example {worst[0]}: "
        f"{(size / M)[worst]:.3g} of {(owed / M)[worst]:.3g}{'; see Saliency.relative_gap' if is_told else ''})."
    )
    small = bad & (owed / M < _SMALL * np.abs(folded.scores))
    if small.any():
        found += (
            f" The score hardly differs between the ends for example(s) {listed(_of_examples(small))}, so that a small gap is a "
            "large share of that: compare Saliency.completeness_gap with the values."
        )
    return found


def _of_examples(which: Any) -> Any:
    """Positions of the examples that have any, of booleans (N, ...)."""
    return np.flatnonzero(which.reshape(len(which), -1).any(1))


def _flat(explained: Any) -> list[Any]:
    return [part for each in explained for part in _flat(each)] if isinstance(explained, list) else [explained]
