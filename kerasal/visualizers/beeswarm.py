"""Beeswarms: a dot per example and feature, at its saliency, in the colour of the feature's value."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap, ListedColormap, Normalize
from matplotlib.figure import Figure

from kerasal.visualizers.arrangement import elided, text_width, wrapped
from kerasal.visualizers.base import DPI, root_figure
from kerasal.visualizers.colorbars import FRAME
from kerasal.visualizers.shown import Picture
from kerasal.visualizers.table import TALLEST

UNKNOWN = "0.6"  # grey of categories, and of values that are not known
_WIDTH, _ROW = 7.5, 0.38  # inches
_HALF = 0.42  # of the distance between rows: the tallest swarm
_LETTERS = 9  # points
_LONGEST_NAME = 3.2  # inches
_LONGEST_BAR = 2.5  # inches
_SHORT = 2.6  # inches of a figure with a short bar
_MANY = 2000  # dots, from where vectors of each are too many


@dataclass(frozen=True)
class Beeswarm:
    """Saliency of a data set.

    Attributes:
        values: (N, features), from the top.
        inputs: value of each feature in each example, (N, features) of numbers or of anything; None where not known.
        names: of the features.
        title: words above.
        label: words below the axis.
        cmap: colours from low to high values; None: the usual ones.
    """

    values: np.ndarray
    inputs: np.ndarray | None
    names: Sequence[str]
    title: str
    label: str
    cmap: Any = None

    def draw(self) -> Figure:
        """Draw the beeswarm."""
        count, names = len(self.names), [elided(name, _LONGEST_NAME, _LETTERS) for name in self.names]
        height = min(1.1 + _ROW * count + 0.2 * (self.title.count("\n") + 1), TALLEST)
        figure = Picture(figsize=(_WIDTH, height), dpi=DPI, layout="constrained")
        ax = figure.subplots()
        dot = dot_size(len(self.values))
        wide = _WIDTH - max(text_width(name, _LETTERS) for name in names) - 1.2
        bins = max(int(wide * 72 / dot), 20)
        low, high = float(min(self.values.min(), 0)), float(max(self.values.max(), 0))
        span = (high - low) or 1.0
        shares = [None if self.inputs is None else shares_of(self.inputs[:, k]) for k in range(count)]
        cmap = color_map(self.cmap)
        for row in range(count):
            where = (self.values[:, row] - low) / span
            offsets = swarm_offsets(where, bins, dot / 72 / _ROW)
            self._dots(ax, row, offsets, shares[row], cmap, dot)
            ax.axhline(row, color="0.88", linewidth=0.6, zorder=0)
        ax.axvline(0, color="0.3", linewidth=0.8, zorder=1)
        ax.set_xlim(low - 0.03 * span, high + 0.03 * span)
        ax.set_ylim(count - 0.4, -0.6)
        ax.set_yticks(range(count), names, parse_math=False, fontsize=_LETTERS)
        ax.spines[["top", "right", "left"]].set_visible(False)
        ax.tick_params(axis="y", length=0)
        ax.tick_params(axis="x", labelsize=_LETTERS)
        is_grey = [share is None or bool(np.isnan(share).any()) for share in shares]
        grey = f"; grey: {'no number, as of categories' if self.inputs is not None else 'values not known'}"
        label = self.label + (grey if any(is_grey) else "")
        ax.set_xlabel(wrapped(label, max(wide, 3.5), _LETTERS), parse_math=False, fontsize=_LETTERS)
        figure.suptitle(self.title, parse_math=False, fontsize=11)
        if not all(is_grey):
            self._bar(ax, cmap)
        return figure

    def _dots(
        self, ax: Axes, row: int, offsets: np.ndarray, share: np.ndarray | None, cmap: Colormap, dot: float
    ) -> None:
        """Draw the dots of a feature, grey ones first."""
        known = np.zeros(len(offsets), bool) if share is None else ~np.isnan(share)
        how: dict[str, Any] = {"s": dot**2, "linewidths": 0, "rasterized": self.values.size > _MANY, "zorder": 2}
        for chosen in (~known, known):
            if chosen.any():
                colors = UNKNOWN if share is None or chosen is not known else cmap(share[chosen])
                ax.scatter(self.values[chosen, row], row + offsets[chosen], color=colors, **how)

    def _bar(self, ax: Axes, cmap: Colormap) -> None:
        colors = ScalarMappable(Normalize(0, 1), cmap)
        long = min(0.9, _LONGEST_BAR / root_figure(ax).get_figheight())
        bar = ax.figure.colorbar(colors, ax=ax, ticks=[0, 1], aspect=25, pad=0.02, shrink=long)
        bar.ax.set_yticklabels(["low", "high"], fontsize=_LETTERS)
        bar.ax.tick_params(length=0)
        is_short = root_figure(ax).get_figheight() < _SHORT  # words at the ends would meet those beside them
        bar.set_label("value of the feature", fontsize=_LETTERS, labelpad=3 if is_short else -6)
        bar.outline.set(edgecolor=FRAME, linewidth=0.5)


def color_map(cmap: Any = None) -> Colormap:
    """Give the colours of values, from low to high; those of saliency are others, and all can be seen on white."""
    if cmap is None:
        return ListedColormap(matplotlib.colormaps["viridis"](np.linspace(0, 0.92, 256)), "values")
    return matplotlib.colormaps[cmap] if isinstance(cmap, str) else cmap


def dot_size(count: int) -> float:
    """Choose the diameter of dots, in points: 5 for few examples, less for many."""
    return float(np.clip(5 - np.log10(max(count, 1) / 100), 3, 5))


def shares_of(column: np.ndarray) -> np.ndarray | None:
    """Give the place of each number between the 5th and 95th percentile of a feature, in [0, 1]; NaN of what is no number.

    Returns:
        (N,), .5 where all are the same; None where none is a number, as of categories.

    Example:
        >>> shares_of(np.array([0.0, 1.0])).tolist(), shares_of(np.array(["a", "b"]))
        ([0.0, 1.0], None)
    """
    numbers = np.array([_number(each) for each in column.tolist()], np.float64)
    known = np.isfinite(numbers)
    if not known.any():
        return None
    low, high = np.percentile(numbers[known], [5, 95])
    if low == high:
        low, high = float(numbers[known].min()), float(numbers[known].max())
    found: np.ndarray = np.clip((numbers - low) / (high - low), 0, 1) if high > low else np.where(known, 0.5, np.nan)
    return np.where(known, found, np.nan)


def _number(value: Any) -> float:
    return float(value) if isinstance(value, (bool, int, float, np.number)) else np.nan


def swarm_offsets(places: np.ndarray, bins: int, step: float) -> np.ndarray:
    """Move dots apart that lie on one another: up and down in turn, in the order of the examples.

    Args:
        places: along the axis, in [0, 1], (N,).
        bins: dots beside each other along the axis.
        step: distance of two dots one above the other, as a share of the distance between rows; less where there are too many.

    Returns:
        (N,), within ±.42 of the distance between rows.

    Example:
        >>> swarm_offsets(np.array([0.0, 0.5, 0.5, 0.5, 1.0, 1.0]), 10, 0.1).tolist()
        [0.0, 0.0, 0.1, -0.1, -0.05, 0.05]
    """
    bin_of = np.round(np.asarray(places, np.float64) * bins).astype(int)
    order = np.argsort(bin_of, kind="stable")
    _, first, counts = np.unique(bin_of[order], return_index=True, return_counts=True)
    rank = np.empty(len(order), int)
    rank[order] = np.arange(len(order)) - np.repeat(first, counts)
    is_even = np.empty(len(order), bool)
    is_even[order] = np.repeat(counts % 2 == 0, counts)
    layers = (rank + 1) // 2 * np.where(rank % 2, 1, -1) - is_even / 2
    found: np.ndarray = layers * min(step, _HALF / max(counts.max() / 2, 1)) + 0.0
    return found
