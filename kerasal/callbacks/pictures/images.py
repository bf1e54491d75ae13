"""Pictures of images: original, heat and overlay."""

import numpy as np

from kerasal.callbacks.pictures.base import DPI, Pictures, pixels_of
from kerasal.visualizers.colors import limits_text
from kerasal.visualizers.image_grid import film_strip
from kerasal.visualizers.image_pixels import guess_range, render, rgb_image, to_uint8


class ImagePictures(Pictures):
    """Original, heat and overlay of each example, with a caption.

    Args:
        images: shape `(N, H, W, C)`; with C other than 1, 3 and 4 the mean over C is shown.
        image_range: values of black and white, or None to take them from the dtype and the values of all images.

    Raises:
        ValueError: values outside the range.
    """

    def __init__(self, images: np.ndarray, image_range=None):
        self._range = guess_range(images) if image_range is None else tuple(image_range)
        self._images = images if images.shape[-1] in (1, 3, 4) else images.mean(-1)
        for image in self._images:
            rgb_image(image, image.shape[:2], self._range)

    def draw(self, n, saliency, text, scale):
        vmin, vmax = scale.update(n, saliency.values)
        caption = f"{text}  scale {limits_text(vmin, vmax)}"
        return render(saliency, self._images[n], vmin, vmax, caption=caption, image_range=self._range)

    def strip(self, n, maps, steps):
        height, width = self._images[n].shape[:2]
        return pixels_of(film_strip(maps.reshape(-1, height, width), steps, original=self._original(n)), DPI)

    def originals(self):
        return np.stack([to_uint8(self._original(n)) for n in range(len(self._images))])

    def _original(self, n):
        return rgb_image(self._images[n], self._images[n].shape[:2], self._range)
