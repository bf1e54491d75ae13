"""LIME: a linear model of the score, fitted to random choices of shown parts near the target."""

import dataclasses
import numbers
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike

from kerasal._engine.bound_score import BoundScore, Evaluated
from kerasal._engine.contract import Points, Traits
from kerasal._engine.forward import Forward
from kerasal.calculators.base import Calculator
from kerasal.calculators.hiding import HiddenBy
from kerasal.calculators.players import Players, players_on, warn_of_many
from kerasal.calculators.ridge import ridge_weights
from kerasal.calculators.windows import Groups

_LEAST, _PER_PART = 200, 10  # perturbations, where the user does not say how many
_MANY = 1000  # parts, of which a user is told


@dataclasses.dataclass(frozen=True, eq=False)
class _Fit:
    """The parts of a target, and how many perturbations a fit has."""

    players: Players
    perturbations: int


class LIMECalculator(Calculator):
    """LIME (Ribeiro et al. 2016, arXiv:1602.04938): the coefficients of a weighted ridge regression of the score on what is shown.

    Each perturbation shows a part with probability one half. Its weight is exp(−d² / (2 · `kernel_width`²)), d the cosine distance of
    what is shown to all, 1 − √(shown / parts), as in the authors' package for pictures and texts; the target itself takes part with
    weight 1. A sample is one fit, so that the spread over samples tells how much a fit is a matter of chance. The coefficient of a part
    is shared equally among its elements.

    Args:
        model, score, target_extractor, eval_fun, logits: see `Calculator`; `eval_fun` returns one number per row.
        groups, size, slide_axis, fill: what is hidden together, and by what; see `ShapleyCalculator`.
        perturbations: of a fit; None: ten for each part, at least 200.
        kernel_width: of the weights, infinity for none.
        alpha: of the ridge: the penalty on the squares of the coefficients, not on the intercept.

    Shapes:
        x (N, *target) -> (M, N, *target) and (N, *target), with size 1 for every axis that is hidden whole. Units: of the
        score.

    Example:
        >>> import keras, numpy as np
        >>> from kerasal import LIMECalculator
        >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, use_bias=False)])
        >>> model.set_weights([np.array([[1.0], [3.0], [2.0]])])
        >>> LIMECalculator(model, alpha=0.0).explain(np.array([[1.0, 5.0, 8.0]]), M=2).values.round(3)
        array([[ 1., 15., 16.]], dtype=float32)
    """

    traits = Traits(needs_gradient=False, is_random=True, keeps_masks=False)

    def __init__(
        self,
        model: keras.Model,
        score: Any = None,
        target_extractor: Any = None,
        eval_fun: Callable[..., Any] | None = None,
        groups: ArrayLike | None = None,
        size: int | Sequence[int] = 1,
        slide_axis: int | Sequence[int] | None = None,
        fill: Any = 0.0,
        perturbations: int | None = None,
        kernel_width: float = 0.25,
        alpha: float = 1.0,
        logits: bool = True,
    ):
        super().__init__(model, score, target_extractor, eval_fun, logits)
        self.groups = None if groups is None else Groups(groups)
        self.size, self.slide_axis, self.perturbations = size, slide_axis, perturbations
        self.kernel_width, self.alpha, self.fill = kernel_width, alpha, HiddenBy(fill)
        is_count = isinstance(perturbations, (int, np.integer)) and not isinstance(perturbations, bool)
        if perturbations is not None and (not is_count or not 2 <= perturbations < 2**20):
            raise ValueError(
                f"perturbations is an integer from 2, or None. Received: perturbations={perturbations!r}. Give e.g. 1000."
            )
        if not _is_number(kernel_width) or not kernel_width > 0:
            raise ValueError(
                f"kernel_width is a number above 0. Received: kernel_width={kernel_width!r}. Give e.g. 0.25."
            )
        if not _is_number(alpha) or not 0 <= alpha < np.inf:
            raise ValueError(f"alpha is a number from 0. Received: alpha={alpha!r}. Give e.g. 1.0.")

    def points(self, shape: tuple[int | None, ...], forward: Forward) -> Points:
        """Find the parts, and plan the perturbations of a fit; the target is the first reference point."""
        self.fill.check(shape, forward.target_dtype)
        players = players_on(shape, self.groups, self.size, self.slide_axis)
        count = self.perturbations or max(_LEAST, _PER_PART * players.count)
        warn_of_many(
            players.count, _MANY, f"A fit of LIME has a matrix of {players.count}² numbers, and {count} passes"
        )
        if self.alpha == 0 and count < players.count:
            raise ValueError(
                f"Without a penalty a fit needs a perturbation for each part. Received: alpha=0, {count} perturbations of "
                f"{players.count} parts. Raise one of them."
            )
        plan = self.fill.with_each({"perturbation": np.arange(count, dtype="int32")})
        return Points(plan, None, players.per_example, _Fit(players, int(count)))

    def attribution(self, score: BoundScore, target: tf.Tensor, at: dict[str, tf.Tensor]) -> tf.Tensor:
        """Add up what the scores of some perturbations contribute to the coefficients, which are linear in all of them."""
        players, count = score.context.players, score.context.perturbations
        shown = tf.reshape(_coins(score, count * players.count), [-1, count, players.count])  # (R, n, P)
        weights = self._weights(shown, at["perturbation"])  # (R, K, P)
        masks = players.elements(tf.gather(shown, at["perturbation"], axis=1), score)

        def of_perturbations(evaluated: Evaluated) -> tf.Tensor:
            more = evaluated.values - evaluated.references[0]  # of which the target itself has none
            found = tf.einsum("rkp,kr->rp", tf.cast(weights, more.dtype), more) / self.fill.count
            return players.shared(found, score)

        points = self.fill.hidden(score, target, (masks > 0) | (players.numbers(score) < 0)[None], players.axes, at)
        return score.evaluate(points, of_perturbations)

    def describe(self, context: Any) -> dict[str, Any]:
        """Say what the parts are, and how they were fitted."""
        return {
            **context.players.described(self.groups, self.size, self.slide_axis, self.fill),
            "perturbations": context.perturbations,
            "kernel_width": float(self.kernel_width),
            "alpha": float(self.alpha),
        }

    def _weights(self, shown: tf.Tensor, which: tf.Tensor) -> tf.Tensor:
        """Weigh those perturbations `which` (K,) of all (R, n, P) into coefficients: (R, K, P)."""
        distance = 1 - tf.sqrt(tf.reduce_mean(shown, -1))
        kernel = tf.exp(-(distance**2) / (2 * self.kernel_width**2))
        with_target = tf.pad(shown, [[0, 0], [1, 0], [0, 0]], constant_values=1.0)
        return ridge_weights(with_target, tf.pad(kernel, [[0, 0], [1, 0]], constant_values=1.0), self.alpha, which + 1)


def _coins(score: BoundScore, count: int) -> tf.Tensor:
    """Toss coins as a function of (seed, m, n), float32 (R, count) of 0 and 1: 16 of each number that is drawn."""
    words = score.draw("uniform", "shown parts", tf.constant(-(-count // 16)))
    bits = tf.bitwise.right_shift(tf.cast(words * 2**16, tf.int32)[..., None], tf.range(16))
    return tf.cast(tf.reshape(bits & 1, [tf.shape(words)[0], -1])[:, :count], tf.float32)


def _is_number(given: Any) -> bool:
    return isinstance(given, numbers.Real) and not isinstance(given, bool)
