"""Pictures as arrays of pixels: the image, the saliency in colours, and one over the other."""

import functools

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap
from matplotlib.font_manager import findfont
from numpy.typing import ArrayLike
from PIL import Image, ImageDraw, ImageFont

from kerasal._errors import warn_user
from kerasal._vocabulary import checks_keywords
from kerasal.visualizers.base import one_example
from kerasal.visualizers.colors import color_scale
from kerasal.visualizers.image_values import ImageRange, Reading, reading_of, warning_words

PANELS = ("original", "heat", "overlay")
PANEL_SIZE = 160  # pixels: `render` enlarges until the longer side of a panel has at least as many
GAP = 4  # pixels between panels
GREY = 160
CHANNELS = (1, 3, 4)


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


def rgb_image(image: ArrayLike, size: tuple[int, ...], image_range: ImageRange = None) -> np.ndarray:
    """Convert an image to floats in [0, 1], shape `(H, W, 3)`; see `rgb_batch`."""
    batch = rgb_batch(np.asarray(image)[None], size, image_range)
    return batch.reshape(batch.shape[1:])


def rgb_batch(images: np.ndarray, size: tuple[int, ...], image_range: ImageRange = None) -> np.ndarray:
    """Convert images, which share their black and white, to floats in [0, 1], shape `(N, H, W, 3)`.

    Args:
        images: shape `(N, H, W)` or `(N, H, W, C)` with C of 1, 3 or 4, or with C before H; a fourth channel is opacity,
            over white.
        size: the `(H, W)` they must have.
        image_range: see `reading_of`. None: found from their numbers, with a warning where these leave a doubt.

    Raises:
        ValueError: another shape or size, or values outside the range.
    """
    images = _channels_last(images, size).reshape(len(images), *size, -1)
    reading = reading_of(images, image_range)
    if reading.doubt and not isinstance(image_range, Reading):
        warn_user(warning_words(reading, images))
    pixels = reading.pixels(images)
    if pixels.shape[-1] == 4:
        opacity = pixels[..., 3:]
        pixels = pixels[..., :3] * opacity + (1 - opacity)
    return pixels if pixels.shape[-1] == 3 else np.repeat(pixels, 3, axis=-1)


def _channels_last(images: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
    """Check the shape of images, and move their channels to the end."""
    shape = images.shape[1:]
    if len(shape) == 3 and shape[0] in CHANNELS and shape[1:] == size and shape[:2] != size:
        return np.moveaxis(images, 1, -1)
    if len(shape) not in (2, 3) or (len(shape) == 3 and shape[-1] not in CHANNELS and shape[0] not in CHANNELS):
        raise ValueError(
            "An image has shape (H, W), (H, W, C) or (C, H, W), with C of 1, 3 or 4. "
            f"Received shape {shape}. Index a batch first, e.g. images[0]; take or average some of other channels."
        )
    if shape[:2] != size:
        raise ValueError(
            f"Image and saliency must have the same height and width. Received: image {shape[:2]}, saliency "
            f"{size}. Pass the image as the model saw it, or resize one of them yourself."
        )
    return images


def heat_image(values: np.ndarray, colors: ScalarMappable) -> np.ndarray:
    """Color each value, shape `(H, W)` -> floats in [0, 1], `(H, W, 3)`."""
    return np.asarray(colors.to_rgba(values))[..., :3]


def overlay_image(image: np.ndarray, values: np.ndarray, colors: ScalarMappable, alpha: float) -> np.ndarray:
    """Lay the colours of values over an image, the stronger the more opaque.

    The opacity is `alpha` at the end of the scale and falls in proportion to 0 at 0, where the image stays as it is.

    Args:
        image: floats in [0, 1], `(H, W, 3)`.
        values: `(H, W)`.
        colors: see `color_scale`.
        alpha: the largest opacity.

    Raises:
        ValueError: alpha outside [0, 1].
    """
    if not 0 <= alpha <= 1:
        raise ValueError(
            f"alpha must be in [0, 1]. Received: {alpha}. 0 is the image alone, 1 hides it where saliency is strong."
        )
    opacity = alpha * np.minimum(np.abs(values) / colors.get_clim()[1], 1)[..., None]
    mixed: np.ndarray = (1 - opacity) * image + opacity * heat_image(values, colors)
    return mixed


def to_uint8(picture: np.ndarray) -> np.ndarray:
    """Round floats in [0, 1] to the nearest of 0..255."""
    pixels: np.ndarray = np.rint(255 * picture).astype(np.uint8)
    return pixels


@checks_keywords
def render(
    saliency: ArrayLike,
    image: ArrayLike,
    vmin: float,
    vmax: float,
    cmap: str | Colormap | None = None,
    alpha: float = 0.8,
    caption: str = "",
    image_range: ImageRange = None,
) -> np.ndarray:
    r"""Draw original, heat and overlay side by side above lines of text, as pixels.

    Small images are enlarged by a whole number, each pixel becoming a square of one colour, until the longer side has
    at least 160 pixels: the picture's size depends on the size of the image alone.

    Args:
        saliency: array or `Saliency` of one example, shape `(H, W)` or `(H, W, 1)`.
        image: as for `ImageVisualizer.visualize`.
        vmin: saliency at the lower end of the colours, 0 or `-vmax`.
        vmax: saliency at the upper end. Stronger saliency gets the colour of the end.
        cmap: see `color_scale`.
        alpha: largest opacity of the heat in the overlay, see `overlay_image`.
        caption: lines of text below, e.g. `"pred 7 (0.98)\nscale ±0.031"`; see `caption_strip`.
        image_range: as for `ImageVisualizer.visualize`.

    Returns:
        uint8 array `(factor * H + height of the caption, 3 * factor * W + 8, 3)`.

    Raises:
        ValueError: shapes, sizes or values that cannot be drawn; negative saliency with `vmin=0`.

    Example:
        >>> render([[-1.0, 0.0, 1.0]], [[0.0, 0.5, 1.0]], vmin=-1, vmax=1, caption="pred 7 (0.98)\nscale ±1").shape
        (106, 494, 3)
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
        for panel in (original, heat, overlay_image(original, values, colors, alpha))
    ]
    gap = np.full((len(panels[0]), GAP, 3), GREY, np.uint8)
    row = np.concatenate([panels[0], gap, panels[1], gap, panels[2]], axis=1)
    return np.concatenate([row, caption_strip(caption, row.shape[1])])


def caption_strip(text: str, width: int) -> np.ndarray:
    """Draw lines of black text on white, uint8 `(height, width, 3)`.

    Letters grow with the width, so that they can be read where a picture is shrunk to the width of a card, as
    TensorBoard does: at 330 pixels they are 11 high. A line that is too long gets smaller letters, and at last an end.
    """
    lines, size = text.split("\n"), max(12.0, width / 30)
    height = max(20, round(1.6 * size))
    strip = Image.new("L", (width, height * len(lines)), 255)
    for k, line in enumerate(lines):
        words, fitting = _fitted(line, size, width - 8)
        ImageDraw.Draw(strip).text((4, height * k + round(1.2 * size)), words, 0, _font(fitting), anchor="ls")
    return np.repeat(np.asarray(strip)[..., None], 3, axis=-1)


def _fitted(line: str, size: float, width: float) -> tuple[str, float]:
    """Shrink a line to a width, by a third at most; cut it where that is not enough."""
    fitting = size * min(1.0, max(2 / 3, width / max(1.0, _font(size).getlength(line))))
    if _font(fitting).getlength(line) <= width:
        return line, fitting
    while line and _font(fitting).getlength(line + "…") > width:
        line = line[:-1]
    return line + "…", fitting


@functools.lru_cache(16)
def _font(size: float) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(findfont("DejaVu Sans"), size)  # the font that matplotlib brings
