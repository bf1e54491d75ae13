"""A method: how one point of the target is attributed. A new method overrides `attribution`, and what else it needs."""

import warnings
from typing import Any

import tensorflow as tf

from kerasal._engine.bound_score import BoundScore, Evaluated
from kerasal._engine.contract import Finished, Points, Totals, Traits
from kerasal._engine.folded import Folded
from kerasal._engine.forward import Forward
from kerasal._engine.session import Session

__all__ = [
    "Attribution",
    "Evaluated",
    "Finished",
    "Points",
    "Totals",
    "Traits",
    "placed",
    "row_sums",
    "with_trailing_axes",
]

_BEFORE = {  # members of methods of 0.1: what has taken their place
    "plan": "points",
    "references": "points",
    "companions": "points",
    "prepare": "points",
    "review": "warn",
    "rank_of_map": "map_rank",
    "needs_gradient": "traits",
    "draws": "traits",
    "accounts": "traits",
    "carries": "traits",
    "accepts_sums": "traits",
}


def with_trailing_axes(numbers: tf.Tensor, rank: int) -> tf.Tensor:
    """Give numbers (K,), (R,) or (K, R) axes of size 1 behind their own, `rank` in all, to multiply what has more axes."""
    return tf.reshape(numbers, tf.concat([tf.shape(numbers), [1] * (rank - numbers.shape.rank)], 0))


def row_sums(tensor: tf.Tensor) -> tf.Tensor:
    """Add up everything but the rows: (R, ...) -> (R,)."""
    return tf.reduce_sum(tf.reshape(tensor, [tf.shape(tensor)[0], -1]), 1)


def placed(numbers: tf.Tensor, places: tf.Tensor, count: int) -> tf.Tensor:
    """Put numbers (K, R, ...) of some points at their places (K,) among all: (R, count, ...), 0 elsewhere, so that shares add up."""
    return tf.einsum("kr...,kp->rp...", numbers, tf.one_hot(places, count, dtype=numbers.dtype))


class Attribution:
    """The part of a calculator that differs from method to method: nine members, of which `attribution` is needed.

    A method of several points (a path, windows) says which by `points`; the engine packs points with samples and examples into
    model calls and adds up what `attribution` gives. R is samples × examples of a call, K and E the points and reference points
    of it.

    Attributes:
        traits: `Traits`, facts that the engine goes by.
    """

    traits: Traits = Traits()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name in _BEFORE.keys() & vars(cls).keys():
            raise TypeError(
                f"A method has traits, points, attribution, reference, finish, map_rank, fold, warn and describe. Received: "
                f"{cls.__name__}.{name}, a member of methods of kerasal 0.1. Give it by {_BEFORE[name]}."
            )

    def points(self, shape: tuple[int | None, ...], forward: Forward) -> Points:
        """Decide, before any work, which points the method looks at, and what else it must know of the model.

        Args:
            shape: of the target, (None, ...).
            forward: the model and what is asked of it: `forward.trace(handlers)` looks at a pass.
        """
        return Points()

    def attribution(self, score: BoundScore, target: tf.Tensor, at: dict[str, tf.Tensor]) -> Any:
        """Compute the saliency of one point, or the share of it that some points of the plan have.

        Args:
            score: `score.differentiate(points, attribute)`, `score.evaluate(points, attribute)`, `score.context`.
            target: (R, ...), the point: noise is on it.
            at: {name: (K, ...)}, the part of the plan to do; {} for a method of one point.

        Returns:
            (R, ...) with the target's axes, any of them of size 1; or a tuple of it and `traits.extra_sums` tensors (R,).
        """
        raise NotImplementedError

    def reference(self, score: BoundScore, target: tf.Tensor, at: dict[str, tf.Tensor]) -> tf.Tensor:
        """Make the reference points (K, R, ...) that part `at` of the references stands for; the target by default."""
        return tf.repeat(target[None], tf.shape(next(iter(at.values())))[0], axis=0)

    def finish(self, totals: Totals) -> Any:
        """Make the saliency of the sums over all points.

        Args:
            totals: what `attribution` gave, added up, and the scores at the reference points.

        Returns:
            The saliency (R, ...), or a `Finished` that tells the completeness gap too.
        """
        return Finished(totals.saliency, *totals.extra) if self.traits.reports_completeness else totals.saliency

    def map_rank(self, rank: int, context: Any) -> Any:
        """Count the axes of the saliency of a target (R, ...) of `rank` axes; `context` is that of the `Points`."""
        return rank

    @property
    def is_planned(self) -> bool:
        """True where the `points` of a call are all that it looks at."""
        return True

    def fold(self, session: Session, fold: Any) -> Folded:
        """Fold the samples of all examples.

        Args:
            session: `session.fold(fold)` folds the samples of all examples, or of some; see there.
            fold: how samples become a map.
        """
        return session.fold(fold)

    def warn(self, folded: Folded) -> None:
        """Look at what came out, and warn of what users should know."""

    def describe(self, context: Any) -> dict[str, Any]:
        """Say what a `Saliency` keeps of the method, as JSON can hold it; `context` is that of the `Points`."""
        return {}


def __getattr__(name: str) -> Any:
    if name == "beside":
        told = "kerasal.calculators.attribution.beside is called with_trailing_axes. Received: its old name. Import the new one."
        warnings.warn(told, DeprecationWarning, stacklevel=2)
        return with_trailing_axes
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
