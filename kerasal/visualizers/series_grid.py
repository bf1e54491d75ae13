"""A grid of series on one time axis: examples and their channels below one another, methods side by side."""

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from kerasal.visualizers.base import DPI
from kerasal.visualizers.colorbars import FRAME, fill_colorbar
from kerasal.visualizers.colors import number_text
from kerasal.visualizers.series_columns import Columns, columns_of
from kerasal.visualizers.series_panels import MOST_NAMES, draw_curve, draw_plain, draw_rows, draw_signal
from kerasal.visualizers.shown import Picture
from kerasal.visualizers.time_axis import TimeAxis

WIDEST, LEAST_WIDTH = 7.5, 2.7  # inches of all methods, and of each
_LETTERS = 14  # of the label of a colour bar, an inch
SIGNAL, CURVE, STRIP = 0.85, 0.5, 0.16  # inches of panels
_ROW, _LOWEST, _HIGHEST = 0.18, 0.3, 2.5  # inches of a row of a picture, and of all of them
_PIXELS_OF_WIDTH = (
    0.5  # columns for each pixel of the figure, so that each has a pixel of its own, also at 100 dots per inch
)


class Example(NamedTuple):
    """One example, as one method explains it.

    Attributes:
        values: its map, (T, C), or (T, 1) for all channels alike.
        std: of the map, or None.
        signal: (T, C), or None.
    """

    values: np.ndarray
    std: np.ndarray | None
    signal: np.ndarray | None


class Panel(NamedTuple):
    """A panel of every example.

    Attributes:
        draws: "signal" in the colours of the map, "plain" signal, "curve" of the map in its colours or a "plain curve", "strip" of the
            map, "signals" or "maps" as rows.
        channel: of which it is; of a map that has one for all channels, 0.
    """

    draws: str
    channel: int = 0


class Colors(NamedTuple):
    """Colours of a method: of the maps, the largest magnitude drawn, and the words at their bar."""

    scale: ScalarMappable
    strongest: float
    label: str


@dataclass(frozen=True)
class SeriesGrid:
    """Series in rows and methods in columns. `SeriesVisualizer` describes the attributes and checks what a user gives.

    Attributes:
        methods: name -> examples.
        colors: name -> its colours.
        time: of all.
        names: of channels, with their units.
        captions: words above each example.
        panels: of each example, from the top.
        title: words above all.
    """

    methods: Mapping[str, Sequence[Example]]
    colors: Mapping[str, Colors]
    time: TimeAxis
    names: Sequence[str]
    captions: Sequence[str]
    panels: Sequence[Panel]
    title: str

    def draw(self) -> Figure:
        """Draw the grid."""
        width = max(WIDEST / len(self.methods), LEAST_WIDTH)
        columns = columns_of(self.time.places, int(_PIXELS_OF_WIDTH * width * DPI))
        heights = [self._height(panel) for panel in self.panels] * len(self.captions)
        most = columns.most_steps
        told = (
            f"each column of pixels: up to {most} steps, their extremes and the strongest saliency" if most > 1 else ""
        )
        title = "\n".join(filter(None, (self.title, told)))
        words = 0.22 * sum(map(bool, self.captions)) + 0.18 * (1 + title.count("\n"))
        size = (width * len(self.methods), sum(heights) + 0.09 * len(heights) + words + 0.9)
        figure = Picture(figsize=size, dpi=DPI, layout=ConstrainedLayoutEngine(h_pad=0.02, hspace=0.0))
        grid = figure.add_gridspec(len(heights) + 1, len(self.methods), height_ratios=[*heights, 0.1])
        first: Axes | None = None
        for at, name in enumerate(self.methods):
            axes = []
            for row in range(len(heights)):
                axes.append(figure.add_subplot(grid[row, at], sharex=first))
                first = first or axes[0]
            self._draw_method(axes, name, columns, is_first=at == 0)
            colors = self.colors[name]
            label = "\n".join(textwrap.fill(line, int(_LETTERS * width)) for line in colors.label.split("\n"))
            fill_colorbar(figure.add_subplot(grid[-1, at]), colors.scale, colors.strongest, label, "horizontal")
        figure.align_ylabels()
        if title:
            figure.suptitle(title, fontsize=10, parse_math=False)
        return figure

    def _height(self, panel: Panel) -> float:
        of_rows = float(np.clip(_ROW * len(self.names), _LOWEST, _HIGHEST))
        return {"curve": CURVE, "plain curve": CURVE, "strip": STRIP, "maps": of_rows, "signals": of_rows}.get(
            panel.draws, SIGNAL
        )

    def _draw_method(self, axes: Sequence[Axes], name: str, columns: Columns, *, is_first: bool) -> None:
        each = len(self.panels)
        for n, example in enumerate(self.methods[name]):
            own = axes[n * each : (n + 1) * each]
            for ax, panel in zip(own, self.panels, strict=True):
                self._draw_panel(ax, panel, example, columns, self.colors[name].scale)
                has_numbers = is_first or panel.draws.endswith("curve")  # signals are the same for all methods
                ax.tick_params(labelsize=8, color=FRAME, bottom=False, labelbottom=False, labelleft=has_numbers)
                ax.spines[:].set(color=FRAME, linewidth=0.5)
                if not is_first:
                    ax.set_ylabel("")
            if is_first:
                own[0].set_title(self.captions[n], fontsize=9, loc="left", parse_math=False)
        if len(self.methods) > 1:
            above = 16 if self.captions[0] else 3
            axes[0].annotate(
                name,
                (0.5, 1),
                (0, above),
                "axes fraction",
                "offset points",
                ha="center",
                weight="bold",
                parse_math=False,
            )
        self.time.show_on(axes[-1])
        axes[-1].set_xlabel(self.time.label, fontsize=8, parse_math=False)
        axes[-1].tick_params(bottom=True, labelbottom=True)

    def _draw_panel(self, ax: Axes, panel: Panel, example: Example, columns: Columns, scale: ScalarMappable) -> None:
        places, (draws, channel) = self.time.places, panel
        of_map = min(channel, example.values.shape[1] - 1)
        values = example.values[:, of_map]
        std = None if example.std is None else example.std[:, of_map]
        label = ""
        if draws in ("signal", "plain") and example.signal is not None:
            label, signal = self.names[channel], example.signal[:, channel]
            if draws == "signal":
                draw_signal(ax, places, signal, columns, values, scale)
            else:
                draw_plain(ax, places, signal, columns)
        elif draws in ("curve", "plain curve"):
            label = "saliency" if example.signal is not None else self.names[channel]
            draw_curve(ax, places, values, std, columns, scale if draws == "curve" else None)
        elif draws == "strip":
            draw_rows(ax, values[None], columns, scale)
        elif draws == "signals" and example.signal is not None:
            low, high = float(np.nanmin(example.signal)), float(np.nanmax(example.signal))
            label = f"{len(self.names)} channels\nblack {number_text(low)}\nwhite {number_text(high)}"
            greys = ScalarMappable(Normalize(low, high), "gray")
            draw_rows(ax, example.signal.T, columns, greys)
        else:
            draw_rows(ax, example.values.T, columns, scale, self.names)
            label = "saliency" if example.values.shape[1] > MOST_NAMES else ""
        ax.set_ylabel(label, fontsize=8, rotation=0, ha="right", va="center", parse_math=False)
