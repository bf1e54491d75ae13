"""Lays out tokens on coloured backgrounds, line by line, in a figure as tall as they need."""

import bisect
import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch
from matplotlib.text import Text
from numpy.typing import ArrayLike

from kerasal.visualizers.base import DPI, one_example, std_of
from kerasal.visualizers.colorbars import fill_colorbar
from kerasal.visualizers.colors import color_of, number_text, readable_on
from kerasal.visualizers.fonts import Fonts, fonts_for, is_right_to_left
from kerasal.visualizers.scalers import Scaler
from kerasal.visualizers.shown import Picture
from kerasal.visualizers.text_signs import visible


@dataclass(frozen=True)
class Line:
    """The tokens of one text that are drawn.

    Attributes:
        tokens: as they are shown.
        values: their saliency, scaled, (tokens,).
        notes: each saliency in words, in its own units and with its standard deviation where there is one.
        name: of the method, empty for none.
    """

    tokens: list[str]
    values: np.ndarray
    notes: list[str]
    name: str = ""


@dataclass(frozen=True)
class TextBlock:
    """One text, drawn once per line.

    Attributes:
        caption: words above it; empty for none.
        lines: the text by one method each.
    """

    caption: str
    lines: Sequence[Line]


@dataclass(frozen=True)
class Page:
    """Texts below each other on one scale.

    Attributes:
        blocks: one per text.
        heading: above all; empty for none.
        colors: of the values.
        label: of the colour bar.
    """

    blocks: Sequence[TextBlock]
    heading: str
    colors: ScalarMappable
    label: str


def token_line(saliency: ArrayLike, tokens: Sequence[str | None], scaler: Scaler | None, name: str = "") -> Line:
    """Choose the tokens that are drawn, and the saliency of each.

    Args:
        saliency: array or `Saliency` of one example, `(tokens,)` or `(tokens, 1)`.
        tokens: one string per position, None for padding.
        scaler: applied to what is drawn, or None.
        name: of the method.

    Raises:
        ValueError: shapes that do not fit, nothing to draw.
        TypeError: a token that is no string.
    """
    values = one_example(saliency, "TextVisualizer", "shape (tokens,)")
    std = std_of(saliency)
    if values.ndim == 2 and values.shape[1] == 1:
        values, std = values[:, 0], None if std is None else std[:, 0]
    _check_tokens(tokens, values.shape)
    drawn = [position for position, token in enumerate(tokens) if token is not None]
    if not drawn:
        raise ValueError("TextVisualizer draws at least one token. Received: none but padding. Name the tokens.")
    values = values[drawn]
    scaled = values if scaler is None else scaler(values)
    spread = [""] * len(drawn) if std is None else [f" ± {number_text(number)}" for number in std[drawn]]
    notes = [number_text(value) + each for value, each in zip(values, spread, strict=True)]
    return Line([visible(str(tokens[position])) for position in drawn], np.asarray(scaled), notes, name)


def _check_tokens(tokens: Sequence[str | None], shape: tuple[int, ...]) -> None:
    """Refuse tokens that are no strings, or do not fit a saliency of a shape."""
    if isinstance(tokens, str):
        raise TypeError(
            f"tokens is a list of strings, one per position. Received: the string {tokens!r}. Split it as the model does."
        )
    if shape != (len(tokens),):
        raise ValueError(
            f"TextVisualizer draws one number per token, shape ({len(tokens)},). Received: saliency of shape "
            f"{shape}, {len(tokens)} tokens. Fold the embedding axis, e.g. explain(..., ch_axis=-1), and name padding None."
        )
    odd = [token for token in tokens if not (token is None or isinstance(token, str))]
    if odd:
        raise TypeError(f"tokens are strings, or None for padding. Received: {odd[0]!r}. Decode the tokens first.")


SIZE, SMALL = 10, 8  # points: font of tokens, of names
_LEAST = 60  # points that a token may take, however narrow the text
LINE, BOX, PAD, GAP, BETWEEN = 19, 14, 2, 4, 8  # points: line to line, box, inside a box, between boxes, between texts

Measure = Callable[[str, float], float]  # of words and a font size: their width in points


@dataclass(frozen=True)
class _Words:
    """Words at a place, in points from the top left corner; `style` is what matplotlib's `text` takes."""

    words: str
    x: float
    y: float
    style: dict[str, Any]

    def draw(self, ax: Axes, colors: ScalarMappable) -> None:
        ax.text(self.x, self.y + BOX / 2, self.words, va="center_baseline", parse_math=False, **self.style)


@dataclass(frozen=True)
class _Token:
    """A token in a box at a place, in points from the top left corner."""

    words: str
    x: float
    y: float
    value: float
    width: float

    def draw(self, ax: Axes, colors: ScalarMappable) -> None:
        color = color_of(self.value, colors)
        rounded = "round,pad=0,rounding_size=2"
        box = FancyBboxPatch((self.x, self.y), self.width, BOX, boxstyle=rounded, fc=color, ec="0.8", lw=0.4)
        ax.add_patch(box)
        ax.text(
            self.x + self.width / 2,
            self.y + BOX / 2,
            self.words,
            fontsize=SIZE,
            color=readable_on(color),
            ha="center",
            va="center_baseline",
            parse_math=False,
        )


class _Layout:
    """Words and tokens put below each other.

    Args:
        width: of the text in points, names of lines included.
        names_width: of the names of lines, 0 where there are none.
        measure: see `Measure`.

    Attributes:
        items: in the order in which they were put.
        height: of all lines so far.
    """

    def __init__(self, width: float, names_width: float, measure: Measure):
        self._width, self._left, self._measure = width, names_width + 8 if names_width else 0, functools.cache(measure)
        self.items: list[_Words | _Token] = []
        self.height = 0.0

    @property
    def widest(self) -> float:
        """Width of the text, or of a token that is wider."""
        return max([self._width, *(each.x + each.width for each in self.items if isinstance(each, _Token))])

    def put_block(self, block: TextBlock) -> None:
        """Put a caption, the lines, and a gap."""
        if block.caption:
            self.items.append(_Words(block.caption, 0.0, self.height, {"fontsize": SIZE, "weight": "bold"}))
            self.height += LINE
        for line in block.lines:
            self._put_line(line)
        self.height += BETWEEN

    def _put_line(self, line: Line) -> None:
        if line.name:
            self.items.append(_Words(line.name, 0.0, self.height, {"fontsize": SMALL, "color": "0.4"}))
        x, is_mirrored = float(self._left), is_right_to_left("".join(line.tokens))
        for token, value in zip(line.tokens, line.values, strict=True):
            words = self._shortened(token)
            width = self._measure(words, SIZE) + 2 * PAD
            if x > self._left and x + width > self._width:
                x = self._left
                self.height += LINE
            place = self._width + self._left - x - width if is_mirrored else x
            self.items.append(_Token(words, place, self.height, float(value), width))
            x += width + GAP
        self.height += LINE

    def _shortened(self, token: str) -> str:
        """Leave out the middle of a token that is wider than the text."""
        room = max(self._width - self._left, _LEAST) - 2 * PAD
        if self._measure(token, SIZE) <= room:
            return token
        kept = bisect.bisect(range(1, len(token) // 2), room, key=lambda k: self._measure(_ends(token, k), SIZE))
        return _ends(token, max(kept, 1))


def _ends(token: str, count: int) -> str:
    return f"{token[:count]}…{token[-count:]}"


def words_on(page: Page) -> list[str]:
    """List all words of a page."""
    lines = [line for block in page.blocks for line in block.lines]
    tokens = [token for line in lines for token in line.tokens]
    return [
        page.heading,
        page.label,
        *(block.caption for block in page.blocks),
        *(line.name for line in lines),
        *tokens,
    ]


def draw_page(page: Page, width: float, *, show_colorbar: bool) -> Figure:
    """Draw a figure with a block per text: its caption, then the text once per line.

    Args:
        page: the texts.
        width: of the text in inches, names of lines included.
        show_colorbar: draw the colour bar.
    """
    figure = Picture(figsize=(width, 1), dpi=DPI)
    fonts = fonts_for(words_on(page))
    measure = _measure_in(figure, fonts)
    lines = [line for block in page.blocks for line in block.lines]
    layout = _Layout(72 * width, max(measure(line.name, SMALL) for line in lines), measure)
    for block in page.blocks:
        layout.put_block(block)
    above, below = 8 + 15 * len(page.heading.splitlines()), 42 if show_colorbar else 4
    total_width, total_height = layout.widest + 12, above + layout.height + below
    figure.set_size_inches(total_width / 72, total_height / 72)
    ax = _axes_in_points(figure, layout.widest, layout.height, above)
    for item in layout.items:
        item.draw(ax, page.colors)
    if page.heading:
        figure.text(6 / total_width, 1 - 4 / total_height, page.heading, va="top", fontsize=11, parse_math=False)
    if show_colorbar:
        strongest = max(float(np.abs(line.values).max()) for line in lines)
        bar_axes = figure.add_axes((0.3, 32 / total_height, 0.4, 7 / total_height))
        fill_colorbar(bar_axes, page.colors, strongest, page.label, "horizontal")
    for text in figure.findobj(Text):
        text.set(fontfamily=fonts.families, text=fonts.shown(text.get_text()))
    return figure


def _axes_in_points(figure: Figure, width: float, height: float, above: float) -> Axes:
    """Add axes without frame whose unit is a point, first line at the top, `above` points below the figure's edge."""
    total_width, total_height = 72 * figure.get_size_inches()
    ax = figure.add_axes(
        (6 / total_width, 1 - (above + height) / total_height, width / total_width, height / total_height)
    )
    ax.set(xlim=(0, width), ylim=(height, 0))
    ax.set_axis_off()
    return ax


def _measure_in(figure: Figure, fonts: Fonts) -> Measure:
    renderer = FigureCanvasAgg(figure).get_renderer()  # type: ignore[no-untyped-call]

    def width(words: str, size: float) -> float:
        style: Any = {"fontsize": size, "fontfamily": fonts.families, "parse_math": False}
        text = Text(0, 0, fonts.shown(words), figure=figure, **style)
        return float(np.ceil(72 / figure.dpi * text.get_window_extent(renderer).width)) if words else 0.0

    return width
