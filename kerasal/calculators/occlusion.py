"""Occlusion: how much the score falls when a part of the target is hidden."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike

from kerasal._engine.bound_score import BoundScore, Evaluated
from kerasal._engine.contract import Points, Totals, Traits
from kerasal._engine.forward import Forward
from kerasal._incremental.passes import Incremental
from kerasal.baselines import Fill
from kerasal.calculators.attribution import with_trailing_axes
from kerasal.calculators.base import Calculator
from kerasal.calculators.windows import Groups, GroupsOnTarget, Windows


class OcclusionCalculator(Calculator):
    """Occlusion: the loss of score when a part of the target is hidden (Zeiler and Fergus 2013, arXiv:1311.2901).

    The saliency of an element is score(target) − score(target with a window hidden), averaged over the windows that cover
    it: positive where it supports the score. Of a picture (N, H, W, C) only what a window can change is computed for each window,
    up to the layer from which on whole passes are cheaper (Nakandala et al. 2019, doi:10.1145/3299869.3319874).

    Args:
        model, score, target_extractor, eval_fun, logits: see `Calculator`; `eval_fun` returns one number per row.
        size: of a window, one number or one per slide axis.
        slide_axis: axes of the target (N, ...) that windows slide over, covering the others whole; None: (1, 2) of images
            (N, H, W, C), 1 of anything else.
        stride: from window to window; the last one of an axis is moved to end at the edge.
        fill: what hides: a number, an array of one example's shape, "mean" (of the example over the slide axes; of a table that is one
            number for all columns: give the array `x.mean(axis=0)`), "blur" (the example, blurred along them), or a function of the
            target (R, ...) as tensor. What the model masks at the clean input is never hidden; a fill that means "missing" to the
            model makes a part missing.
        groups: integers of the shape of one example's target, or of the batch: elements of the same number are hidden
            together, in place of windows (superpixels, columns, tokens); negative ones never.
        overlap: "mean" over the windows that cover an element, or their "sum" (Chainer Chemistry).

    Shapes:
        x (N, *target) -> (M, N, *target) and (N, *target), with size 1 for every axis that is hidden whole. Units: of the
        score.

    Example:
        >>> import keras, numpy as np
        >>> from kerasal import OcclusionCalculator
        >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, use_bias=False)])
        >>> model.set_weights([np.array([[1.0], [3.0], [2.0]])])
        >>> OcclusionCalculator(model).explain(np.array([[1.0, 5.0, 8.0]])).values
        array([[ 1., 15., 16.]], dtype=float32)
    """

    traits = Traits(needs_gradient=False, keeps_masks=False)

    def __init__(
        self,
        model: keras.Model,
        score: Any = None,
        target_extractor: Any = None,
        eval_fun: Callable[..., Any] | None = None,
        size: int | Sequence[int] = 1,
        slide_axis: int | Sequence[int] | None = None,
        stride: int | Sequence[int] = 1,
        fill: Any = 0.0,
        groups: ArrayLike | None = None,
        overlap: str = "mean",
        logits: bool = True,
    ):
        super().__init__(model, score, target_extractor, eval_fun, logits)
        if overlap not in ("mean", "sum"):
            raise ValueError(f"overlap is 'mean' or 'sum'. Received: {overlap!r}. Choose one.")
        self.size, self.slide_axis, self.stride, self.overlap = size, slide_axis, stride, overlap
        self.fill = Fill(fill)
        self.groups = None if groups is None else Groups(groups)

    def points(self, shape: tuple[int | None, ...], forward: Forward) -> Points:
        """Place the windows, or the groups, on the target."""
        self.fill.check(shape, forward.target_dtype)
        hidden: Windows | GroupsOnTarget
        if self.groups is None:
            hidden = Windows(shape, self.slide_axis, self.size, self.stride)
        else:
            hidden = self.groups.on(shape, self.slide_axis)
        return Points(hidden.plan, per_example=hidden.per_example, context=hidden)

    def attribution(self, score: BoundScore, target: tf.Tensor, at: dict[str, tf.Tensor]) -> tf.Tensor:
        """Add up what hiding some parts takes from the score."""
        masks = score.context.masks(score, at)
        points = tf.where(masks > 0, self.fill(target, score.context.axes), target)
        points.set_shape([None, *target.shape])

        def of_windows(evaluated: Evaluated) -> tf.Tensor:
            fall = evaluated.references[0] - evaluated.values
            return tf.reduce_sum(with_trailing_axes(fall, masks.shape.rank) * tf.cast(hidden, fall.dtype), 0)

        hidden = masks if score.rest.real is None else masks * _as_wide(score.rest.real, masks)
        if score.rest.real is None and isinstance(score.context, Windows) and score.context.axes == [1, 2]:
            found = _computed_in_part(score, target, points, at, of_windows)
            if found is not None:
                return found
        return score.evaluate(points, of_windows)

    def finish(self, totals: Totals) -> tf.Tensor:
        """Average over the windows that cover an element."""
        return totals.saliency if self.overlap == "sum" else totals.context.averaged(totals.saliency)

    def describe(self, context: Any) -> dict[str, Any]:
        """Say what is hidden, and by what."""
        return {
            "size": np.atleast_1d(self.size).tolist(),
            "stride": np.atleast_1d(self.stride).tolist(),
            "slide_axis": None if self.slide_axis is None else np.atleast_1d(self.slide_axis).tolist(),
            "fill": repr(self.fill),
            "groups": self.groups is not None,
            "overlap": self.overlap,
        }


def _as_wide(real: tf.Tensor, masks: tf.Tensor) -> tf.Tensor:
    """1 where an element is real, of elements (R, ...), or one of those that masks (K, R, ...) have as one; with an axis before."""
    whole = [axis for axis in range(1, real.shape.rank) if masks.shape[axis + 1] == 1]
    return tf.cast(tf.reduce_any(real, whole, keepdims=True), tf.float32)[None]


def _computed_in_part(
    score: BoundScore,
    target: tf.Tensor,
    points: tf.Tensor,
    at: dict[str, tf.Tensor],
    of_windows: Callable[..., tf.Tensor],
) -> tf.Tensor | None:
    """The attribution by passes of which only what windows change is computed; None where that is no use."""
    passes = Incremental(score, target, score.context.starts, score.context.sizes)
    if passes.layer is None:
        return None
    at_layer = passes.points(points, at["start"])
    found = score.evaluate(at_layer, of_windows, passes.layer)
    return None if passes.is_passed_by(score.values, at_layer) else found
