"""Telling users that a map is 0 everywhere, since the score is flat where they look."""

import functools
from typing import Any

import numpy as np

from kerasal._engine.folded import Folded
from kerasal._errors import listed, warn_user
from kerasal._tree import leaves
from kerasal.scores.loss import Loss

_SATURATED = 1e-6  # distance from 0 or 1 at which a probability of float32 has no slope left
_HAS_LOGITS = ("logit", "loss")  # how the names of scores begin that are no probabilities

# The cause and the way out, where scores are 0 or 1 and elsewhere.
_ENDED = """the score is 0 or 1 to the last digit of float32 there, as a saturated probability is of which no logit was found, \
or a number where no ReLU is active ({name}). Score what goes into a probability, kerasal.scores.Unit('name of that layer', class), \
or let the model end in a softmax or sigmoid; IntegratedGradientsCalculator looks beyond a dead ReLU."""
_FLAT = """the score does not change with the target there, as where no ReLU is active or a value is clipped ({name}). \
IntegratedGradientsCalculator and noise_sampler= look beyond the point."""


def warn_of_flat_maps(folded: Folded, fold: Any, objective: Any, name: str, first: int, *, is_slope: bool) -> None:
    """Warn of examples whose map is 0 everywhere behind a saturated probability or another flat score.

    A map that is 0 for a good reason is not told of: a variance, a loss of 0, and of methods that multiply by differences of
    the target all that is not saturated.

    Args:
        folded: the results.
        fold: how samples became maps.
        objective: what was explained.
        name: of the score.
        first: position of the first example.
        is_slope: whether the map is the gradient itself, so that 0 means that the score is flat.
    """
    folds = getattr(fold, "folds", [fold])
    if any(each.fold.of_samples.least_samples > 1 for each in folds if hasattr(each, "fold")):
        return
    flat = functools.reduce(np.logical_and, (_all_zero(part, fold.example_axis) for part in leaves(folded.values)))
    if not flat.any():
        return
    scores = np.reshape(folded.scores, (len(flat), -1))
    ends = np.abs(1 - scores)
    if is_slope:
        ends = np.minimum(ends, np.abs(scores))
    saturated = flat & (ends.max(1) < _SATURATED) & (not name.startswith(_HAS_LOGITS))
    if isinstance(objective.score, Loss) and objective.eval_fun is None:
        flat &= scores[:, 0] > _SATURATED
    told = (_ENDED if saturated.any() else _FLAT).format(name=name)
    bad = np.flatnonzero(flat if is_slope else saturated)
    if len(bad):
        warn_user(f"The saliency of example(s) {listed(bad + first)} is 0 everywhere: {told}")


def _all_zero(values: np.ndarray, axis: int) -> np.ndarray:
    """Tell of each example whether its map is 0 everywhere, (N,)."""
    others = tuple(other for other in range(values.ndim) if other != axis)
    return np.logical_not(values.any(axis=others))


def warn_of_infinite(values: Any, axis: int, first: int) -> None:
    """Warn of examples whose saliency is not finite; `axis` of the values has the examples, `first` is the position of the first."""
    for part in leaves(values):
        if not np.isfinite(part.sum(dtype="float64")):  # all are finite, and no array as large is made to know it
            others = tuple(other for other in range(part.ndim) if other != axis)
            bad = np.flatnonzero(~np.isfinite(part).all(others)) + first
            warn_user(
                f"The saliency of example(s) {listed(bad)} is not finite: the score "
                "has no finite gradient there. For integrated gradients use a rule without the ends; or add noise.",
            )
