"""Integrated gradients: the gradient averaged along the way from a baseline to the target, times that way."""

import numpy as np
import tensorflow as tf

from kerasal.baselines import Background, check_baseline, is_per_example, made_from
from kerasal.calculators.base import Calculator
from kerasal.quadrature import nodes_and_weights


class IntegratedGradientsCalculator(Calculator):
    """Integrated gradients (Sundararajan et al. 2017, arXiv:1703.01365): they add up to f(target) − f(baseline).

    Args:
        model, score, target_extractor, eval_fun, logits: see `Calculator`; `eval_fun` returns one number per row.
        baseline: where the path starts: None for zeros, a number, an array of one example's shape, one per example
            (N, ...), a function of the target (R, ...) as tensor, or a `Background` of several.
        steps: nodes of the path.
        quadrature: "midpoint", "gauss_legendre", "trapezoid", or "linspace" (that of Chainer Chemistry); the first two never
            take the gradient at the ends.

    Shapes:
        x (N, *target) -> compute (M, N, *target), explain (N, *target) without the channels of `ch_axis`. Units: of the score.

    How far the sum misses f(target) − f(baseline) is `Saliency.completeness_gap`, and `relative_gap` the share of it. All
    nodes of a sample have its noise and its dropout masks.

    Example:
        >>> import keras, numpy as np
        >>> from kerasal import IntegratedGradientsCalculator
        >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, use_bias=False)])
        >>> model.set_weights([np.array([[1.0], [3.0], [2.0]])])
        >>> IntegratedGradientsCalculator(model, steps=3).explain(np.array([[1.0, 5.0, 8.0]])).values.round(4)
        array([[ 1., 15., 16.]], dtype=float32)
    """

    accounts = True

    def __init__(
        self,
        model,
        score=None,
        target_extractor=None,
        eval_fun=None,
        baseline=None,
        steps=32,
        quadrature="midpoint",
        logits=True,
    ):
        super().__init__(model, score, target_extractor, eval_fun, logits)
        nodes_and_weights(quadrature, steps)
        self.baseline, self.steps, self.quadrature = check_baseline(baseline), steps, quadrature
        several = isinstance(baseline, Background)
        self.draws = several and baseline.drawn
        self._count = len(baseline.baselines) if several and not baseline.drawn else 1
        self._is_per_example = False

    def plan(self, shape):
        if isinstance(self.baseline, np.ndarray):
            self._is_per_example = is_per_example(self.baseline, shape)
        nodes, weights = nodes_and_weights(self.quadrature, self.steps)
        count = self._count
        return {
            "node": np.tile(nodes, count),
            "weight": np.tile(weights / np.float32(count), count),
            "which": np.repeat(np.arange(count, dtype="int32"), len(nodes)),
        }

    def references(self, shape):
        which = np.arange(-1, self._count, dtype="int32")
        return {"node": (which < 0).astype("float32"), "which": np.maximum(which, 0)}

    def companions(self):
        return {"baseline": self.baseline} if self._is_per_example else {}

    def reference(self, score, target, at):
        return self._points(target, self._baseline(score, target, at), at)

    def attribution(self, score, target, at):
        baseline = self._baseline(score, target, at)
        way = _beside(at["weight"], target) * (target - baseline)
        points = self._points(target, baseline, at)
        return score.differentiate(points, lambda here: tf.reduce_sum(here.gradient * way, 0))

    def finish(self, references, saliency):
        total = tf.reduce_sum(tf.reshape(saliency, [tf.shape(saliency)[0], -1]), 1)
        owed = references[0] - tf.reduce_mean(references[1:], 0)
        return saliency, total - owed, owed

    def describe(self):
        array = self.baseline if isinstance(self.baseline, np.ndarray) else None
        given = repr(self.baseline) if array is None else f"array {array.shape}" if array.ndim else float(array)
        return {"baseline": given, "steps": self.steps, "quadrature": self.quadrature}

    def _baseline(self, score, target, at):
        """(1 or K, 1 or R, ...), of the points `at`."""
        if self.baseline is None:
            return tf.zeros([1] * (target.shape.rank + 1))
        if isinstance(self.baseline, Background):
            if self.baseline.drawn:
                return self.baseline.draw(score)[None]
            return tf.gather(self.baseline.baselines, at["which"])[:, None]
        if callable(self.baseline):
            return made_from(self.baseline, target)[None]
        if self._is_per_example:
            return score.companion("baseline")[None]
        return tf.broadcast_to(
            self.baseline, [1] * (target.shape.rank + 1 - self.baseline.ndim) + list(self.baseline.shape)
        )

    @staticmethod
    def _points(target, baseline, at):
        return baseline + _beside(at["node"], target) * (target - baseline)


def _beside(numbers, target):
    """(K,) -> (K, 1, ...), to multiply points (K, R, ...)."""
    return tf.reshape(numbers, [-1] + [1] * target.shape.rank)
