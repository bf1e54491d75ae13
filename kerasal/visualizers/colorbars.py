"""Colour bars: beside a picture, below it, or in axes of their own."""

from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable

from kerasal.visualizers.colors import number_text

FRAME = "0.6"  # grey of frames and ticks

Orientation = Literal["vertical", "horizontal"]


def add_colorbar(
    ax: Axes,
    colors: ScalarMappable,
    strongest: float,
    label: str,
    orientation: Orientation = "vertical",
) -> None:
    """Draw the colours at the right of `ax` (vertical) or below it (horizontal), as long as its side.

    Ticks are at zero and at the ends.

    Args:
        ax: the axes of the picture.
        colors: see `color_scale`.
        strongest: largest magnitude drawn; if it is beyond the colours, the ends become arrows.
        label: name of the numbers, empty for none.
        orientation: of the bar.
    """
    width, height = np.ptp(ax.get_xlim()), np.ptp(ax.get_ylim())
    is_vertical = orientation == "vertical"
    thick = (
        0.05 * max(width, height) / (width if is_vertical else height)
    )  # as thick for a narrow picture as for a wide one
    place = (1 + 0.8 * thick, 0.0, thick, 1.0) if is_vertical else (0.0, -2.2 * thick, 1.0, thick)
    fill_colorbar(ax.inset_axes(place), colors, strongest, label, orientation)


def fill_colorbar(
    cax: Axes,
    colors: ScalarMappable,
    strongest: float,
    label: str,
    orientation: Orientation,
) -> None:
    """Draw the colours in axes of their own, `cax`; see `add_colorbar`."""
    vmin, vmax = colors.get_clim()
    extend = "neither" if strongest <= vmax else "both" if vmin < 0 else "max"
    bar = cax.figure.colorbar(
        colors,
        cax=cax,
        orientation=orientation,
        extend=extend,
        ticks=[vmin, 0.0, vmax] if vmin < 0 else [vmin, vmax],
        format=lambda tick, _: number_text(tick),
    )
    bar.set_label(label, fontsize=8, parse_math=False)
    bar.ax.tick_params(labelsize=8, length=2, color=FRAME)
    if orientation == "horizontal":  # the numbers of neighbouring bars do not meet
        ends = bar.ax.get_xticklabels()
        ends[0].set_horizontalalignment("left")
        ends[-1].set_horizontalalignment("right")
    bar.outline.set(edgecolor=FRAME, linewidth=0.5)
