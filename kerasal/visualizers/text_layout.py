"""Lays out tokens on coloured backgrounds, line by line, in a figure as tall as they need."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch
from matplotlib.text import Text

from kerasal.visualizers.base import DPI, one_example, std_of
from kerasal.visualizers.colors import color_of, number_text, readable_on
from kerasal.visualizers.image_grid import fill_colorbar

CONTROL = {"\n": "↵", "\t": "⇥", "\r": "␍", "": "∅", " ": "␣"}  # what has no look of its own


@dataclass(frozen=True)
class Line:
    """The tokens of one text that are drawn.

    Attributes:
        tokens: as they are shown; values: their saliency, scaled, (tokens,); notes: each saliency in words, in its own units
            and with its standard deviation where there is one; name: of the method, empty for none.
    """

    tokens: list[str]
    values: np.ndarray
    notes: list[str]
    name: str = ""


def token_line(saliency, tokens: Sequence[str | None], scaler, name: str = "") -> Line:
    """The tokens that are drawn, and the saliency of each.

    Args:
        saliency: array or `Saliency` of one example, `(tokens,)` or `(tokens, 1)`.
        tokens: one string per position, None for padding.
        scaler: applied to what is drawn, or None.
        name: of the method.

    Raises:
        ValueError: shapes that do not fit, nothing to draw. TypeError: a token that is no string.
    """
    values = one_example(saliency, "TextVisualizer", "shape (tokens,)")
    std = std_of(saliency)
    if values.ndim == 2 and values.shape[1] == 1:
        values, std = values[:, 0], None if std is None else std[:, 0]
    if isinstance(tokens, str):
        raise TypeError(
            f"tokens is a list of strings, one per position. Received: the string {tokens!r}. Split it as the model does."
        )
    if values.ndim != 1 or len(tokens) != len(values):
        raise ValueError(
            f"TextVisualizer draws one number per token, shape ({len(tokens)},). Received: saliency of shape "
            f"{values.shape}, {len(tokens)} tokens. Fold the embedding axis, e.g. explain(..., ch_axis=-1), and name padding None."
        )
    odd = [token for token in tokens if not (token is None or isinstance(token, str))]
    if odd:
        raise TypeError(f"tokens are strings, or None for padding. Received: {odd[0]!r}. Decode the tokens first.")
    kept = [position for position, token in enumerate(tokens) if token is not None]
    if not kept:
        raise ValueError("TextVisualizer draws at least one token. Received: none but padding. Name the tokens.")
    values = values[kept]
    scaled = values if scaler is None else scaler(values)
    spread = [""] * len(kept) if std is None else [f" ± {number_text(number)}" for number in std[kept]]
    notes = [number_text(value) + each for value, each in zip(values, spread)]
    return Line([visible(str(tokens[position])) for position in kept], np.asarray(scaled), notes, name)


def visible(token: str) -> str:
    """The token with a sign for what cannot be seen."""
    if token in CONTROL:
        return CONTROL[token]
    return "".join(
        CONTROL.get(letter, "\ufffd") if unicodedata.category(letter) in ("Cc", "Cs") else letter for letter in token
    )


STOPS = 11  # colours of the bar


def html_page(blocks: Sequence[tuple[str, Sequence[Line]]], heading: str, colors: ScalarMappable, label: str) -> str:
    """A `<div>` with a block per text, and the colour bar below.

    Args:
        blocks: caption and lines of each text.
        heading: above all; empty for none.
        colors: of the values.
        label: of the colour bar.
    """
    parts = [
        '<div style="font-family:sans-serif;line-height:1.9;max-width:60em;background:#fff;color:#000;padding:.5em">'
    ]
    parts += [f'<div style="font-weight:bold">{escape(words)}</div>' for words in heading.splitlines()]
    for caption, lines in blocks:
        if caption:
            parts.append(f'<div style="font-weight:bold;margin-top:.6em">{escape(caption)}</div>')
        parts += [_line(line, colors) for line in lines]
    return "\n".join([*parts, _bar(colors, label), "</div>"])


def _line(line: Line, colors: ScalarMappable) -> str:
    name = f'<span style="color:#666;font-size:80%">{escape(line.name)}</span> ' if line.name else ""
    spans = []
    for token, value, note in zip(line.tokens, line.values, line.notes):
        back = color_of(value, colors)
        style = f"background:{back};color:{readable_on(back)};padding:.1em .2em;border-radius:.2em"
        spans.append(f'<span title="{escape(note)}" style="{style}">{escape(token)}</span>')
    return f'<div dir="auto">{name}{" ".join(spans)}</div>'


def _bar(colors: ScalarMappable, label: str) -> str:
    low, high = colors.get_clim()
    stops = ",".join(color_of(value, colors) for value in np.linspace(low, high, STOPS))
    ends = [number_text(number) for number in (low, high)]
    bar = f'<span style="display:inline-block;width:12em;height:.8em;background:linear-gradient(to right,{stops})"></span>'
    return f'<div style="font-size:80%;margin-top:.6em">{ends[0]} {bar} {ends[1]} &nbsp; {escape(label)}</div>'


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
