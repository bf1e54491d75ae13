"""What a method is: how one point of the target is attributed. A new method overrides `attribution`, and what else it needs."""

from typing import Any

import tensorflow as tf


def beside(numbers, rank):
    """Numbers (K,), (R,) or (K, R) with axes of size 1 behind them, `rank` axes in all, to multiply what has more axes."""
    return tf.reshape(numbers, tf.concat([tf.shape(numbers), [1] * (rank - numbers.shape.rank)], 0))


def row_sums(tensor):
    """(R, ...) -> (R,)."""
    return tf.reduce_sum(tf.reshape(tensor, [tf.shape(tensor)[0], -1]), 1)


class Attribution:
    """The part of a calculator that differs from method to method.

    A method of several points (a path, windows) gives a `plan` of them and `references`, whose scores are known before the
    first of them; the engine packs points with samples and examples into model calls and adds up what `attribution` gives.
    R is samples × examples of a call, K and E the points and reference points of it.

    Attributes:
        accepts_sums: whether an `eval_fun` may return the sum over rows.
        needs_gradient: whether the target must be real-valued.
        draws: whether the method is random by itself.
        accounts: whether `finish` tells the completeness gap.
        carries: how many numbers per row `attribution` gives beside the saliency, to be added up with it.
        relu_rule: None, "guided" or "rectified".
        several: the method that does several targets in one pass, or None.
    """

    accepts_sums = False
    needs_gradient = True
    draws = False
    accounts = False
    carries = 0
    relu_rule: str | None = None
    several: Any = None
    prepared: Any = None

    def attribution(self, score, target, at) -> Any:
        """Saliency of one point, or the share of it that some points of the plan have.

        Args:
            score: a `kerasal._engine.bound_score.BoundScore`: `score.differentiate(points, attribute)`, `score.evaluate(...)`.
            target: (R, ...), the point: noise is on it.
            at: {name: (K, ...)}, the part of the plan to do.

        Returns:
            (R, ...) with the target's axes, any of them of size 1; or a tuple of it and `carries` tensors (R,).
        """
        raise NotImplementedError

    def prepare(self, shape, look):
        """What must be known of the model before any work, kept as `self.prepared`.

        Args:
            shape: of the target, (None, ...).
            look: a `kerasal._engine.forward.Look`, which traces passes.
        """

    def plan(self, shape) -> dict:
        """{name: array (P, ...)} for a target of shape (None, ...): P points; {} for a method of one point, the target."""
        return {}

    def references(self, shape) -> dict:
        """{name: array (E, ...)}: points whose score is needed first, the target itself being the first of them."""
        return {}

    def reference(self, score, target, at):
        """The reference points (K, R, ...) that part `at` of `references` stands for."""
        return tf.repeat(target[None], tf.shape(next(iter(at.values())))[0], axis=0)

    def finish(self, references, saliency, *sums):
        """What is made of the sums over all points.

        Args:
            references: the scores at the reference points, (E, R), or None.
            saliency, sums: what `attribution` gave, added up.

        Returns:
            The saliency (R, ...); or (saliency, completeness gap (R,), what it should add up to (R,)).
        """
        return (saliency, *sums) if sums else saliency

    def rank_of_map(self, rank):
        """Number of axes of the saliency of a target (R, ...) of `rank` axes."""
        return rank

    def fold(self, work, blocks, plan, show_progress):
        """All examples, folded: a `Folded`, or a list of them, one after another.

        Args:
            work: `work(method, blocks, plan, keep=False, show_progress=False)` folds the samples of blocks of examples, or
                keeps them.
            blocks: the `Blocks` of all examples.
            plan: the points.
            show_progress: whether to show progress.
        """
        return work(self, blocks, plan, show_progress=show_progress)

    def companions(self) -> dict:
        """{name: array (N, ...)} that `score.companion(name)` gives the rows of."""
        return {}

    def review(self, folded):
        """Look at what came out, a `kerasal._engine.driver.Folded`; to warn of what users should know."""

    def describe(self) -> dict:
        """What a `Saliency` keeps of the method's settings, as JSON can hold it."""
        return {}
