"""Pictures of images: original, heat and overlay."""

import warnings

import numpy as np

from kerasal._engine.kinds import BY_SHAPE
from kerasal.callbacks.pictures.base import DPI, Batch, GrowingScale, Pictures, pixels_of
from kerasal.saliency import Saliency
from kerasal.visualizers.colors import limits_text
from kerasal.visualizers.image_grid import film_strip
from kerasal.visualizers.image_pixels import Range, likely_range, render, rgb_image, to_uint8

_CAFFE_MEANS = np.array([103.939, 116.779, 123.68], "float32")  # blue, green, red


class ImagePictures(Pictures):
    """Original, heat and overlay of each example, with a caption.

    Args:
        images: Shape `(N, H, W, C)`; with C other than 1, 3 and 4 the mean over C is shown.
        image_range: Values of black and white, or None to take them from the dtype and the values of all images, with a
            warning where these are not plain.

    Raises:
        ValueError: Values are outside the range that was given.
    """

    kind = "image"

    def __init__(self, images: np.ndarray, image_range: tuple[float, float] | None = None):
        images = images if images.dtype.kind in "iuf" else images.astype("float32")
        if image_range is None:
            images, image_range = _as_likely(images)
        self._range = image_range
        self._images = images if images.shape[-1] in (1, 3, 4) else images.mean(-1)
        for n in range(len(self._images)):
            self._original(n)

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


def _as_likely(images: np.ndarray) -> tuple[np.ndarray, tuple[float, float]]:
    """Return images as they are drawn, and the values of black and white; warn where nothing but the values told them."""
    whole = (
        images + _CAFFE_MEANS if images.dtype.kind == "f" and images.shape[-1] == 3 and images.min() < -1 else images
    )
    if whole is not images and np.abs(whole - np.clip(np.rint(whole), 0, 255)).max() < 0.01:
        words = "as photographs again: they are BGR less the means of ImageNet, as keras.applications prepares for VGG and ResNet"
        images, found = whole[..., ::-1], Range(0.0, 255.0, is_plain=False)
    else:
        found = likely_range(images)
        words = (
            f"from black at {found.black:.4g} to white at {found.white:.4g}, found from their values {images.min():.4g} to "
            f"{images.max():.4g}"
        )
    if not found.is_plain:
        warnings.warn(
            f"SaliencyLogger draws images {words}; the maps do not depend on it. Give image_range=(black, white) to say others, "
            "or kind='series' or kind='numbers' if they are no images.",
            stacklevel=8,
        )
    return images, (found.black, found.white)
