"""Pictures of images: original, heat and overlay."""

import warnings

import numpy as np

from kerasal._engine.kinds import BY_SHAPE
from kerasal.callbacks.pictures.base import DPI, Batch, GrowingScale, Pictures, pixels_of
from kerasal.saliency import Saliency
from kerasal.visualizers.film_strip import film_strip
from kerasal.visualizers.image_pixels import CHANNELS, render, rgb_image, to_uint8
from kerasal.visualizers.image_values import UNIT, ImageRange, reading_of, warning_words
from kerasal.visualizers.scale_words import scale_line


class ImagePictures(Pictures):
    """Original, heat and overlay of each example, with a caption.

    Args:
        images: Shape `(N, H, W, C)`; with C other than 1, 3 and 4 the mean over C is shown.
        image_range: Values of black and white, "imagenet", "caffe", or None to find them from the values of all images, with a
            warning where these leave a doubt; see `kerasal.visualizers.image_values`.

    Raises:
        ValueError: Values are outside the range that was given.
    """

    kind = "image"
    suits = "maps (N, H, W)"

    def __init__(self, images: np.ndarray, image_range: ImageRange = None):
        images = images if images.dtype.kind in "iufb" else images.astype("float32")
        self._range = reading_of(images, image_range)
        if self._range.doubt:
            warnings.warn(
                f"SaliencyLogger: {warning_words(self._range, images)} The maps do not depend on it. If they are no images, pass "
                "kind='series' or kind='numbers'.",
                stacklevel=7,
            )
        self._images = images

    @classmethod
    def for_batch(cls, batch: Batch) -> "ImagePictures | None":
        """Suit images (N, H, W, C), (N, C, H, W) or (N, H, W), with a map (N, H, W)."""
        images, shape = batch.target, batch.saliency.shape
        if images is None or batch.kind.name not in ("image", BY_SHAPE.name):
            return None
        if images.ndim == 3:
            images = images[..., None]  # grey images without an axis of colours
        elif batch.kind.channels is not None:
            images = np.moveaxis(images, batch.kind.channels, -1)
        is_image = images.ndim == 4 and shape in (images.shape[:3], (*images.shape[:3], 1))
        return cls(images, batch.image_range) if is_image else None

    def draw(self, n: int, saliency: Saliency, text: str, scale: GrowingScale) -> np.ndarray:
        """Draw one example."""
        vmin, vmax = scale.update(n, saliency.values)
        caption = f"{text}\n{scale_line(vmin, vmax, saliency.values)}"
        return render(saliency, self._original(n), vmin, vmax, caption=caption, image_range=UNIT)

    def strip(self, n: int, maps: np.ndarray, steps: list[int]) -> np.ndarray:
        """Draw the original and the maps at several steps."""
        height, width = self._images[n].shape[:2]
        return pixels_of(film_strip(maps.reshape(-1, height, width), steps, original=self._original(n)), DPI)

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the images as they look."""
        return {"images": np.stack([to_uint8(self._original(n)) for n in range(len(self._images))])}

    def _original(self, n: int) -> np.ndarray:
        image = self._images[n]
        shares = image if image.shape[-1] in CHANNELS else self._range.shares(image).mean(-1)
        return rgb_image(shares, image.shape[:2], self._range if shares is image else UNIT)
