"""A `Saliency` of images: the map over each image, with class and probability."""

from typing import Any

import numpy as np

from kerasal.visualizers.image import ImageVisualizer
from kerasal.visualizers.plots.parts import MOST_EXAMPLES, fitting_images, is_batch, refuse_classes
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
    told = {
        "title": title or None,
        "labels": labels if any(labels) else None,
        "colorbar_label": bar,
        "overlay": images is not None,
    }
    return ImageVisualizer().visualize_batch(
        {"saliency": maps}, maps if images is None else images, **{**told, **options}
    )
