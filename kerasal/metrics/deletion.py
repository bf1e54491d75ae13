"""Deletion and insertion: how the score falls, or rises, as elements are hidden, or shown, in the order of their saliency."""

from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike

from kerasal._engine.bound_score import BoundScore, Evaluated
from kerasal._engine.contract import Points
from kerasal._engine.forward import Forward
from kerasal._vocabulary import checks_keywords
from kerasal.baselines import Fill
from kerasal.calculators.attribution import placed
from kerasal.calculators.windows import Groups, Windows
from kerasal.metrics.base import ModelMeasure
from kerasal.metrics.hiding import among_real, hidden_at
from kerasal.metrics.maps import Elements
from kerasal.metrics.measurement import Curve, Measurement
from kerasal.metrics.road import check_pictures, imputed

_ORDERS = {"most": "most salient first", "least": "least salient first"}


@checks_keywords
class Deletion(ModelMeasure):
    """Deletion: the area under the score as elements are hidden, most salient first (Samek 2017, arXiv:1509.06321; Petsiuk 2018, arXiv:1806.07421).

    The lower, the better: a map that names what drives the score makes it fall at once. Elements are those of the map: of a
    map (N, H, W) of pictures, pixels with all their channels. Equal elements are hidden in the order of their positions. What
    hides decides as much as the map does, since what is left is no longer an example like others; compare several fills.

    Args:
        model, score: see `ModelMeasure`.
        fill: what hides: a number, an array of one example's shape, "mean", "blur", or a function of the target, see
            `OcclusionCalculator`; or "road", which makes hidden pixels of pictures from those beside them (Rong 2022, arXiv:2202.00449, without its
            noise: a curve is of no draws, and a ramp is made up exactly).
        steps: in how many equal shares elements are hidden; None: one by one, in 32 steps where there are more.
        order: "most" salient first, or "least" (then the higher, the better).
        groups: integers of the shape of one example's target, or of the batch: elements of one number go together, in the
            order of their sums.
        target_extractor, eval_fun, logits: see `ModelMeasure`.

    Shapes:
        maps (N, ...) -> `values` (N,), the area, in units of the score; `curve` (N, steps + 1) from the share 0 to 1.

    Example:
        >>> import keras, numpy as np
        >>> from kerasal.metrics import Deletion
        >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, use_bias=False)])
        >>> model.set_weights([np.array([[1.0], [3.0], [2.0]])])
        >>> found = Deletion(model)(np.array([[1.0, 5.0, 8.0]]), np.array([[1.0, 15.0, 16.0]]))
        >>> found.curve.y, found.values
        (array([[32., 16.,  1.,  0.]]), array([11.]))
    """

    higher_is_better = False
    _shown = False  # whether elements are shown in place of being hidden

    def __init__(
        self,
        model: keras.Model,
        score: Any = None,
        fill: Any = 0.0,
        steps: int | None = None,
        order: str = "most",
        groups: ArrayLike | None = None,
        *,
        target_extractor: Any = None,
        eval_fun: Callable[..., Any] | None = None,
        logits: bool = True,
    ):
        super().__init__(model, score, target_extractor, eval_fun, logits=logits)
        if order not in _ORDERS:
            raise ValueError(f"order is 'most' or 'least' (salient first). Received: {order!r}. Choose one.")
        if steps is not None and (isinstance(steps, bool) or not isinstance(steps, (int, np.integer)) or steps < 1):
            raise ValueError(f"steps is an integer ≥ 1, or None. Received: steps={steps!r}. Give e.g. 32.")
        self.imputes = isinstance(fill, str) and fill == "road"
        self.fill, self.steps, self.order = Fill("mean" if self.imputes else fill), steps, order
        self.groups = None if groups is None else Groups(groups)
        if order == "least":
            self.higher_is_better = not type(self).higher_is_better

    @property
    def name(self) -> str:
        """The name, with the fill and another order."""
        return f"{type(self).__name__}, fill {'road' if self.imputes else self.fill!r}{', least first' if self.order == 'least' else ''}"

    def known(self, maps: np.ndarray, shape: tuple[int | None, ...]) -> Mapping[str, np.ndarray]:
        """Give the ranks of the elements, and how many there are."""
        elements = Elements(maps, self.groups, shape)
        return {"rank": elements.ranks(self.order), "count": np.full(len(maps), elements.count, "int32")}

    def points(self, shape: tuple[int | None, ...], forward: Forward) -> Points:
        """Place the steps."""
        self.fill.check(shape, forward.target_dtype)
        if self.imputes:
            check_pictures(shape)
        steps = self.steps or 32
        return Points({"step": np.arange(steps + 1, dtype="int32")}, context=(steps, Windows(shape, None, 1, 1).axes))

    def attribution(self, score: BoundScore, target: tf.Tensor, at: dict[str, tf.Tensor]) -> tf.Tensor:
        """Score some steps: (R, steps + 1, 2), the score and how many elements are hidden, or shown."""
        steps, axes = score.context
        ranks, there = among_real(score.per_example("rank"), score.per_example("count"), score.rest.real)
        counts = _counts(at["step"], there, steps)
        hidden = hidden_at(ranks, counts) != self._shown  # (K, R, ...)
        many = _as_many(counts, target)
        points = _imputed(target, hidden, many) if self.imputes else tf.where(hidden, self.fill(target, axes), target)
        points = tf.ensure_shape(tf.broadcast_to(points, many), [None, *target.shape])

        def of_steps(evaluated: Evaluated) -> tf.Tensor:
            done = tf.cast(counts, evaluated.values.dtype)
            return placed(tf.stack([evaluated.values, done], -1), at["step"], steps + 1)

        return score.evaluate(points, of_steps)

    def map_rank(self, rank: int, context: Any) -> int:
        """Count the axes (R, steps + 1, 2)."""
        return 3

    def measured(self, found: np.ndarray, score_name: str) -> Measurement:
        """Take the area under each curve by the trapezoidal rule."""
        score, done = np.moveaxis(found[0], -1, 0)
        share = done / np.maximum(done[:, -1:], 1)
        width = np.diff(share, axis=1)
        area = np.sum(width * (score[:, 1:] + score[:, :-1]) / 2, 1)
        kept = (
            np.unique(share[0], return_index=True)[1] if (share == share[0]).all() else slice(None)
        )  # each count once
        x_name = f"share {'shown' if self._shown else 'hidden'}, {_ORDERS[self.order]}"
        return self.measurement(area, curve=Curve(share[:, kept], score[:, kept], x_name, score_name))


@checks_keywords
class Insertion(Deletion):
    """Insertion: the area under the score as elements are shown, most salient first, on what hides (Petsiuk 2018, arXiv:1806.07421).

    The higher, the better. Arguments and shapes are those of `Deletion`.

    Example:
        >>> import keras, numpy as np
        >>> from kerasal.metrics import Insertion
        >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, use_bias=False)])
        >>> model.set_weights([np.array([[1.0], [3.0], [2.0]])])
        >>> Insertion(model)(np.array([[1.0, 5.0, 8.0]]), np.array([[1.0, 15.0, 16.0]])).values
        array([21.])
    """

    higher_is_better = True
    _shown = True


def _counts(steps_done: tf.Tensor, there: tf.Tensor, steps: int) -> tf.Tensor:
    """Count the elements, of (R,), that belong to each of some steps (K,), to the nearest: (K, R)."""
    whole = tf.cast(steps_done, tf.int64)[:, None] * tf.cast(there, tf.int64)
    return tf.cast((2 * whole + steps) // (2 * steps), tf.int32)


def _imputed(target: tf.Tensor, hidden: tf.Tensor, many: tf.Tensor) -> tf.Tensor:
    """Points (K, R, ...) of pictures (R, H, W, C), hidden pixels made from those beside them."""
    pictures = tf.reshape(tf.broadcast_to(target, many), [-1, *target.shape[1:]])
    whole = tf.reduce_any(hidden, -1, keepdims=True)
    masks = tf.reshape(tf.broadcast_to(whole, tf.concat([many[:-1], [1]], 0)), [-1, *target.shape[1:-1], 1])
    return tf.reshape(imputed(pictures, masks), many)


def _as_many(counts: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
    """The shape (K, R, ...) of points at the target (R, ...)."""
    return tf.concat([tf.shape(counts), tf.shape(target)[1:]], 0)
