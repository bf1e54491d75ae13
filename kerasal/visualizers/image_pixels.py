"""Pictures as arrays of pixels: the image, the saliency in colours, and one over the other."""

import functools
from typing import NamedTuple

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap
from matplotlib.font_manager import findfont
from numpy.typing import ArrayLike
from PIL import Image, ImageDraw, ImageFont

from kerasal.visualizers.base import one_example
from kerasal.visualizers.colors import color_scale

PANELS = ("original", "heat", "overlay")
PANEL_SIZE = 160  # pixels: `render` enlarges until the longer side of a panel has at least as many
GAP = 4  # pixels between panels
CAPTION_HEIGHT = 20  # pixels
GREY = 160
LUMA = np.array([0.299, 0.587, 0.114])


def saliency_map(saliency: ArrayLike, who: str) -> np.ndarray:
    """Return the saliency of one image, shape `(H, W)`.

    Args:
        saliency: array or `Saliency` of one example, shape `(H, W)` or `(H, W, 1)`.
        who: name of the visualizer, for the errors.

    Raises:
        ValueError: a batch, several channels, any other shape, NaN or infinity.
    """
    values = one_example(saliency, who, "shape (H, W) or (H, W, 1)")
    if values.ndim == 3 and values.shape[-1] == 1:
        values = values[..., 0]
    elif values.ndim == 3:
        raise ValueError(
            f"{who} draws one number per pixel, shape (H, W) or (H, W, 1). Received shape {values.shape}. Reduce the "
            "channels where the saliency is made, ch_axis=-1; if this is a batch, index it first, e.g. saliency[0]."
        )
    if values.ndim != 2 or values.size == 0:
        raise ValueError(
            f"{who} draws one example, shape (H, W) or (H, W, 1). Received shape {values.shape}. "
            "Index the batch first, e.g. saliency[0]."
        )
    return values


def guess_range(images: np.ndarray) -> tuple[float, float]:
    """Guess the values of black and white: (0, 255) for uint8; for floats (0, 1), or (-1, 1) if any is negative.

    Raises:
        ValueError: any other dtype, or floats beyond these ranges.
    """
    if images.dtype == np.uint8:
        return 0.0, 255.0
    low, high = (images.min(), images.max()) if images.dtype.kind == "f" else (np.nan, np.nan)
    if not (low >= -1 and high <= 1):  # NaN too
        raise ValueError(
            "An image holds uint8 in 0..255 or floats in [0, 1] or [-1, 1]. "
            f"Received: dtype {images.dtype}, {images.min()} to {images.max()}. "
            "Rescale it, or name its black and white, e.g. image_range=(0, 16)."
        )
    return (-1.0 if low < 0 else 0.0), 1.0


class Range(NamedTuple):
    """The values of black and white.

    Attributes:
        black: Value of black.
        white: Value of white.
        is_plain: True where the dtype and the values leave no doubt, as for `guess_range`.
    """

    black: float
    white: float
    is_plain: bool


def likely_range(images: np.ndarray) -> Range:
    """Find values of black and white for any real numbers.

    Those of `guess_range`; else 0 and 255 for numbers up to 255, some of them above 100; else the lowest and highest number,
    as for images whose mean was subtracted.

    Example:
        >>> likely_range(np.array([0.0, 180.0])), likely_range(np.array([-2.1, 2.6]))
        (Range(black=0.0, white=255.0, is_plain=False), Range(black=-2.1, white=2.6, is_plain=False))
    """
    low, high = float(images.min()), float(images.max())
    if images.dtype == np.uint8 or (images.dtype.kind == "f" and low >= -1 and high <= 1):
        return Range(*guess_range(images), is_plain=True)
    if low >= 0 and 100 < high <= 255:
        return Range(0.0, 255.0, images.dtype.kind in "iu")
    return Range(low, high if high > low else low + 1, is_plain=False)


def rgb_image(image: ArrayLike, size: tuple[int, ...], image_range: tuple[float, float] | None = None) -> np.ndarray:
    """Convert an image to floats in [0, 1], shape `(H, W, 3)`.

    Args:
        image: shape `(H, W)`, `(H, W, 1)`, `(H, W, 3)` or `(H, W, 4)`; the fourth channel is opacity, over white.
        size: the `(H, W)` it must have.
        image_range: values of black and white. None: `guess_range`.

    Raises:
        ValueError: another shape or size, or values outside the range.
    """
    image = np.asarray(image)
    _check_image_shape(image, size)
    low, high = guess_range(image) if image_range is None else image_range
    if not low < high or image.min() < low or image.max() > high:
        raise ValueError(
            f"image_range names the values of black and white, and the image lies between them. Received: "
            f"image_range={image_range}, image {image.min()} to {image.max()}. Pass e.g. image_range=(0, 16)."
        )
    pixels: np.ndarray = (image.reshape(*size, -1).astype(np.float64) - low) / (high - low)
    if pixels.shape[-1] == 4:
        opacity = pixels[..., 3:]
        pixels = pixels[..., :3] * opacity + (1 - opacity)
    return pixels if pixels.shape[-1] == 3 else np.repeat(pixels, 3, axis=-1)


def _check_image_shape(image: np.ndarray, size: tuple[int, ...]) -> None:
    if image.ndim not in (2, 3) or (image.ndim == 3 and image.shape[-1] not in (1, 3, 4)):
        raise ValueError(
            "An image has shape (H, W), (H, W, 1), (H, W, 3) or (H, W, 4). "
            f"Received shape {image.shape}. Index a batch first, e.g. images[0]; move channels to the end."
        )
    if image.shape[:2] != size:
        raise ValueError(
            f"Image and saliency must have the same height and width. Received: image {image.shape[:2]}, saliency "
            f"{size}. Pass the image as the model saw it, or resize one of them yourself."
        )


def heat_image(values: np.ndarray, colors: ScalarMappable) -> np.ndarray:
    """Color each value, shape `(H, W)` -> floats in [0, 1], `(H, W, 3)`."""
    return np.asarray(colors.to_rgba(values))[..., :3]


def overlay_image(image: np.ndarray, heat: np.ndarray, alpha: float) -> np.ndarray:
    """Mix `(1 - alpha) * grey image + alpha * heat`, all of shape `(H, W, 3)`.

    The image is turned to grey (luma, ITU-R BT.601), so that every colour in the overlay is saliency.

    Raises:
        ValueError: alpha outside [0, 1].
    """
    if not 0 <= alpha <= 1:
        raise ValueError(f"alpha must be in [0, 1]. Received: {alpha}. 0 is the image alone, 1 the heat alone.")
    mixed: np.ndarray = (1 - alpha) * (image @ LUMA)[..., None] + alpha * heat
    return mixed


def to_uint8(picture: np.ndarray) -> np.ndarray:
    """Round floats in [0, 1] to the nearest of 0..255."""
    pixels: np.ndarray = np.rint(255 * picture).astype(np.uint8)
    return pixels


def render(
    saliency: ArrayLike,
    image: ArrayLike,
    vmin: float,
    vmax: float,
    cmap: str | Colormap | None = None,
    alpha: float = 0.5,
    caption: str = "",
    image_range: tuple[float, float] | None = None,
) -> np.ndarray:
    """Draw original, heat and overlay side by side above a line of text, as pixels.

    Small images are enlarged by a whole number, each pixel becoming a square of one colour, until the longer side has
    at least 160 pixels: the picture's size depends on the size of the image alone.

    Args:
        saliency: array or `Saliency` of one example, shape `(H, W)` or `(H, W, 1)`.
        image: shape `(H, W)`, `(H, W, 1)`, `(H, W, 3)` or `(H, W, 4)`, uint8 in 0..255 or floats in [0, 1] or [-1, 1].
        vmin: saliency at the lower end of the colours, 0 or `-vmax`.
        vmax: saliency at the upper end. Stronger saliency gets the colour of the end.
        cmap: see `color_scale`.
        alpha: opacity of the heat in the overlay.
        caption: text below, shrunk if it is too long for the line, e.g. `"pred 7 (0.98)  scale ±0.031"`.
        image_range: values of black and white. None: from the dtype and the values.

    Returns:
        uint8 array `(factor * H + 20, 3 * factor * W + 8, 3)`.

    Raises:
        ValueError: shapes, sizes or values that cannot be drawn; negative saliency with `vmin=0`.

    Example:
        >>> render([[-1.0, 0.0, 1.0]], [[0.0, 0.5, 1.0]], vmin=-1, vmax=1, caption="pred 7 (0.98)  scale ±1").shape
        (74, 494, 3)
    """
    values = saliency_map(saliency, "render")
    colors = color_scale(vmin, vmax, cmap)
    if vmin == 0 and values.min() < 0:
        raise ValueError(f"vmin=0 hides negative saliency. Received: minimum {values.min():g}. Pass vmin=-vmax.")
    original = rgb_image(image, values.shape, image_range)
    heat = heat_image(values, colors)
    factor = max(1, -(-PANEL_SIZE // max(values.shape)))
    panels = [
        to_uint8(panel).repeat(factor, axis=0).repeat(factor, axis=1)
        for panel in (original, heat, overlay_image(original, heat, alpha))
    ]
    gap = np.full((len(panels[0]), GAP, 3), GREY, np.uint8)
    row = np.concatenate([panels[0], gap, panels[1], gap, panels[2]], axis=1)
    return np.concatenate([row, caption_strip(caption, row.shape[1])])


def caption_strip(text: str, width: int) -> np.ndarray:
    """Draw a line of black text on white, uint8 `(20, width, 3)`; shrunk where it is longer than the line."""
    too_long = _font(12.0).getlength(text) / (width - 8)
    strip = Image.new("L", (width, CAPTION_HEIGHT), 255)
    ImageDraw.Draw(strip).text((4, CAPTION_HEIGHT - 6), text, 0, _font(12.0 / max(1.0, too_long)), anchor="ls")
    return np.repeat(np.asarray(strip)[..., None], 3, axis=-1)


@functools.lru_cache(16)
def _font(size: float) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(findfont("DejaVu Sans"), size)  # the font that matplotlib brings
