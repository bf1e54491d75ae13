"""Occlusion: how much the score falls when a part of the target is hidden."""

import numpy as np
import tensorflow as tf

from kerasal._incremental.passes import Incremental
from kerasal.baselines import Fill
from kerasal.calculators.attribution import beside
from kerasal.calculators.base import Calculator
from kerasal.calculators.windows import Groups, Windows


class OcclusionCalculator(Calculator):
    """What hiding a part of the target takes from the score (Zeiler and Fergus 2013, arXiv:1311.2901).

    The saliency of an element is score(target) − score(target with a window hidden), averaged over the windows that cover
    it: positive where it supports the score. Of a picture (N, H, W, C) only what a window can change is computed for each window,
    up to the layer from which on whole passes are cheaper (Nakandala et al. 2019, doi:10.1145/3299869.3319874).

    Args:
        model, score, target_extractor, eval_fun, logits: see `Calculator`; `eval_fun` returns one number per row.
        size: of a window, one number or one per slide axis.
        slide_axis: axes of the target (N, ...) that windows slide over, covering the others whole; None: (1, 2) of images
            (N, H, W, C), 1 of anything else.
        stride: from window to window; the last one of an axis is moved to end at the edge.
        fill: what hides: a number, an array of one example's shape, "mean" (of the example over the slide axes), "blur" (the
            example, blurred along them), or a function of the target (R, ...) as tensor.
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

    needs_gradient = False

    def __init__(
        self,
        model,
        score=None,
        target_extractor=None,
        eval_fun=None,
        size=1,
        slide_axis=None,
        stride=1,
        fill=0.0,
        groups=None,
        overlap="mean",
        logits=True,
    ):
        super().__init__(model, score, target_extractor, eval_fun, logits)
        if overlap not in ("mean", "sum"):
            raise ValueError(f"overlap is 'mean' or 'sum'. Received: {overlap!r}. Choose one.")
        self.size, self.slide_axis, self.stride, self.overlap = size, slide_axis, stride, overlap
        self.fill = Fill(fill)
        self.groups = None if groups is None else Groups(groups)

    def prepare(self, shape, look):
        self.fill.check(shape, look.integer_target)

    def plan(self, shape):
        self._windows = Windows(
            shape, self.slide_axis, 1 if self.groups else self.size, 1 if self.groups else self.stride
        )
        if self.groups is not None:
            return {"group": self.groups.fit(shape)}
        return {"start": self._windows.starts}

    def references(self, shape):
        return {"target": np.zeros(1, "float32")}

    def companions(self):
        return self.groups.companions() if self.groups else {}

    def attribution(self, score, target, at):
        if self.groups:
            masks = self.groups.masks(score, at["group"])
        else:
            masks = self._windows.placed(self._windows.masks(at["start"]), 1)[:, None]
        hidden = self.fill(target, self._windows.axes)
        points = tf.where(masks > 0, hidden, target)
        points.set_shape([None, *target.shape])

        def of_windows(here):
            fall = here.references[0] - here.values
            return tf.reduce_sum(beside(fall, masks.shape.rank) * masks, 0)

        if not self.groups and self._windows.axes == [1, 2]:
            passes = Incremental(score, target, self._windows.starts, self._windows.sizes)
            if passes.layer:
                at_layer = passes.points(points, at["start"])
                found = score.evaluate(at_layer, of_windows, passes.layer)
                if not passes.is_passed_by(score.values, at_layer):
                    return found
        return score.evaluate(points, of_windows)

    def finish(self, references, saliency):
        if self.groups or self.overlap == "sum":
            return saliency
        return saliency / self._windows.placed(tf.constant(self._windows.coverage[None], tf.float32), 1)

    def describe(self):
        return {
            "size": np.atleast_1d(self.size).tolist(),
            "stride": np.atleast_1d(self.stride).tolist(),
            "slide_axis": None if self.slide_axis is None else np.atleast_1d(self.slide_axis).tolist(),
            "fill": repr(self.fill),
            "groups": self.groups is not None,
            "overlap": self.overlap,
        }
