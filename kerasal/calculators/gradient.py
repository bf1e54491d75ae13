"""The gradient of the score."""

import dataclasses
from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from kerasal._engine.bound_score import BoundScore, Evaluated
from kerasal._engine.contract import Traits
from kerasal._errors import check_flags
from kerasal._network.backward.relu import checked_rule, relu_rules
from kerasal._network.gradients import NoGradient
from kerasal._network.precision import as_real
from kerasal.calculators.base import Calculator
from kerasal.calculators.several_targets import GradientsOfSeveral


class GradientCalculator(Calculator):
    """Gradient of the score with respect to the target (Simonyan et al. 2013, arXiv:1312.6034).

    With `noise_sampler` it is SmoothGrad (Smilkov et al. 2017, arXiv:1706.03825), with `method="square"` SquareGrad and with
    `method="var"` VarGrad (Adebayo et al. 2018, arXiv:1810.03307), with `train=True` BayesGrad (Akita et al. 2018,
    arXiv:1807.01985), and with both BayesGrad + SmoothGrad.

    Args:
        model, score, target_extractor, eval_fun, logits: see `Calculator`.
        multiply_target: gradient × target (Shrikumar et al. 2016, arXiv:1605.01713), at the point as evaluated.
        relu_rule: "guided" (Springenberg et al. 2014, arXiv:1412.6806) or "rectified" (deconvnet, Zeiler and Fergus 2013,
            arXiv:1311.2901) changes how Relu, Relu6 and LeakyRelu pass gradients back; None leaves them.

    Shapes:
        x (N, *target) -> compute (M, N, *target), explain (N, *target) without the channels of `ch_axis`.
        Units: score per unit of the target; of the score with `multiply_target`.

    Example:
        >>> import keras, numpy as np
        >>> from kerasal import GaussianNoiseSampler, GradientCalculator
        >>> model = keras.Sequential([keras.Input((8, 6, 2)), keras.layers.Flatten(), keras.layers.Dense(3, "softmax")])
        >>> result = GradientCalculator(model).explain(
        ...     np.random.rand(4, 8, 6, 2), noise_sampler=GaussianNoiseSampler(), method="abs", ch_axis=-1)
        >>> result.shape, result.M
        ((4, 8, 6), 30)
    """

    traits = Traits(accepts_sums=True, is_joint=True, is_slope=True)

    def __init__(
        self,
        model: keras.Model,
        score: Any = None,
        target_extractor: Any = None,
        eval_fun: Callable[..., Any] | None = None,
        multiply_target: bool = False,
        relu_rule: str | None = None,
        logits: bool = True,
    ):
        super().__init__(model, score, target_extractor, eval_fun, logits)
        check_flags(multiply_target=multiply_target)
        self.traits = dataclasses.replace(self.traits, is_slope=not multiply_target)
        self.multiply_target, self.relu_rule = multiply_target, checked_rule(relu_rule)

    def attribution(self, score: BoundScore, target: tf.Tensor, at: dict[str, tf.Tensor]) -> tf.Tensor:
        """Compute the gradient at the target."""

        def of_target(evaluated: Evaluated) -> tf.Tensor:
            return self._of_gradient(target, evaluated.gradient, score.target)

        return score.differentiate(target, of_target, rules=relu_rules(self.relu_rule))

    def together(self) -> GradientsOfSeveral:
        """Make the method that attributes all targets in one pass."""
        targets = [objective.target for objective in self.objectives]
        return GradientsOfSeveral(targets, self._of_gradient, self.relu_rule)

    def describe(self, context: Any) -> dict[str, Any]:
        """Say how the gradient is taken."""
        return {"multiply_target": self.multiply_target, "relu_rule": self.relu_rule}

    def _of_gradient(self, target: tf.Tensor, gradient: tf.Tensor | None, extractor: Any) -> tf.Tensor:
        """The saliency of a target with this gradient."""
        if gradient is None:
            raise NoGradient(extractor)
        gradient = as_real(gradient)
        return gradient * tf.cast(target, gradient.dtype) if self.multiply_target else gradient
