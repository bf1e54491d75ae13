"""Pictures of images: original, heat and overlay."""

import numpy as np

from kerasal.callbacks.pictures.base import DPI, Batch, GrowingScale, Pictures, pixels_of
from kerasal.saliency import Saliency
from kerasal.visualizers.colors import limits_text
from kerasal.visualizers.image_grid import film_strip
from kerasal.visualizers.image_pixels import guess_range, render, rgb_image, to_uint8

_SHORTEST_SIDE = 8  # of (N, H, W) that is taken for an image


class ImagePictures(Pictures):
    """Original, heat and overlay of each example, with a caption.

    Args:
        images: Shape `(N, H, W, C)`; with C other than 1, 3 and 4 the mean over C is shown.
        image_range: Values of black and white, or None to take them from the dtype and the values of all images.

    Raises:
        ValueError: Values are outside the range.
    """

    kind = "image"

    def __init__(self, images: np.ndarray, image_range: tuple[float, float] | None = None):
        black, white = guess_range(images) if image_range is None else image_range
        self._range = black, white
        self._images = images if images.shape[-1] in (1, 3, 4) else images.mean(-1)
        for n in range(len(self._images)):
            self._original(n)

    @classmethod
    def for_batch(cls, batch: Batch) -> "ImagePictures | None":
        """Suit images (N, H, W, C), or (N, H, W) of at least 8 × 8, with a map (N, H, W)."""
        images, shape = batch.target, batch.saliency.shape
        if images is None:
            return None
        if images.ndim == 3 and images.shape == shape and min(shape[1:]) >= _SHORTEST_SIDE:
            images = images[..., None]  # grey images without an axis of colours
        is_image = images.ndim == 4 and shape in (images.shape[:3], (*images.shape[:3], 1))
        return cls(images, batch.image_range) if is_image else None

    def draw(self, n: int, saliency: Saliency, text: str, scale: GrowingScale) -> np.ndarray:
        """Draw one example."""
        vmin, vmax = scale.update(n, saliency.values)
        caption = f"{text}  scale {limits_text(vmin, vmax)}"
        return render(saliency, self._images[n], vmin, vmax, caption=caption, image_range=self._range)

    def strip(self, n: int, maps: np.ndarray, steps: list[int]) -> np.ndarray:
        """Draw the original and the maps at several steps."""
        height, width = self._images[n].shape[:2]
        return pixels_of(film_strip(maps.reshape(-1, height, width), steps, original=self._original(n)), DPI)

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the images as they look."""
        return {"images": np.stack([to_uint8(self._original(n)) for n in range(len(self._images))])}

    def _original(self, n: int) -> np.ndarray:
        return rgb_image(self._images[n], self._images[n].shape[:2], self._range)
