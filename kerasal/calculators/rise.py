"""RISE: how much more the score is where a smooth random mask shows an element."""

import numbers
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kerasal._engine.bound_score import BoundScore, Evaluated
from kerasal._engine.contract import Points, Traits
from kerasal._engine.forward import Forward
from kerasal.calculators.attribution import with_trailing_axes
from kerasal.calculators.base import Calculator
from kerasal.calculators.hiding import HiddenBy
from kerasal.calculators.players import as_wide
from kerasal.calculators.smooth_masks import SmoothMasks


class RISECalculator(Calculator):
    """RISE (Petsiuk et al. 2018, arXiv:1806.07421): the mean score under random masks that show an element.

    Of masks m with the mean p = `probability` the saliency of an element is E[f(m) m] / p − E[f(m)] = E[f(m) (m − p)] / p, where f(m) is
    the score of the target blended with what hides it. That is the paper's map less E[f(m)], the same number for all elements, so that 0
    means that showing the element makes no difference. Masks come in antithetic pairs, and of f the plane
    p f(target) + (1 − p) f(hidden) is taken, which changes no expectation but the error.

    Args:
        model, score, target_extractor, eval_fun, logits: see `Calculator`; `eval_fun` returns one number per row.
        grid: cells of a mask along an axis, one number or one per slide axis; None for 7, or as many as the axis has elements.
        slide_axis: axes of the target (N, ...) that masks vary along, covering the others whole; None: (1, 2) of images
            (N, H, W, C), 1 of anything else.
        probability: that a cell is shown.
        fill: what hides: see `OcclusionCalculator`; or a `Background` of examples. "blur" is smoother.
        masks: how many a sample has, an even number; 30 samples have 960.

    Shapes:
        x (N, *target) -> (M, N, *target) and (N, *target), with size 1 for every axis that is hidden whole. Units: of the
        score.

    Example:
        >>> import keras, numpy as np
        >>> from kerasal import RISECalculator
        >>> model = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Flatten(), keras.layers.Dense(2)])
        >>> RISECalculator(model, grid=4).explain(np.ones((1, 8, 8, 3)), target_error=0.1).shape
        (1, 8, 8, 1)
    """

    traits = Traits(is_random=True, keeps_masks=False)

    def __init__(
        self,
        model: keras.Model,
        score: Any = None,
        target_extractor: Any = None,
        eval_fun: Callable[..., Any] | None = None,
        grid: int | Sequence[int] | None = None,
        slide_axis: int | Sequence[int] | None = None,
        probability: float = 0.5,
        fill: Any = 0.0,
        masks: int = 32,
        logits: bool = True,
    ):
        super().__init__(model, score, target_extractor, eval_fun, logits)
        self.grid, self.slide_axis, self.probability, self.masks = grid, slide_axis, probability, masks
        self.fill = HiddenBy(fill)
        if isinstance(probability, bool) or not isinstance(probability, numbers.Real) or not 0 < float(probability) < 1:
            raise ValueError(f"probability is between 0 and 1. Received: probability={probability!r}. Give e.g. 0.5.")
        if isinstance(masks, bool) or not isinstance(masks, (int, np.integer)) or masks not in range(2, 2**20, 2):
            raise ValueError(f"masks is an even integer, from 2. Received: masks={masks!r}. Give e.g. 32.")

    def points(self, shape: tuple[int | None, ...], forward: Forward) -> Points:
        """Plan the masks of a sample; the target, and what hides it, are reference points."""
        self.fill.check(shape, forward.target_dtype)
        masks = SmoothMasks(shape, self.slide_axis, self.grid, float(self.probability), self.masks // 2)
        return Points(self.fill.with_each(masks.plan), self.fill.ends, context=masks)

    def reference(self, score: BoundScore, target: tf.Tensor, at: dict[str, tf.Tensor]) -> tf.Tensor:
        """Make the target, or what hides it."""
        return self.fill.blended(
            score, target, with_trailing_axes(at["is_shown"], target.shape.rank + 1), score.context.axes, at
        )

    def attribution(self, score: BoundScore, target: tf.Tensor, at: dict[str, tf.Tensor]) -> tf.Tensor:
        """Add up the scores under some masks, times what these show more than others."""
        masks, p = score.context.at(score, at), float(self.probability)
        points = self.fill.blended(score, target, tf.cast(masks, target.dtype), score.context.axes, at)
        shows = masks - p if score.rest.real is None else (masks - p) * as_wide(score.rest.real, masks[0], masks.dtype)

        def of_masks(evaluated: Evaluated) -> tf.Tensor:
            of_target, of_hidden = evaluated.references[0], tf.gather(evaluated.references[1:], at["which"])
            more = evaluated.values - (p * of_target + (1 - p) * of_hidden)
            weighed = with_trailing_axes(more, shows.shape.rank) * tf.cast(shows, more.dtype)
            return tf.reduce_sum(weighed, 0) / (p * self.masks * self.fill.count)

        return score.evaluate(points, of_masks)

    def describe(self, context: Any) -> dict[str, Any]:
        """Say what the masks are, and what hides."""
        return {
            "grid": list(context.cells),
            "slide_axis": None if self.slide_axis is None else np.atleast_1d(self.slide_axis).tolist(),
            "probability": float(self.probability),
            "masks": int(self.masks),
            "fill": repr(self.fill),
        }
