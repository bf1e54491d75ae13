"""Sensitivity-n: whether sums of saliency over random sets go with what hiding those sets takes from the score."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike

from kerasal._engine.bound_score import BoundScore, Evaluated
from kerasal._engine.contract import Points, Traits
from kerasal._engine.forward import Forward
from kerasal._engine.sampling import check_count
from kerasal._vocabulary import checks_keywords
from kerasal.baselines import Fill
from kerasal.calculators.attribution import placed
from kerasal.calculators.windows import Groups, Windows
from kerasal.metrics.base import ModelMeasure
from kerasal.metrics.hiding import among_real, hidden_at
from kerasal.metrics.maps import NEVER, Elements
from kerasal.metrics.measurement import Curve, Measurement

_LEAST = 4  # samples for a correlation with an error


@checks_keywords
class SensitivityN(ModelMeasure):
    """Sensitivity-n: correlation, over random sets of n elements, of their summed saliency with what hiding them takes (Ancona 2018, arXiv:1711.06104).

    The higher, the better; 1 for every n where the score is linear and the map is its gradient × input. It is of maps in units
    of the score: integrated gradients, occlusion, gradient × input.

    Args:
        model, score: see `ModelMeasure`.
        fill: what hides; see `OcclusionCalculator`.
        shares: of the elements that are hidden, each between 0 and 1: n is the share of all, to the nearest, at least 1 and at
            most all but one.
        samples: how many random sets of each size, at least 4.
        groups: elements of one number count as one; see `Deletion`.
        target_extractor, eval_fun, logits: see `ModelMeasure`.

    Shapes:
        maps (N, ...) -> `values` (N,), the mean correlation over shares, with a `standard_error` by leaving out one set at a time;
        `curve` (N, shares). NaN where score or map do not change over sets.

    Example:
        >>> import keras, numpy as np
        >>> from kerasal.metrics import SensitivityN
        >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, use_bias=False)])
        >>> model.set_weights([np.array([[1.0], [3.0], [2.0], [0.0]])])
        >>> x = np.array([[1.0, 5.0, 8.0, 2.0]])
        >>> np.allclose(SensitivityN(model)(x, x * [[1.0, 3.0, 2.0, 0.0]]).values, 1)
        True
    """

    higher_is_better = True
    traits = Traits(needs_gradient=False, is_random=True, keeps_masks=False)

    def __init__(
        self,
        model: keras.Model,
        score: Any = None,
        fill: Any = 0.0,
        shares: Sequence[float] = (0.1, 0.25, 0.5, 0.75, 0.9),
        samples: int = 100,
        groups: ArrayLike | None = None,
        *,
        target_extractor: Any = None,
        eval_fun: Callable[..., Any] | None = None,
        logits: bool = True,
    ):
        super().__init__(model, score, target_extractor, eval_fun, logits=logits)
        check_count("M", samples)
        given = np.asarray(shares, "float64")
        if samples < _LEAST or given.ndim != 1 or not given.size or not ((given > 0) & (given < 1)).all():
            raise ValueError(
                f"samples is at least {_LEAST}, and shares are numbers between 0 and 1. Received: samples={samples}, shares={shares!r}. "
                "Give e.g. shares=(0.1, 0.5)."
            )
        self.fill, self.shares, self.draw_count = Fill(fill), tuple(given.tolist()), int(samples)
        self.groups = None if groups is None else Groups(groups)

    @property
    def name(self) -> str:
        """The name, with the fill."""
        return f"SensitivityN, fill {self.fill!r}"

    def known(self, maps: np.ndarray, shape: tuple[int | None, ...]) -> Mapping[str, np.ndarray]:
        """Give the saliency of the elements, and where they are."""
        elements = Elements(maps, self.groups, shape)
        numbers = np.broadcast_to(np.arange(elements.count, dtype="int32")[None], elements.strength.shape)
        return {"strength": elements.strength.astype("float32"), "element": elements.placed(np.array(numbers))}

    def points(self, shape: tuple[int | None, ...], forward: Forward) -> Points:
        """Plan the sizes of the sets."""
        self.fill.check(shape, forward.target_dtype)
        plan = {"place": np.arange(len(self.shares), dtype="int32"), "share": np.array(self.shares, "float32")}
        return Points(plan, context=Windows(shape, None, 1, 1).axes)

    def attribution(self, score: BoundScore, target: tf.Tensor, at: dict[str, tf.Tensor]) -> tf.Tensor:
        """Compare sums over sets with what hiding them takes: (R, shares, 2). Sets of one sample are within one another."""
        strength, element = score.per_example("strength"), score.per_example("element")
        count = tf.shape(strength)[1]
        drawn = tf.argsort(tf.argsort(score.draw("uniform", "sets", count), 1), 1)  # (R, d), a random rank each
        outside = tf.pad(drawn, [[0, 0], [0, 1]], constant_values=NEVER)
        flat = tf.reshape(tf.where(element == NEVER, count, element), [tf.shape(element)[0], -1])
        ranks = tf.reshape(tf.gather(outside, flat, batch_dims=1), tf.shape(element))
        ranks = tf.ensure_shape(ranks, element.shape)
        ranks, there = among_real(ranks, tf.fill(tf.shape(strength)[:1], count), score.rest.real)
        counts = tf.cast(tf.round(at["share"][:, None] * tf.cast(there, tf.float32)), tf.int32)
        counts = tf.clip_by_value(counts, 1, tf.maximum(there - 1, 1))
        points = tf.where(hidden_at(ranks, counts), self.fill(target, score.context), target)
        points.set_shape([None, *target.shape])
        told = self._told(ranks, flat, strength, counts)

        def of_points(evaluated: Evaluated) -> tf.Tensor:
            lost = evaluated.references[0] - evaluated.values
            return placed(tf.stack([tf.cast(told, lost.dtype), lost], -1), at["place"], len(self.shares))

        return score.evaluate(points, of_points)

    @staticmethod
    def _told(ranks: tf.Tensor, flat: tf.Tensor, strength: tf.Tensor, counts: tf.Tensor) -> tf.Tensor:
        """Sum the saliency of the elements whose ranks are among the first `counts` (K, R), missing ones with the saliency 0."""
        count = tf.shape(strength)[1]
        rows = tf.shape(flat)[0]
        index = tf.stack([tf.broadcast_to(tf.range(rows)[:, None], tf.shape(flat)), flat], -1)
        of_element = tf.tensor_scatter_nd_min(
            tf.fill([rows, count + 1], NEVER), index, tf.reshape(ranks, tf.shape(flat))
        )[:, :count]
        return tf.reduce_sum(tf.where(of_element[None] < counts[..., None], strength[None], 0.0), 2)

    def map_rank(self, rank: int, context: Any) -> int:
        """Count the axes (R, shares, 2)."""
        return 3

    def measured(self, found: np.ndarray, score_name: str) -> Measurement:
        """Correlate, for each share, what the map says with what the score loses."""
        told, lost = np.moveaxis(found, -1, 0)  # (M, N, shares)
        whole = _correlation(told, lost)
        each = np.array([_correlation(*(np.delete(part, m, 0) for part in (told, lost))) for m in range(len(told))])
        count = len(told)
        values, without = _mean(whole), _mean(each)
        error = np.sqrt((count - 1) / count * np.sum((without - without.mean(0)) ** 2, 0))
        curve = Curve(np.array(self.shares), whole, "share of elements hidden together", "correlation")
        return self.measurement(values, standard_error=error, curve=curve)


def _correlation(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Pearson's correlation over the first axis; NaN where one of both does not change beyond rounding."""
    a_off, b_off = a - a.mean(0), b - b.mean(0)
    spread = np.sqrt(np.sum(a_off**2, 0) * np.sum(b_off**2, 0))
    least = 1e-12 * len(a) * (np.abs(a).max(0) * np.abs(b).max(0))
    return np.divide(np.sum(a_off * b_off, 0), spread, out=np.full_like(spread, np.nan), where=spread > least)


def _mean(correlations: np.ndarray) -> np.ndarray:
    """The mean over shares (the last axis) that have a correlation; NaN without any."""
    have = ~np.isnan(correlations)
    sums = np.sum(np.where(have, correlations, 0), -1)
    return np.divide(sums, have.sum(-1), out=np.full(sums.shape, np.nan), where=have.any(-1))
