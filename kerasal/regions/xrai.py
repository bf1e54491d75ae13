"""XRAI: from a map to regions."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from kerasal._vocabulary import checks_keywords
from kerasal.baselines import Extremes
from kerasal.recipes import Recipe, integrated_gradients
from kerasal.regions.arguments import channels_last, checked_area, checked_coverage, least_area, warn_of_small_segments
from kerasal.regions.growing import Atoms, ranked
from kerasal.regions.masks import Segments
from kerasal.regions.result import Regions
from kerasal.saliency import Saliency

_PICTURES = ("", "image", "numbers")


@checks_keywords
def explain(
    model: Any,
    x: Any,
    y: Any = None,
    recipe: Recipe | None = None,
    segments: Any = None,
    min_area: int | None = None,
    coverage: float = 1.0,
    ch_axis: int | None = None,
) -> Regions:
    """Explain pictures by a recipe, and rank the regions of the map.

    Args:
        model: a Keras model.
        x: N pictures; see `Calculator.compute`.
        y: what the score needs of each example.
        recipe: of the map; None for that of the paper, integrated gradients from black and from white, the smallest and the largest number
            of each picture: `recipes.integrated_gradients(baseline=Extremes())`.
        segments: see `xrai`, and so the rest.
        min_area: of what is new in a region, in pixels.
        coverage: share of the picture in regions at which no further one is looked for.
        ch_axis: axis of the channels.

    Returns:
        The regions.

    Example:
        >>> import keras, numpy as np
        >>> from kerasal import regions
        >>> model = keras.Sequential([keras.Input((8, 6, 3)), keras.layers.Flatten(), keras.layers.Dense(2)])
        >>> halves = np.repeat([[0, 0, 0, 1, 1, 1]], 8, 0)
        >>> regions.explain(model, np.random.rand(2, 8, 6, 3), segments=halves).ranks.shape
        (2, 8, 6)
    """
    made = integrated_gradients(baseline=Extremes()) if recipe is None else recipe
    if not isinstance(made, Recipe):
        raise TypeError(f"recipe is a Recipe, or None. Received: {recipe!r}. Pass e.g. recipes.smooth_grad().")
    return xrai(made.explain(model, x, y), segments, None, min_area, coverage, ch_axis)


@checks_keywords
def xrai(
    saliency: Saliency | ArrayLike,
    segments: Any = None,
    images: ArrayLike | None = None,
    min_area: int | None = None,
    coverage: float = 1.0,
    ch_axis: int | None = None,
) -> Regions:
    """Rank regions of pictures by any map of them (XRAI, Kapishnikov et al. 2019, arXiv:1906.02825).

    At each step the segment is taken whose pixels that are not yet in a region have the largest mean of the map. Each pixel gets the mean of
    its region, so that the sum over a picture stays that of the map; what is in no segment, or in none that is large enough, is a region of
    its own, the last.

    Args:
        saliency: of a batch, (N, H, W), or (N, H, W, C), of which the largest of the channels counts.
        segments: None for those of `felzenszwalb`, which needs scikit-image; labels (H, W), integers, negative in no segment, or (N, H, W)
            with those of each example; masks (K, H, W) of booleans, which may overlap; a list with one of these for each example; or a
            function of a picture that gives one, such as one of `skimage.segmentation`.
        images: (N, H, W, C), that are cut into segments; None for those that the saliency knows.
        min_area: a region has so many new pixels at least; None for a thousandth of the picture, 50 of 224 × 224.
        coverage: share of the picture in regions at which no further one is looked for; what is left is the last region.
        ch_axis: axis of (N, …) that has the channels of maps and pictures; None for the last.

    Returns:
        The regions.

    Raises:
        ImportError: scikit-image is needed and not installed.
        TypeError, ValueError: maps that are not of pictures, NaN, segments of another size.

    Warns:
        UserWarning: no segment has `min_area` pixels.

    Example:
        >>> from kerasal import regions
        >>> found = regions.xrai([[[1.0, 3.0, 0.0, 0.0], [2.0, 2.0, 0.0, 1.0]]], segments=[[0, 0, 1, 1], [0, 0, 1, 1]])
        >>> found.saliency.values.tolist(), found.ranks.tolist()
        ([[[2.0, 2.0, 0.25, 0.25], [2.0, 2.0, 0.25, 0.25]]], [[[1, 1, 2, 2], [1, 1, 2, 2]]])
    """
    maps, pictures, given = _maps(saliency, ch_axis), None, Segments(segments)
    if given.cut is not None:
        pictures = _pictures(saliency, images, maps.shape, ch_axis)
    least = least_area(checked_area(min_area), *maps.shape[1:])
    share = checked_coverage(coverage)
    given.check_count(len(maps))
    cut = [Atoms.of(masks) for masks in given.of(0, len(maps), pictures, maps.shape[1:])]
    found = [ranked(*each, least, share) for each in zip(maps, cut, strict=True)]
    warn_of_small_segments(cut, least)
    settings = {"min_area": least, "coverage": share, "segments": given.name}
    return Regions.of(saliency if isinstance(saliency, Saliency) else Saliency(maps), found, settings)


def _maps(saliency: Any, ch_axis: int | None) -> np.ndarray:
    """The maps (N, H, W), float64."""
    if isinstance(saliency, (list, tuple)) and any(isinstance(each, Saliency) for each in saliency):
        raise TypeError(
            f"xrai takes one Saliency. Received: {len(saliency)} of them, of several targets or methods. Pass one, or explain one."
        )
    axes = getattr(saliency, "axes", ("example",))
    if "class" in axes or "example" not in axes:
        raise ValueError(
            f"xrai takes one map of each example of a batch. Received: a Saliency with the axes {axes}. Explain one class, score=3 or the "
            "like; of one example pass saliency[n : n + 1]."
        )
    if getattr(saliency, "kind", "") not in _PICTURES:
        raise ValueError(
            f"xrai takes maps of pictures. Received: one of kind {saliency.kind!r}. Pass the array, saliency.values, if it is (N, H, W), with "
            "segments= of your own."
        )
    values = np.asarray(saliency)
    if values.ndim not in (3, 4) or values.dtype.kind not in "fiub" or not values.size:
        raise ValueError(
            f"xrai takes maps of pictures, (N, H, W) or (N, H, W, C). Received: dtype {values.dtype}, shape {values.shape}. Explain a target "
            "with two axes of space."
        )
    if not np.isfinite(values).all():
        raise ValueError(
            "xrai takes finite numbers. Received: a map with NaN or infinity. Look for the cause in the explanation."
        )
    return (
        np.asarray(values, "float64")
        if values.ndim == 3
        else channels_last(values, ch_axis, "maps").max(-1).astype("float64")
    )


def _pictures(saliency: Any, images: Any, shape: tuple[int, ...], ch_axis: int | None) -> Any:
    """The pictures (N, H, W, C) that are cut, of the size of the maps; None where none are known."""
    given = getattr(saliency, "explained_input", None) if images is None else np.asarray(images)
    if given is None:
        return None
    pictures = given[..., None] if given.ndim == 3 else given
    if pictures.ndim == 4:
        pictures = channels_last(pictures, ch_axis if given.ndim == 4 else -1, "pictures")
    if pictures.ndim != 4 or pictures.shape[:3] != shape or pictures.dtype.kind not in "fiub":
        raise ValueError(
            f"The pictures that are cut have the size of the maps, (N, H, W) = {shape}. Received: dtype {pictures.dtype}, shape "
            f"{given.shape}. Pass images= of that size, or segments= of your own."
        )
    if not np.isfinite(pictures).all():
        raise ValueError("Pictures are of finite numbers. Received: NaN or infinity. Replace them in images=.")
    return pictures
