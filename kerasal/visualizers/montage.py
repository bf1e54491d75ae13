"""Montages of videos and volumes: frames or slices side by side, the map over each, on one scale."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure

from kerasal._errors import warn_user
from kerasal.visualizers.arrangement import cell_size
from kerasal.visualizers.base import DPI
from kerasal.visualizers.colorbars import fill_colorbar
from kerasal.visualizers.film_strip import chosen_steps
from kerasal.visualizers.image_pixels import CHANNELS, heat_image, overlay_image, rgb_batch
from kerasal.visualizers.image_values import ImageRange, Reading, reading_of, warning_words
from kerasal.visualizers.scale_words import PERCENTILE, color_words, cut_words
from kerasal.visualizers.sheet import show_picture
from kerasal.visualizers.shown import Picture

STRONGEST = "#d95f02"  # orange frame of the strongest
_SIDE, _SMALL_SIDE = 1.8, 1.3  # inches of the longer side of a picture, of one example and of several


def chosen_frames(strengths: np.ndarray, most: int) -> list[int]:
    """Choose at most so many frames: the strongest, and others evenly, from the first to the last.

    Example:
        >>> chosen_frames(np.array([0, 0, 9, 1, 0, 0, 0, 0, 0]), 4)
        [0, 2, 4, 8]
    """
    strongest, every = int(np.argmax(strengths)), range(len(strengths))
    even = chosen_steps(every, most)
    return even if strongest in even else sorted({*chosen_steps(every, most - 1), strongest})


@dataclass(frozen=True)
class Montage:
    """Frames of some examples, a row for each, or of one.

    Attributes:
        maps: (N, T, H, W).
        images: (N, T, H, W) or (N, T, H, W, C), the examples; None to draw the maps alone.
        captions: words beside each example, (N,).
        word: "frame" or "slice".
        most: frames of an example.
        colors: of all maps.
        label: words at the bar of the colours.
        title: words above all.
        alpha: largest opacity of the map.
        image_range: see `reading_of`.
        across: pictures in a row of a single example.
        side: inches of the longer side of a picture; None: 1.8, of several examples 1.3.
    """

    maps: np.ndarray
    images: np.ndarray | None
    captions: Sequence[str]
    word: str
    most: int
    colors: ScalarMappable
    label: str
    title: str
    alpha: float = 0.8
    image_range: ImageRange = None
    across: int = 4
    side: float | None = None

    def draw(self) -> Figure:
        """Draw the montage."""
        chosen = [chosen_frames(np.abs(video).sum((1, 2)), self.most) for video in self.maps]
        is_single, count = len(chosen) == 1, max(map(len, chosen))
        down = -(-count // self.across) if is_single else len(chosen)
        across = -(-count // down) if is_single else count
        width, height = cell_size(self.maps.shape[2:], self.side or (_SIDE if is_single else _SMALL_SIDE))
        beside = 0.0 if is_single else 1.3
        words = 0.16 * (self.label.count("\n") + self.title.count("\n")) + 0.9  # inches of lines and of the bar
        size = (across * (width + 0.12) + beside + 0.2, down * (height + 0.3) + words)
        figure = Picture(figsize=(max(size[0], 4.0), size[1]), dpi=DPI, layout="constrained")
        grid = figure.add_gridspec(down + 1, across, height_ratios=[*[height] * down, 0.1])
        reading = None if self.images is None else self._reading(self.images)
        for n, frames in enumerate(chosen):
            pictures = self._pictures(n, frames, reading)
            strongest = int(np.argmax(np.abs(self.maps[n]).sum((1, 2))))
            for k, (frame, picture) in enumerate(zip(frames, pictures, strict=True)):
                ax = figure.add_subplot(grid[divmod(k, across) if is_single else (n, k)])
                self._draw_frame(ax, frame, picture, is_strongest=frame == strongest)
                if k == 0 and not is_single:
                    ax.set_ylabel(self.captions[n], fontsize=8, rotation=0, ha="right", va="center", parse_math=False)
        bar = figure.add_subplot(grid[-1, :])
        fill_colorbar(bar, self.colors, float(np.abs(self.maps).max()), self.label, "horizontal")
        if self.title:
            figure.suptitle(self.title, fontsize=10, parse_math=False)
        return figure

    def _draw_frame(self, ax: Axes, frame: int, picture: np.ndarray, *, is_strongest: bool) -> None:
        show_picture(ax, picture)
        words = f"{self.word} {frame}"
        ax.set_title(f"{words}, strongest" if is_strongest else words, fontsize=8)
        if is_strongest:
            ax.spines[:].set(color=STRONGEST, linewidth=2)

    def _reading(self, images: np.ndarray) -> Reading:
        """Decide what black and white are in all frames, so that these can be compared."""
        reading = reading_of(images, self.image_range)
        if reading.doubt and self.image_range is None:
            warn_user(warning_words(reading, images))
        return reading

    def _pictures(self, n: int, frames: list[int], reading: Reading | None) -> list[np.ndarray]:
        if self.images is None or reading is None:
            return [heat_image(values, self.colors) for values in self.maps[n][frames]]
        rgb = rgb_batch(self.images[n][frames], self.maps.shape[2:], reading)
        pairs = zip(rgb, self.maps[n][frames], strict=True)
        return [overlay_image(image, values, self.colors, self.alpha) for image, values in pairs]


def scale_label(
    colors: ScalarMappable,
    maps: np.ndarray,
    percentile: float = PERCENTILE,
    *,
    is_given: bool = False,
    name: str = "saliency",
) -> str:
    """Say what the colours of maps mean, and whether the scale is cut, one below another; arguments as for `cut_words`."""
    cut = cut_words(colors, float(np.abs(maps).max()), percentile, is_given=is_given)
    return "\n".join(filter(None, (name, color_words(colors), cut)))


def shown_channels(images: np.ndarray) -> tuple[np.ndarray, str]:
    """Give images (..., H, W, C) that can be drawn, and a word on what was done: of many channels, the mean."""
    if images.shape[-1] in CHANNELS:
        return images, ""
    return images.mean(-1, keepdims=True), f"pictures: mean of {images.shape[-1]} channels"
