"""XRAI as a calculator: regions of every sample's map of integrated gradients."""

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kerasal._engine.blocks import Block, Entries
from kerasal._engine.contract import Finished, Points, Totals
from kerasal._engine.forward import Forward
from kerasal.baselines import Extremes
from kerasal.calculators.integrated_gradients import IntegratedGradientsCalculator
from kerasal.regions.arguments import (
    channels_seem_first,
    checked_area,
    checked_coverage,
    least_area,
    warn_of_small_segments,
)
from kerasal.regions.growing import Atoms, ranked
from kerasal.regions.masks import Segments
from kerasal.regions.segmentation import check_installed, felzenszwalb

_SEGMENTS = "segments"


class XRAICalculator(IntegratedGradientsCalculator):
    """XRAI (Kapishnikov et al. 2019, arXiv:1906.02825): the mean of integrated gradients over regions of pictures.

    A picture is cut into segments, and again and again the segment is taken whose new pixels have the largest mean of the map; each
    pixel gets the mean of its region. Of the channels of integrated gradients the largest counts, as in the paper, so that values add
    up to the sum of that map, and to f(target) − f(baseline) for one channel only: no completeness is told. Each sample's map is made
    into regions of its own, over the segments of the clean picture. `kerasal.regions.xrai` makes regions of any other map, and tells
    their order.

    Args:
        model, score, target_extractor, eval_fun, logits: see `Calculator`; one target, of pictures (N, H, W, C).
        segments: None for those of `kerasal.regions.felzenszwalb`, which needs scikit-image; labels (H, W), integers, negative in no
            segment, or (N, H, W) with those of each example; masks (K, H, W) of booleans, which may overlap; a list with one of these
            for each example; or a function of a picture (H, W, C) that gives one.
        min_area: a region has so many new pixels at least; None for a thousandth of the picture, 50 of 224 × 224.
        coverage: share of the picture in regions at which no further one is looked for; what is left is the last region.
        baseline, steps, quadrature, completeness_tolerance, max_steps: see `IntegratedGradientsCalculator`; by default from the smallest
            and from the largest number of each picture.

    Shapes:
        x (N, H, W, C) -> compute (M, N, H, W, 1), explain (N, H, W, 1). Units: of the score.

    Raises:
        ImportError: scikit-image is needed and not installed.

    Example:
        >>> import keras, numpy as np
        >>> from kerasal import XRAICalculator
        >>> model = keras.Sequential([keras.Input((8, 6, 3)), keras.layers.Flatten(), keras.layers.Dense(2)])
        >>> halves = np.repeat([[0, 0, 0, 1, 1, 1]], 8, 0)
        >>> XRAICalculator(model, segments=halves).explain(np.random.rand(2, 8, 6, 3)).shape
        (2, 8, 6, 1)
    """

    def __init__(
        self,
        model: keras.Model,
        score: Any = None,
        target_extractor: Any = None,
        eval_fun: Callable[..., Any] | None = None,
        segments: Any = None,
        min_area: int | None = None,
        coverage: float = 1.0,
        baseline: Any = Extremes(),  # noqa: B008, frozen
        steps: int | None = None,
        quadrature: str = "midpoint",
        completeness_tolerance: float | None = None,
        max_steps: int = 1024,
        *,
        logits: bool = True,
    ):
        super().__init__(
            model,
            score,
            target_extractor,
            eval_fun,
            baseline,
            steps,
            quadrature,
            completeness_tolerance,
            max_steps,
            logits,
        )
        if len(self.objectives) > 1:
            raise ValueError(
                f"XRAICalculator explains one target. Received: {len(self.objectives)} of them. Make one for each; or pass each map of an "
                "IntegratedGradientsCalculator to kerasal.regions.xrai."
            )
        self.segments = Segments(segments)
        self.min_area, self.coverage = checked_area(min_area), checked_coverage(coverage)
        self.traits = dataclasses.replace(self.traits, reports_completeness=False, has_base=False, is_joint=False)
        if self.segments.cut is felzenszwalb:
            check_installed()

    def points(self, shape: tuple[int | None, ...], forward: Forward) -> Points:
        """Place the nodes on the path; segments are cut when the pictures come."""
        size = _size_of(shape)
        self.segments.check_size(size)
        place = forward.inputs.position
        if self.segments.cut is not None and place is None:
            raise ValueError(
                f"The picture that is explained is cut into segments. Received: a target that is no input, of shape {shape}. Pass segments= "
                f"of your own, labels {size}."
            )
        found = super().points(shape, forward)
        cut = _CutPictures(self.segments, place, size, least_area(self.min_area, *size))
        return dataclasses.replace(found, per_example={**found.per_example, _SEGMENTS: cut})

    def finish(self, totals: Totals) -> Finished:
        """Make regions of the map of each row."""
        found = super().finish(totals)
        maps = tf.reduce_max(found.saliency, -1)
        of_rows = functools.partial(_region_means, min_area=self.min_area, coverage=self.coverage)
        made = tf.numpy_function(of_rows, [maps, totals.per_example[_SEGMENTS], totals.examples], maps.dtype)
        return found._replace(saliency=tf.reshape(made, tf.shape(maps))[..., None])

    def describe(self, context: Any) -> dict[str, Any]:
        """Say what segments there are, where the path starts, and what its nodes are."""
        regions = {"segments": self.segments.name, "min_area": self.min_area, "coverage": self.coverage}
        return {**super().describe(context), "regions": regions}


class _CutPictures(Entries):
    """The segments of each example, written down: those of a user, or cut from the pictures as they come.

    Args:
        segments: of whatever kind.
        place: of the pictures among the inputs, None where they are not cut.
        size: of the maps.
        least: pixels of a region.
    """

    def __init__(self, segments: Segments, place: int | None, size: tuple[int, int], least: int):
        self._segments, self._place, self._size, self._least = segments, place, size, least
        self.count, self.spec = segments.count, tf.TensorSpec([None], tf.string)

    def of(self, block: Block) -> np.ndarray:
        """Return the segments of a block's examples."""
        images: Any = None if self._segments.cut is None or self._place is None else block.x[self._place]
        masks = self._segments.of(block.first, block.size, images, self._size)
        known = {id(each): Atoms.of(each) for each in masks}  # all may have the same
        cut = [known[id(each)] for each in masks]
        warn_of_small_segments(cut, self._least, block.first)
        return np.array([each.to_bytes() for each in cut], object)


def _region_means(
    maps: np.ndarray, written: np.ndarray, examples: np.ndarray, *, min_area: int | None, coverage: float
) -> np.ndarray:
    """Make region means of maps (R, H, W), whose segments are those of `examples` (R,) among what was written down."""
    least = least_area(min_area, *maps.shape[1:])
    cut = [Atoms.from_bytes(each) for each in written]
    found = [ranked(each, cut[own], least, coverage).values for each, own in zip(maps, examples, strict=True)]
    return np.stack(found).astype(maps.dtype)


def _size_of(shape: tuple[int | None, ...]) -> tuple[int, int]:
    """The height and width of pictures."""
    if len(shape) != 4 or None in shape[1:3] or channels_seem_first(shape):
        raise ValueError(
            f"XRAICalculator explains pictures (N, H, W, C) whose channels are the last axis. Received: a target of shape {shape}. Explain "
            "pictures of other axes by kerasal.regions.explain(model, x, ch_axis=…), or name a layer that gives such pictures."
        )
    _, height, width, _ = shape
    return int(height or 0), int(width or 0)
