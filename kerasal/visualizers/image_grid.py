"""A grid of pictures: one example per row, the image and one method per column; and a row of pictures over steps."""

import textwrap
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from kerasal.visualizers.base import DPI
from kerasal.visualizers.colorbars import FRAME, add_colorbar
from kerasal.visualizers.colors import color_limits, color_scale
from kerasal.visualizers.image_pixels import heat_image, overlay_image, saliency_map, to_uint8
from kerasal.visualizers.shown import Picture


def show_picture(ax: Axes, picture: np.ndarray) -> None:
    """Draw floats in [0, 1], shape `(H, W, 3)`, pixel by pixel, first row at the top, in a thin frame."""
    ax.imshow(to_uint8(picture))
    ax.set_xticks([])
    ax.set_yticks([])
    ax.spines[:].set(color=FRAME, linewidth=0.5)


def cell_size(shape: tuple[int, ...], longer_side: float) -> tuple[float, float]:
    """Choose the width and height of a picture of shape `(H, W)`, never thinner than a tenth of the longer side.

    Args:
        shape: (H, W).
        longer_side: inches.

    Returns:
        (width, height) in inches.
    """
    height, width = np.maximum(shape, max(shape) / 10) * longer_side / max(shape)
    return float(width), float(height)


def caption(label: Any = None, probability: float | None = None) -> str:
    """Write a prediction in words, e.g. `"7 (0.98)"`.

    Raises:
        ValueError: a probability outside [0, 1].
    """
    if probability is not None and not 0 <= probability <= 1:
        raise ValueError(f"probability must be in [0, 1]. Received: {probability}. Apply a softmax to logits first.")
    words = ["" if label is None else str(label), "" if probability is None else f"({probability:.2f})"]
    return " ".join(word for word in words if word)


MOST_STEPS = 10


def chosen_steps(steps: Sequence[int], most: int = MOST_STEPS) -> list[int]:
    """Choose at most so many of the steps, evenly among them, the first and the last included.

    Example:
        >>> chosen_steps(range(0, 101, 5), 5)
        [0, 25, 50, 75, 100]
    """
    steps = list(steps)
    positions = np.unique(np.rint(np.linspace(0, len(steps) - 1, min(most, len(steps)))).astype(int))
    return [steps[position] for position in positions]


def film_strip(
    maps: ArrayLike,
    steps: Sequence[Any],
    columns: Sequence[str] | None = None,
    original: np.ndarray | None = None,
) -> Figure:
    """Draw maps over steps with one colour scale.

    Args:
        maps: (S, H, W), or (S, features) of a table: a row per feature.
        steps: number of each step, (S,).
        columns: names of the features.
        original: the image, floats in [0, 1] of shape (H, W, 3), drawn first; None for none.

    Returns:
        The figure.

    Raises:
        ValueError: other shapes.

    Example:
        >>> figure = film_strip(np.ones((3, 4, 5)), [0, 5, 10])
        >>> [ax.get_title() for ax in figure.axes]
        ['step 0', 'step 5', 'step 10']
    """
    maps = np.asarray(maps, np.float64)
    if maps.ndim not in (2, 3) or len(maps) != len(steps) or not maps.size:
        raise ValueError(
            f"A film strip takes maps (S, H, W) or (S, features) at {len(steps)} steps. Received: shape {maps.shape}. "
            "Fold the channels first, e.g. ch_axis=-1."
        )
    colors = color_scale(*color_limits(maps))
    strongest = float(np.abs(maps).max())
    if maps.ndim == 2:
        return _rows_of_features(maps, steps, columns, colors, strongest)
    pictures = [("input", original)] if original is not None else []
    pictures += [(f"step {step}", heat_image(values, colors)) for step, values in zip(steps, maps, strict=True)]
    return row_of_pictures(pictures, colors, strongest, longer_side=1.5)


def row_of_pictures(
    pictures: Sequence[tuple[str, np.ndarray]], colors: ScalarMappable, strongest: float, longer_side: float
) -> Figure:
    """Draw named pictures (H, W, 3) of one size side by side, and the colour bar of their maps.

    Args:
        pictures: [(name, floats in [0, 1])].
        colors: see `add_colorbar`.
        strongest: see `add_colorbar`.
        longer_side: of each picture, inches.

    Returns:
        The figure.
    """
    width, height = cell_size(pictures[0][1].shape[:2], longer_side)
    figure = Picture(figsize=(len(pictures) * (width + 0.1) + 0.9, height + 0.5), dpi=DPI, layout="constrained")
    axes = figure.subplots(1, len(pictures), squeeze=False)[0]
    for ax, (name, picture) in zip(axes, pictures, strict=True):
        show_picture(ax, picture)
        ax.set_title(name, fontsize=9)
    add_colorbar(axes[-1], colors, strongest, "saliency")
    return figure


def _rows_of_features(
    maps: np.ndarray, steps: Sequence[Any], columns: Sequence[str] | None, colors: ScalarMappable, strongest: float
) -> Figure:
    names = [f"feature {k}" for k in range(maps.shape[1])] if columns is None else [str(name) for name in columns]
    figure = Picture(figsize=(2.5 + 0.45 * len(steps), 1.0 + 0.22 * len(names)), dpi=DPI, layout="constrained")
    ax = figure.subplots()
    ax.imshow(heat_image(maps.T, colors), aspect="auto")
    ax.set_xticks(range(len(steps)), [str(step) for step in steps], fontsize=8)
    ax.set_yticks(range(len(names)), names, fontsize=8, parse_math=False)
    ax.set_xlabel("step", fontsize=9)
    add_colorbar(ax, colors, strongest, "saliency")
    return figure


def batch_maps(name: str, saliency: ArrayLike, shape: tuple[int, ...]) -> np.ndarray:
    """Return the saliency of a batch, `(N, H, W)`.

    Args:
        name: of the method, for the error.
        saliency: `(N, H, W)` or `(N, H, W, 1)`.
        shape: `(N, H, W)` of the images.

    Raises:
        ValueError: another shape.
    """
    values = np.asarray(saliency)
    if values.ndim not in (3, 4) or values.shape[:3] != shape:
        raise ValueError(
            f"Each method holds the saliency of the same images, shape {shape} or {(*shape, 1)}. "
            f"Received: {name!r} of shape {values.shape}. Explain the images that are drawn with every method."
        )
    return np.stack([saliency_map(example, f"visualize_batch, method {name!r},") for example in values])


def captions(labels: Sequence[Any] | None, probabilities: Sequence[float] | None, n_examples: int) -> list[str]:
    """Write the prediction of each example in words, see `caption`."""
    for name, given in (("labels", labels), ("probabilities", probabilities)):
        if given is not None and len(given) != n_examples:
            raise ValueError(f"{name} needs one entry per image, {n_examples}. Received: {len(given)}. Name each.")
    nothing = [None] * n_examples
    pairs = zip(nothing if labels is None else labels, nothing if probabilities is None else probabilities, strict=True)
    return [caption(label, probability) for label, probability in pairs]


class _SharedColors(NamedTuple):
    """Colours that some maps share, and the largest magnitude among those maps."""

    colors: ScalarMappable
    strongest: float


@dataclass(frozen=True)
class ImageGrid:
    """Maps in columns, by method, beside their images.

    `ImageVisualizer.visualize_batch` describes the attributes and checks what the user gives.

    Attributes:
        maps: name of the method -> `(N, H, W)`.
        originals: N images `(H, W, 3)`, floats in [0, 1].
        row_labels: words beside each row.
        title: text above the grid, or None.
        cmap: colour map or its name, or None.
        alpha: largest opacity of the heat over the image; None: the heat alone.
        scale: `"method"`, `"all"` or `"map"`.
        percentile: see `color_limits`.
        colorbar_label: name of the numbers.

    Raises:
        ValueError: another `scale`.
    """

    maps: Mapping[str, np.ndarray]
    originals: np.ndarray | Sequence[np.ndarray]
    row_labels: Sequence[str]
    title: str | None
    cmap: str | Colormap | None
    alpha: float | None
    scale: str
    percentile: float
    colorbar_label: str

    def __post_init__(self) -> None:
        if self.scale not in ("method", "all", "map"):
            raise ValueError(
                f"scale is 'method', 'all' or 'map'. Received: {self.scale!r}. Pass 'method' to compare examples."
            )

    def draw(self) -> Figure:
        """Draw the grid."""
        shared = self._shared_colors()
        width, height = cell_size(self.originals[0].shape[:2], longer_side=1.5)
        bar_width, bar_height = (0.6, 0.0) if self.scale == "map" else (0.0, 0.6)  # inches for the colour bars
        figsize = (
            1.5 + width + len(self.maps) * (width + bar_width),
            0.5 + len(self.originals) * height + bar_height,
        )
        figure = Picture(figsize=figsize, dpi=DPI, layout="constrained")
        axes = figure.subplots(len(self.originals), 1 + len(self.maps), squeeze=False)
        for n in range(len(self.originals)):
            self._draw_row(n, axes[n], shared)
        for ax, name in zip(axes[0], ["input", *self.maps], strict=True):
            ax.set_title(textwrap.fill(name, max(8, int(12 * width))), fontsize=10, parse_math=False)
        if self.title:
            figure.suptitle(self.title, fontsize=12, parse_math=False)
        return figure

    def _draw_row(self, n: int, axes: Sequence[Axes], shared: Mapping[Hashable, _SharedColors]) -> None:
        original = self.originals[n]
        show_picture(axes[0], original)
        axes[0].set_ylabel(self.row_labels[n], rotation=0, ha="right", va="center", fontsize=10, parse_math=False)
        for ax, (name, maps) in zip(axes[1:], self.maps.items(), strict=True):
            colors, strongest = shared[self._group(name, n)]
            if self.alpha is None:
                show_picture(ax, heat_image(maps[n], colors))
            else:
                show_picture(ax, overlay_image(original, maps[n], colors, self.alpha))
            if self.scale == "map":
                add_colorbar(ax, colors, strongest, self.colorbar_label if ax is axes[-1] else "")
            elif n == len(self.originals) - 1:
                add_colorbar(ax, colors, strongest, self.colorbar_label, "horizontal")

    def _group(self, name: str, n: int) -> Hashable:
        """Name the group of maps that the map of a method and an example shares its colours with."""
        return {"map": (name, n), "method": name, "all": "all"}[self.scale]

    def _shared_colors(self) -> dict[Hashable, _SharedColors]:
        """Choose the colours of each group of maps."""
        members: dict[Hashable, list[np.ndarray]] = {}
        for name, maps in self.maps.items():
            for n, values in enumerate(maps):
                members.setdefault(self._group(name, n), []).append(values)
        return {group: self._colors_of(np.stack(values)) for group, values in members.items()}

    def _colors_of(self, values: np.ndarray) -> _SharedColors:
        colors = color_scale(*color_limits(values, self.percentile), self.cmap)
        return _SharedColors(colors, float(np.abs(values).max()))
