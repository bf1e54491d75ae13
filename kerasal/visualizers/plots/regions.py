"""Regions of a picture: the picture, the mean of each region over it, and the first regions alone."""

from typing import Any

import numpy as np

from kerasal.visualizers.base import check_picture_path, save_picture
from kerasal.visualizers.colors import color_limits, color_scale
from kerasal.visualizers.film_strip import tiled_pictures
from kerasal.visualizers.image_pixels import CHANNELS, heat_image, overlay_image, rgb_image
from kerasal.visualizers.plots.parts import fitting_images
from kerasal.visualizers.words import prediction_words, score_words

_ENOUGH = 1.8  # inches: pictures so large stand in one row
_FADED = 0.15  # of the picture is left where it is not in the first regions


def plot_regions(
    saliency: Any, top: np.ndarray, share: float, save_filepath: Any = None, title: str | None = None
) -> Any:
    """Draw regions; see `Regions.plot`.

    Args:
        saliency: of one example, (H, W).
        top: (H, W), the pixels of its first regions.
        share: of the picture, that these are to be.
        save_filepath: see `Regions.plot`.
        title: text above.

    Returns:
        The figure.
    """
    check_picture_path(save_filepath)
    values = np.asarray(saliency.values)
    colors = color_scale(*color_limits(values, 100))
    words = "\n".join(filter(None, (prediction_words(saliency), score_words(saliency)))) if title is None else title
    images = fitting_images(saliency.explained_input, values.shape)
    if images is not None and images.ndim == 3 and images.shape[-1] not in CHANNELS:
        images = None  # of channels that are no colours
    first = f"the first {round(100 * float(np.mean(top)))} %"
    heat = heat_image(values, colors)
    if images is None:
        pictures = [("mean of each region", heat), (first, np.repeat(top[..., None].astype(float), 3, -1))]
    else:
        pixels = rgb_image(images, values.shape)
        faded = _FADED * pixels + 1 - _FADED
        pictures = [
            ("picture", pixels),
            ("mean of each region", overlay_image(pixels, values, colors, 0.8)),
            (first, np.where(top[..., None], pixels, faded)),
        ]
    figure = tiled_pictures(
        pictures, colors, float(np.abs(values).max()), words, label="mean saliency of a region", enough=_ENOUGH
    )
    save_picture(figure, save_filepath, "tight")
    return figure
