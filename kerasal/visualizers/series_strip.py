"""Maps of series in colours: time from left to right, a row for each feature."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure

from kerasal.visualizers.base import DPI
from kerasal.visualizers.colorbars import FRAME, fill_colorbar
from kerasal.visualizers.image_pixels import heat_image
from kerasal.visualizers.shown import Picture

_WIDTH = 6.0  # inches
_MOST_LINES = 8  # numbers of a step that are drawn as lines
_MOST_NAMES = 12  # rows that have a name each


def series_strip(
    maps: Mapping[str, np.ndarray], colors: ScalarMappable, series: np.ndarray | None = None, title: str = ""
) -> Figure:
    """Draw maps of one series one below the other.

    Args:
        maps: {words at its left: (T,) or (T, F)}.
        colors: Of all maps.
        series: The series itself, (T, F), drawn first; None for none.
        title: Words above.

    Returns:
        The figure.

    Example:

    >>> from kerasal.visualizers.colors import color_scale
    >>> figure = series_strip({"": np.ones((24, 3))}, color_scale(-1, 1), np.zeros((24, 3)))
    >>> figure.axes[1].get_xlabel()
    'time'
    """
    rows = [np.atleast_2d(np.asarray(values, np.float64).T) for values in maps.values()]  # (F, T)
    height = float(np.clip(0.18 * len(rows[0]), 0.35, 2.5 if len(rows) == 1 else 1.0))
    heights = ([1.0] if series is not None else []) + [height] * len(rows)
    figure = Picture(figsize=(_WIDTH, sum(heights) + 0.1 * len(heights) + 0.8), dpi=DPI, layout="constrained")
    grid = figure.add_gridspec(len(heights), 2, height_ratios=heights, width_ratios=(1, 0.02))
    axes = [figure.add_subplot(grid[0, 0])]
    axes += [figure.add_subplot(grid[k, 0], sharex=axes[0]) for k in range(1, len(heights))]
    if series is not None:
        _draw_series(axes[0], series)
    for ax, name, row in zip(axes[-len(rows) :], maps, rows, strict=True):
        _draw_row(ax, name, row, colors, has_names=len(maps) == 1)
    for ax in axes[:-1]:
        ax.tick_params(bottom=False, labelbottom=False)
    axes[-1].set_xlabel("time", fontsize=9)
    axes[-1].tick_params(axis="x", labelsize=8, bottom=True)
    strongest = max(float(np.abs(row).max()) for row in rows)
    fill_colorbar(figure.add_subplot(grid[-len(rows) :, 1]), colors, strongest, "saliency", "vertical")
    if title:
        figure.suptitle(title, fontsize=10, parse_math=False)
    return figure


def _draw_series(ax: Axes, series: np.ndarray) -> None:
    if series.shape[1] <= _MOST_LINES:
        greys = np.linspace(0.15, 0.7, series.shape[1])
        for k, (number, grey) in enumerate(zip(series.T, greys, strict=True)):
            ax.plot(number, color=str(grey), linewidth=1, label=str(k))
        if series.shape[1] > 1:
            ax.legend(
                loc="upper left", bbox_to_anchor=(1, 1), fontsize=7, handlelength=1, frameon=False, borderaxespad=0
            )
    else:
        ax.imshow(series.T, cmap="gray", aspect="auto", interpolation="nearest")
        ax.set_yticks([])
    ax.set_ylabel("input", fontsize=8)
    ax.tick_params(labelsize=8)
    ax.spines[:].set(color=FRAME, linewidth=0.5)


def _draw_row(ax: Axes, name: str, row: np.ndarray, colors: ScalarMappable, *, has_names: bool) -> None:
    ax.imshow(heat_image(row, colors), aspect="auto", interpolation="nearest")
    ax.spines[:].set(color=FRAME, linewidth=0.5)
    places: Sequence[int] = range(len(row)) if has_names and 1 < len(row) <= _MOST_NAMES else ()
    ax.set_yticks(places, [f"feature {k}" for k in places], fontsize=8)
    label = name or (f"{len(row)} features" if len(row) > _MOST_NAMES else "")
    ax.set_ylabel(label, fontsize=8, rotation=90 if not name else 0, ha="center" if not name else "right", va="center")
