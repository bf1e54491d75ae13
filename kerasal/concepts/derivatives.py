"""Activations of a layer, and derivatives of a score along vectors there."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kerasal._engine.bound_score import BoundScore
from kerasal._engine.contract import Points
from kerasal._engine.forward import Forward
from kerasal._engine.objective import Objective
from kerasal._engine.sampling import Sampling
from kerasal._engine.session import sessions
from kerasal._engine.traces import FixedOnceUsed, Traces
from kerasal._folds.moments import Stack
from kerasal._network.targets import Extractor
from kerasal.calculators.attribution import Attribution
from kerasal.calculators.gradient import GradientCalculator
from kerasal.calculators.objectives import HasObjectives
from kerasal.scores import Pass, Score
from kerasal.scores.base import ScoreValue


class _Nothing(Score):
    """A score of a model of which only a layer is asked."""

    def value(self, run: Pass) -> ScoreValue:
        """Give zeros."""
        return ScoreValue(tf.zeros([run.rows]), "nothing")


class Activations(HasObjectives, FixedOnceUsed, Attribution):
    """Gives what passes a layer: a method that looks at one point, and whose map is the point.

    Args:
        model: a Keras model.
        layer: the extractor.
    """

    def __init__(self, model: keras.Model, layer: Extractor):
        self.objectives, self._has_list = [Objective(model, _Nothing(), layer)], False
        self.objectives[0].check()
        self.traces = Traces(model, self.objectives[0].score.parts(), self)

    def attribution(self, score: BoundScore, target: tf.Tensor, at: dict[str, tf.Tensor]) -> tf.Tensor:
        """Give the point itself."""
        return score.evaluate(target, lambda evaluated: tf.identity(target))

    def of(self, x: Any, batch_size: int | None) -> list[np.ndarray]:
        """Give what passes the layer, (N, *layer), an array for each width of x.

        Args:
            x: examples.
            batch_size: the most rows of a model call; None chooses.
        """
        sampling = Sampling(1, batch_size=batch_size)
        found = sessions(self.objectives[0], self, self.traces, x, None, sampling)
        return [session.fold(Stack()).values[0] for session in found]


class DirectionalCalculator(GradientCalculator):
    """Derivatives of the score along vectors at the target: the gradient times each of them.

    Args:
        model, score, target_extractor, eval_fun, logits: see `Calculator`.
        vectors: (V, ...), of the shape of the target.
    """

    def __init__(
        self,
        model: keras.Model,
        vectors: np.ndarray,
        score: Any = None,
        target_extractor: Any = None,
        eval_fun: Callable[..., Any] | None = None,
        *,
        logits: bool = True,
    ):
        super().__init__(model, score, target_extractor, eval_fun, logits=logits)
        self._shape, self._vectors = vectors.shape[1:], tf.constant(vectors.reshape(len(vectors), -1))

    def points(self, shape: tuple[int | None, ...], forward: Forward) -> Points:
        """Refuse a target of another shape than the vectors have."""
        if tuple(shape[1:]) != self._shape:
            raise ValueError(
                f"Vectors have the shape of what they are multiplied with, {self._shape}. Received: a target {tuple(shape[1:])}. Give "
                "examples of the size of the concepts' ones, or a layer behind a pooling."
            )
        return super().points(shape, forward)

    def map_rank(self, rank: int, context: Any) -> int:
        """Count the axes of the derivatives, (R, V)."""
        return 2

    def _of_gradient(self, target: tf.Tensor, gradient: tf.Tensor | None, extractor: Any) -> tf.Tensor:
        """The derivatives along the vectors, (R, V)."""
        found = super()._of_gradient(target, gradient, extractor)
        flat = tf.reshape(found, [tf.shape(found)[0], self._vectors.shape[1]])
        return tf.matmul(flat, tf.cast(self._vectors, flat.dtype), transpose_b=True)
