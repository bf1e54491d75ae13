"""One picture per example, on a colour scale that stays comparable while the model trains."""

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from kerasal.visualizers.colors import color_limits, limits_text
from kerasal.visualizers.film_strip import film_strip
from kerasal.visualizers.picture import caption_strip, guess_range, render, rgb_image, to_uint8
from kerasal.visualizers.table import TableVisualizer

_MOST_BARS = 50
_DPI = 80


class RunningScale:
    """For each example, the largest 99.5th percentile of its maps so far: a scale that grows and never shrinks.

    Args:
        signed: whether maps have both signs. Also turns true with the first negative value.
    """

    def __init__(self, signed: bool):
        self._signed = signed
        self._limits: dict[int, float] = {}

    def update(self, n: int, values: np.ndarray) -> tuple[float, float]:
        """The values at the two ends of the colours, after the map `values` of example n."""
        self._signed = self._signed or bool(values.min() < 0)
        if values.any():  # a map of zeros says nothing about the scale
            self._limits[n] = max(self._limits.get(n, 0.0), color_limits(values)[1])
        limit = self._limits.get(n, 1.0)
        return (-limit if self._signed else 0.0), limit


class ImagePictures:
    """Original, heat and overlay of each example, with a caption.

    Args:
        images: shape `(N, H, W, C)`; with C other than 1, 3 and 4 the mean over C is shown.
        image_range: values of black and white, or None to take them from the dtype and the values of all images.
        scale: a `RunningScale`.

    Raises:
        ValueError: values outside the range.
    """

    def __init__(self, images: np.ndarray, image_range, scale: RunningScale):
        self._scale = scale
        self._range = guess_range(images) if image_range is None else tuple(image_range)
        self._images = images if images.shape[-1] in (1, 3, 4) else images.mean(-1)
        for image in self._images:
            rgb_image(image, image.shape[:2], self._range)

    def draw(self, n: int, saliency, text: str) -> np.ndarray:
        """Pixels of example n, uint8 `(height, width, 3)`; `saliency` is that of the example."""
        vmin, vmax = self._scale.update(n, saliency.values)
        caption = f"{text}  scale {limits_text(vmin, vmax)}"
        return render(saliency, self._images[n], vmin, vmax, caption=caption, image_range=self._range)

    def originals(self) -> np.ndarray:
        """The examples as they look, uint8 (N, H, W, 3)."""
        return np.stack([to_uint8(rgb_image(image, image.shape[:2], self._range)) for image in self._images])

    def strip(self, n: int, maps: np.ndarray, steps: list[int]) -> np.ndarray:
        """The maps (S, H, W) or (S, H, W, 1) of example n at several steps on one scale, as pixels."""
        height, width = self._images[n].shape[:2]
        original = rgb_image(self._images[n], (height, width), self._range)
        return _pixels(film_strip(maps.reshape(-1, height, width), steps, original=original), _DPI)


class BarPictures:
    """The features of each example as bars, in the order of the columns.

    Args:
        columns: their names, or None.
        scale: a `RunningScale`.
    """

    def __init__(self, columns: list[str] | None, scale: RunningScale):
        self._columns, self._scale = columns, scale

    def draw(self, n: int, saliency, text: str) -> np.ndarray:
        """As for `ImagePictures`; the axis shows the scale, which has room for the whiskers."""
        whisker = 0.0 if saliency.std is None else saliency.std
        vmin, vmax = self._scale.update(n, saliency.values + np.copysign(whisker, saliency.values))
        figure = TableVisualizer().visualize(saliency, self._columns, scaler=None, sort="none", title=text)
        figure.axes[0].set_xlim(1.05 * vmin, 1.05 * vmax)
        return _pixels(figure, _DPI)

    def strip(self, n: int, maps: np.ndarray, steps: list[int]) -> np.ndarray:
        """The maps (S, features) of example n at several steps on one scale, as pixels."""
        return _pixels(film_strip(maps, steps, self._columns), _DPI)


class GivenPictures:
    """What a function of the user draws.

    Args:
        visualizer: function (saliency of one example, its position) -> a matplotlib figure, or uint8 pixels (H, W, 3).
    """

    def __init__(self, visualizer):
        self._visualizer = visualizer

    def draw(self, n: int, saliency, text: str) -> np.ndarray:
        """As for `ImagePictures`; a figure gets the text as its title above.

        Raises:
            TypeError: neither a figure nor pixels.
        """
        drawn = self._visualizer(saliency, n)
        if isinstance(drawn, Figure):
            pixels = _pixels(drawn)
            return np.concatenate([caption_strip(text, pixels.shape[1]), pixels])
        pixels = np.asarray(drawn)
        if pixels.dtype != np.uint8 or pixels.ndim != 3:
            raise TypeError(
                "visualizer returns a matplotlib figure, or uint8 pixels (H, W, 3). Received: "
                f"{type(drawn).__name__} of dtype {pixels.dtype}, shape {pixels.shape}. Return e.g. "
                "TextVisualizer().visualize(saliency, tokens[n])."
            )
        return pixels

    strip = None  # what a user's pictures look like side by side, the user knows


def _pixels(figure: Figure, dpi: float | None = None) -> np.ndarray:
    """A figure as uint8 pixels (H, W, 3)."""
    figure.dpi = figure.dpi if dpi is None else dpi
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def pictures_of(shape, leaf, image_range, columns, scale: RunningScale):
    """What draws maps of this shape: `ImagePictures` over an image, `BarPictures` of a table, or None.

    Args:
        shape: of the maps, `(N, ...)`.
        leaf: the input that is the target, or None where the target is a layer.
    """
    if leaf is not None and leaf.ndim == 4 and shape in (leaf.shape[:3], (*leaf.shape[:3], 1)):
        return ImagePictures(leaf, image_range, scale)
    if len(shape) == 2 and shape[1] <= _MOST_BARS:
        return BarPictures(columns if columns and len(columns) == shape[1] else None, scale)
    return None
