"""Temporal saliency rescaling: which steps of a series matter, times which features matter there."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kerasal._engine.bound_score import BoundScore, Evaluated
from kerasal._engine.contract import Points, Totals, Traits
from kerasal._engine.forward import Forward
from kerasal._errors import check_flags
from kerasal._network.precision import as_real
from kerasal.baselines import Fill
from kerasal.calculators.attribution import placed
from kerasal.calculators.base import Calculator
from kerasal.calculators.windows import Windows

_ALL = -1  # of the features of a step


class TemporalRescalingCalculator(Calculator):
    """Temporal saliency rescaling (Ismail et al. 2020, arXiv:2010.13924, algorithm 1, over the gradient).

    The gradient of a recurrent network blurs a cause over time and features. Here a step is hidden, and so much as the whole map
    changes by it is the relevance of the step; one feature at one step is hidden, and so much as the map changes is that of
    the feature there; the saliency is their product. The paper leaves features out at steps below a threshold; here none is. It
    takes steps × (features + 1) gradients: gather features by a layer before, or shorten the series, where that is too many.

    Args:
        model, score, target_extractor, eval_fun, logits: see `Calculator`.
        fill: what hides; see `OcclusionCalculator`.
        multiply_target: over gradient × target, or the gradient alone.

    Shapes:
        x (N, T, ...) -> compute (M, N, T, ...), explain (N, T, ...), not negative; what is behind the time are features. Units:
        those of the map squared.

    Raises:
        ValueError: a target whose lengths are not known.

    Example:
        >>> import keras, numpy as np
        >>> from kerasal import TemporalRescalingCalculator
        >>> model = keras.Sequential([keras.Input((6, 3)), keras.layers.LSTM(4), keras.layers.Dense(2)])
        >>> TemporalRescalingCalculator(model).explain(np.random.rand(5, 6, 3)).shape
        (5, 6, 3)
    """

    traits = Traits()

    def __init__(
        self,
        model: keras.Model,
        score: Any = None,
        target_extractor: Any = None,
        eval_fun: Callable[..., Any] | None = None,
        fill: Any = 0.0,
        multiply_target: bool = True,
        logits: bool = True,
    ):
        super().__init__(model, score, target_extractor, eval_fun, logits)
        check_flags(multiply_target=multiply_target)
        self.fill, self.multiply_target = Fill(fill), multiply_target

    def points(self, shape: tuple[int | None, ...], forward: Forward) -> Points:
        """Plan a point for each step, and one for each feature of each step."""
        lengths = [length for length in shape[1:] if length is not None]
        if len(lengths) < len(shape) - 1:
            raise ValueError(
                f"{type(self).__name__} explains series (N, T, …) of known lengths. Received: a target of shape {shape}. Give the Input its "
                "length, or name a layer that gives such a series."
            )
        self.fill.check(shape, forward.target_dtype)
        steps, features = lengths[0], int(np.prod(lengths[1:]))
        step, feature = np.meshgrid(np.arange(steps), np.arange(_ALL, features), indexing="ij")
        plan = {"step": step.ravel(), "feature": feature.ravel(), "place": np.arange(step.size)}
        context = steps, features, Windows(shape, None, 1, 1).axes, shape
        return Points({name: array.astype("int32") for name, array in plan.items()}, context=context)

    def attribution(self, score: BoundScore, target: tf.Tensor, at: dict[str, tf.Tensor]) -> tf.Tensor:
        """Compare the maps of series with some parts hidden with that of the series itself: (R, T × (1 + F), 1, …)."""
        steps, features, axes, _ = score.context
        hidden = tf.range(steps)[None, :, None] == at["step"][:, None, None]
        feature = at["feature"][:, None, None]
        hidden &= (feature == _ALL) | (tf.range(features)[None, None] == feature)
        hidden = tf.reshape(hidden, [-1, 1, *target.shape[1:]])
        points = tf.concat([target[None], tf.where(hidden, self.fill(target, axes), target)], 0)
        points.set_shape([None, *target.shape])

        def of_points(evaluated: Evaluated) -> tf.Tensor:
            maps = as_real(evaluated.gradient)
            maps = maps * tf.cast(points, maps.dtype) if self.multiply_target else maps
            change = tf.abs(maps[1:] - maps[:1])
            change = tf.reduce_sum(tf.reshape(change, tf.concat([tf.shape(change)[:2], [-1]], 0)), 2)  # (K, R)
            return _as_rank(placed(change, at["place"], steps * (features + 1)), target.shape.rank)

        return score.differentiate(points, of_points)

    def finish(self, totals: Totals) -> tf.Tensor:
        """Multiply the relevance of features with that of their steps."""
        steps, features, _, shape = totals.context
        changes = tf.reshape(totals.saliency, [-1, steps, features + 1])
        found = changes[..., :1] * changes[..., 1:]
        return tf.reshape(found, [-1, *shape[1:]])

    def describe(self, context: Any) -> dict[str, Any]:
        """Say what hides, and what is rescaled."""
        return {"fill": repr(self.fill), "multiply_target": self.multiply_target}


def _as_rank(numbers: tf.Tensor, rank: int) -> tf.Tensor:
    """(R, P) -> (R, P, 1, …) of so many axes."""
    return tf.reshape(numbers, tf.concat([tf.shape(numbers), [1] * (rank - 2)], 0))
