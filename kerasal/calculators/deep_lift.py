"""DeepLIFT: differences from a baseline handed back through the network, layer by layer."""

import dataclasses
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kerasal._engine.bound_score import BoundScore, Evaluated
from kerasal._engine.contract import Points, Traits
from kerasal._engine.diagnostics import GAP_TO_TELL, gap_in_words
from kerasal._engine.folded import Folded
from kerasal._engine.forward import Forward
from kerasal._errors import warn_user
from kerasal._network.backward.rescale import RescaleRules
from kerasal.calculators.attribution import row_sums
from kerasal.calculators.base import Calculator
from kerasal.calculators.path_start import PathStart, checked, told


class DeepLIFTCalculator(Calculator):
    """DeepLIFT by the rescale rule (Shrikumar et al. 2017, arXiv:1704.02685), and DeepSHAP over a `Background`.

    The values add up to f(target) − f(baseline), from one pass each: dense and convolutional layers hand back by their weights,
    element-wise functions by Δy ÷ Δx, max pooling by what the largest numbers differ by, and a product of two by the mean of the
    other factor. With a `Background` it is the mean over its baselines (DeepSHAP, Lundberg and Lee 2017, arXiv:1705.07874).

    Args:
        model, score, target_extractor, eval_fun, logits: see `Calculator`; `eval_fun` returns one number per row.
        baseline: what the target is compared with; see `IntegratedGradientsCalculator`.

    Shapes:
        x (N, *target) -> compute (M, N, *target), explain (N, *target) without the channels of `ch_axis`. Units: of the score.

    Raises:
        ValueError: naming the operation, for what has no rule: softmax between target and score, attention, recurrent layers.

    Example:
        >>> import keras, numpy as np
        >>> from kerasal import DeepLIFTCalculator
        >>> body = [keras.layers.Dense(1, activation="relu", use_bias=False), keras.layers.Dense(1, use_bias=False)]
        >>> model = keras.Sequential([keras.Input((2,)), *body])
        >>> model.set_weights([np.array([[1.0], [3.0]]), np.array([[2.0]])])
        >>> DeepLIFTCalculator(model, baseline=[0.0, -2.0]).explain(np.array([[3.0, 1.0]])).values.round(4)
        array([[3., 9.]], dtype=float32)
    """

    traits = Traits(reports_completeness=True, has_base=True, extra_sums=2, is_joint=True, asks_missing=True, passes=2)

    def __init__(
        self,
        model: keras.Model,
        score: Any = None,
        target_extractor: Any = None,
        eval_fun: Callable[..., Any] | None = None,
        baseline: Any = None,
        logits: bool = True,
    ):
        super().__init__(model, score, target_extractor, eval_fun, logits)
        self._targets = [objective.target for objective in self.objectives]
        self.baseline = checked(baseline, self._targets)
        start = PathStart(self.baseline, self._targets)
        self._baselines = start.count
        self.traits = dataclasses.replace(self.traits, is_random=start.is_drawn)

    def points(self, shape: tuple[int | None, ...], forward: Forward) -> Points:
        """List the baselines, where there are several."""
        own = PathStart(self.baseline, self._targets).fit(forward.objective.target, shape)
        several = {"which": np.arange(self._baselines, dtype="int32")} if self._baselines > 1 else {}
        return Points(several, per_example=own, context=own)

    def attribution(self, score: BoundScore, target: tf.Tensor, at: dict[str, tf.Tensor]) -> tuple[tf.Tensor, ...]:
        """Add up what the target has against some baselines, and by how much it misses f(target) − f(baseline)."""
        points, baselines = self._compared(score, target, at)
        way = points - baselines

        def of_multipliers(evaluated: Evaluated) -> tuple[tf.Tensor, ...]:
            saliency, owed = evaluated.gradient * way, evaluated.values - evaluated.references
            if at:
                saliency, owed = (tf.reduce_sum(each, 0) / self._baselines for each in (saliency, owed))
            return saliency, row_sums(saliency) - owed, owed

        found: tuple[tf.Tensor, ...]
        found = score.differentiate(points, of_multipliers, rules=RescaleRules(baselines))
        return found

    def _compared(self, score: BoundScore, target: tf.Tensor, at: dict[str, tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
        """The target and its baseline, (R, ...), or those of some of several baselines, (K, R, ...)."""
        which = at.get("which", tf.zeros([1], tf.int32))
        start = PathStart(self.baseline, self._targets).at(score, target, which)
        points = tf.repeat(target[None], tf.size(which), axis=0)
        baselines = score.rest.at(tf.broadcast_to(start, tf.shape(points)))
        return (points, baselines) if at else (target, tf.ensure_shape(baselines[0], target.shape))

    def warn(self, folded: Folded) -> None:
        """Warn of examples whose values do not add up, to more than rounding."""
        missed = gap_in_words(folded, GAP_TO_TELL)
        if missed:
            warn_user(
                f"DeepLIFT values do not add up to f(target) − f(baseline) {missed} Something on the way is decided by the target "
                "alone, such as an index or a class; IntegratedGradientsCalculator shows what it is worth.",
            )

    def describe(self, context: Any) -> dict[str, Any]:
        """Say what the target is compared with."""
        return {"baseline": told(self.baseline)}
