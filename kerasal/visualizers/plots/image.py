"""A `Saliency` of images: the map over each image, with class and probability."""

from typing import Any

import numpy as np

from kerasal.visualizers.image import ImageVisualizer
from kerasal.visualizers.plots.parts import MOST_EXAMPLES, is_batch, own_input, refuse_classes
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
    images = _fitting(own_input(saliency), maps.shape)
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
    told = {
        "title": title or None,
        "labels": labels if any(labels) else None,
        "colorbar_label": bar,
        "overlay": images is not None,
    }
    return ImageVisualizer().visualize_batch(
        {"saliency": maps}, maps if images is None else images, **{**told, **options}
    )


def _fitting(images: np.ndarray | None, shape: tuple[int, ...]) -> np.ndarray | None:
    """Give the images, channels last, where the maps are of their size."""
    if images is None or images.dtype.kind not in "fiub":
        return None
    images = images[: shape[0]] if len(shape) == 3 else images
    if images.shape[: len(shape)] == shape and images.ndim - len(shape) in (0, 1):
        return images
    first = np.moveaxis(images, -3, -1) if images.ndim - len(shape) == 1 else images
    return first if first.shape[: len(shape)] == shape else None
