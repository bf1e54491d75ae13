"""A `Saliency` of images: the map over each image, with class and probability."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.colors import Colormap
from matplotlib.figure import Figure

from kerasal._storage.base import StrPath
from kerasal.visualizers.base import check_picture_path, save_picture
from kerasal.visualizers.colors import color_limits, color_scale
from kerasal.visualizers.film_strip import tiled_pictures
from kerasal.visualizers.image import ImageVisualizer
from kerasal.visualizers.image_pixels import heat_image
from kerasal.visualizers.plots.parts import MOST_EXAMPLES, fitting_images, is_batch, refuse_classes
from kerasal.visualizers.scale_words import PERCENTILE
from kerasal.visualizers.words import prediction_words, score_words


def plot(saliency: Any, **options: Any) -> Any:
    """Draw one image beside its overlay, or the images of a batch in rows.

    Args:
        saliency: of maps (H, W) or (H, W, channels), which are summed.
        **options: of `ImageVisualizer.visualize`, of a batch of `visualize_batch`.

    Returns:
        The figure.
    """
    refuse_classes(saliency, "A picture of an image")
    batch = is_batch(saliency)
    maps = np.asarray(saliency.values)[: MOST_EXAMPLES if batch else None]
    is_folded = maps.ndim - batch == 3
    maps = maps.sum(-1) if is_folded else maps
    images = fitting_images(saliency.explained_input, maps.shape)
    bar = "saliency, summed over channels" if is_folded and saliency.values.shape[-1] > 1 else "saliency"
    if not batch:
        title = "\n".join(filter(None, (prediction_words(saliency), score_words(saliency))))
        panels = ("heat",) if images is None else ("original", "overlay")
        told: dict[str, Any] = {"title": title or None, "scaler": None, "panels": panels, "colorbar_label": bar}
        return ImageVisualizer().visualize(maps, images, **{**told, **options})
    labels = [prediction_words(one) for one in saliency[: len(maps)]]
    title = score_words(saliency)
    if len(saliency) > len(maps):
        title = f"{title} — {len(maps)} of {len(saliency)} examples"
    told = {"title": title or None, "labels": labels if any(labels) else None, "colorbar_label": bar}
    if images is None:
        return _heat_maps(maps, **{**told, **options})
    return ImageVisualizer().visualize_batch({"saliency": maps}, images, **{**told, "overlay": True, **options})


def _heat_maps(
    maps: np.ndarray,
    *,
    labels: Sequence[str] | None = None,
    title: str | None = None,
    save_filepath: StrPath | None = None,
    cmap: str | Colormap | None = None,
    percentile: float = PERCENTILE,
    limit: float | None = None,
    colorbar_label: str = "saliency",
    bbox_inches: str | None = "tight",
) -> Figure:
    """Draw maps (N, H, W) whose images are not known, on one scale; arguments as of `ImageVisualizer.visualize_batch`."""
    check_picture_path(save_filepath)
    colors = color_scale(*color_limits(maps, percentile, limit), cmap)
    names = [f"example {n}" for n in range(len(maps))] if labels is None else [str(label) for label in labels]
    pictures = [(name, heat_image(values, colors)) for name, values in zip(names, maps, strict=True)]
    figure = tiled_pictures(pictures, colors, float(np.abs(maps).max()), title or "", label=colorbar_label)
    save_picture(figure, save_filepath, bbox_inches)
    return figure
