"""Lays out tokens on coloured backgrounds, line by line, in a figure as tall as they need."""

from collections.abc import Sequence

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch
from matplotlib.text import Text

from kerasal.visualizers.base import DPI
from kerasal.visualizers.colors import color_of, readable_on
from kerasal.visualizers.panel import fill_colorbar
from kerasal.visualizers.tokens import Line

SIZE, SMALL = 10, 8  # points: font of tokens, of names
LINE, BOX, PAD, GAP, BETWEEN = 19, 14, 2, 4, 8  # points: line to line, box, inside a box, between boxes, between texts


def draw_page(
    blocks: Sequence[tuple[str, Sequence[Line]]], heading: str, colors: ScalarMappable, label: str | None, width: float
) -> Figure:
    """A figure with a block per text: its caption, then the text once per line.

    Args:
        blocks: caption and lines of each text.
        heading: above all; empty for none.
        colors: of the values.
        label: of the colour bar; None for no bar.
        width: of the text in inches, names of lines included.
    """
    figure = Figure(figsize=(width, 1), dpi=DPI)
    measure = _measure(figure)
    points = 72 * width
    named = max(measure(line.name, SMALL) for _, lines in blocks for line in lines)
    left = named + 8 if named else 0
    placed: list[tuple] = []
    y = 0.0
    for caption, lines in blocks:
        if caption:
            placed.append((caption, None, 0.0, y))
            y += LINE
        for line in lines:
            if line.name:
                placed.append((line.name, "name", 0.0, y))
            x = left
            for token, value in zip(line.tokens, line.values):
                across = measure(token, SIZE) + 2 * PAD
                if x > left and x + across > points:
                    x, y = left, y + LINE
                placed.append((token, (float(value), across), x, y))
                x += across + GAP
            y += LINE
        y += BETWEEN
    widest = max([points, *(x + what[1] for _, what, x, _ in placed if isinstance(what, tuple))])
    above, below = 8 + 15 * len(heading.splitlines()), 42 if label else 4
    figure.set_size_inches((widest + 12) / 72, (above + y + below) / 72)
    _paint(figure, placed, colors, widest, above, y)
    if heading:
        figure.text(6 / (widest + 12), 1 - 4 / (above + y + below), heading, va="top", fontsize=11, parse_math=False)
    if label:
        tall = above + y + below
        strongest = max(float(np.abs(line.values).max()) for _, lines in blocks for line in lines)
        fill_colorbar(figure.add_axes((0.3, 32 / tall, 0.4, 7 / tall)), colors, strongest, label, "horizontal")
    return figure


def _paint(figure, placed, colors, widest, above, tall):
    """Draws in axes whose unit is a point, first line at the top."""
    total_width, total_height = 72 * figure.get_size_inches()
    ax = figure.add_axes(
        (6 / total_width, 1 - (above + tall) / total_height, widest / total_width, tall / total_height)
    )
    ax.set(xlim=(0, widest), ylim=(tall, 0))
    ax.set_axis_off()
    for words, what, x, y in placed:
        middle = y + BOX / 2
        if isinstance(what, tuple):
            value, across = what
            color = color_of(value, colors)
            shape = FancyBboxPatch(
                (x, y), across, BOX, boxstyle="round,pad=0,rounding_size=2", fc=color, ec="0.8", lw=0.4
            )
            ax.add_patch(shape)
            ink = readable_on(color)
            ax.text(
                x + across / 2,
                middle,
                words,
                fontsize=SIZE,
                color=ink,
                ha="center",
                va="center_baseline",
                parse_math=False,
            )
        else:
            style = {"fontsize": SMALL, "color": "0.4"} if what == "name" else {"fontsize": SIZE, "weight": "bold"}
            ax.text(x, middle, words, va="center_baseline", parse_math=False, **style)


def _measure(figure):
    """Function of (words, font size) -> their width in points."""
    renderer = FigureCanvasAgg(figure).get_renderer()

    def width(words, size):
        text = Text(0, 0, words, fontsize=size, parse_math=False, figure=figure)
        return float(np.ceil(72 / figure.dpi * text.get_window_extent(renderer).width)) if words else 0.0

    return width
