"""Panels of series: a signal as a line, a map as a curve, as a strip of colours, or as rows of a picture."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import Colormap, LinearSegmentedColormap

from kerasal.visualizers.colorbars import FRAME
from kerasal.visualizers.series_columns import Columns, line_pieces

LINE = 1.4  # points
MOST_NAMES = 12  # rows of a picture that have a name each
LINE_WORDS = {
    True: "red raises the score, blue lowers it",
    False: "the redder, the stronger",
}  # of signed maps, and others
_GREY = "#c4c4c4"  # zero of a line, which white would hide
_MARGIN = 0.06  # of the height of a line, above and below


def line_colors(*, is_signed: bool) -> Colormap:
    """Give the colours of lines: those of other pictures, with grey for zero in place of white."""
    warm = [_GREY, "#e58368", "#b2182b", "#67001f"]
    cold = ["#053061", "#2166ac", "#6aa8d0"]
    return LinearSegmentedColormap.from_list("line", [*cold, *warm] if is_signed else warm)


def draw_signal(
    ax: Axes, places: np.ndarray, signal: np.ndarray, columns: Columns, values: np.ndarray, colors: ScalarMappable
) -> None:
    """Draw a signal as a line in the colours of its map; the strongest of a column colours it, and lies on top of weaker ones.

    Args:
        ax: the axes.
        places: of the steps, (T,).
        signal: (T,).
        columns: of the steps.
        values: the map, (T,).
        colors: of the map.
    """
    pieces, which = line_pieces(places, signal, columns)
    strongest = columns.strongest(values)[which]
    order = np.argsort(np.abs(strongest), kind="stable")
    line = LineCollection(
        list(pieces[order]),
        cmap=colors.cmap,
        norm=colors.norm,
        linewidths=LINE,
        capstyle="round",
        joinstyle="round",
        array=strongest[order],
    )
    ax.add_collection(line, autolim=False)
    _set_limits(ax, columns, signal)


def draw_plain(ax: Axes, places: np.ndarray, signal: np.ndarray, columns: Columns) -> None:
    """Draw a signal as a dark line."""
    pieces, _ = line_pieces(places, signal, columns)
    ax.add_collection(LineCollection(list(pieces), colors="0.25", linewidths=0.9, capstyle="round"), autolim=False)
    _set_limits(ax, columns, signal)


def draw_curve(
    ax: Axes,
    places: np.ndarray,
    values: np.ndarray,
    std: np.ndarray | None,
    columns: Columns,
    colors: ScalarMappable | None,
) -> None:
    """Draw a map as a curve over a line at zero, with a band of one standard deviation where it is known.

    Args:
        ax: the axes.
        places: of the steps, (T,).
        values: the map, (T,).
        std: of the map, or None.
        columns: of the steps.
        colors: of the map; None for a dark line.
    """
    spread = np.zeros_like(values) if std is None else std
    low, high = columns.lowest(values - spread), columns.highest(values + spread)
    if std is not None:
        bottom, top = np.append(low, low[-1]), np.append(high, high[-1])
        ax.fill_between(columns.edges, bottom, top, step="post", color="0.6", alpha=0.45, linewidth=0, zorder=0.4)
    ax.axhline(0, color=FRAME, linewidth=0.6, zorder=0.5)
    if colors is None:
        draw_plain(ax, places, values, columns)
    else:
        draw_signal(ax, places, values, columns, values, colors)
    _set_limits(ax, columns, np.concatenate([low, high, [0.0]]))


def draw_rows(ax: Axes, rows: np.ndarray, columns: Columns, colors: ScalarMappable, names: Sequence[str] = ()) -> None:
    """Draw maps as rows of colours, from the top.

    Args:
        ax: the axes.
        rows: (F, T).
        columns: of the steps.
        colors: of the maps.
        names: of the rows, which are written where there are few.
    """
    strongest = columns.strongest(rows.T).T
    picture = ax.pcolormesh(columns.edges, np.arange(len(rows) + 1), strongest, cmap=colors.cmap, rasterized=True)
    picture.set_norm(colors.norm)
    ax.set_ylim(len(rows), 0)
    named = names if 1 < len(rows) <= MOST_NAMES else ()
    ax.set_yticks(np.arange(len(named)) + 0.5, list(named), fontsize=8, parse_math=False)
    ax.tick_params(axis="y", length=0)


def _set_limits(ax: Axes, columns: Columns, values: np.ndarray) -> None:
    ax.set_xlim(columns.edges[0], columns.edges[-1])
    known = values[np.isfinite(values)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
    margin = _MARGIN * (high - low) or _MARGIN * abs(high) or 1.0
    ax.set_ylim(low - margin, high + margin)
