"""Waterfalls: bars that lead from a base value to the score, one per feature of a row."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kerasal.visualizers.arrangement import elided, text_width, wrapped
from kerasal.visualizers.base import DPI
from kerasal.visualizers.shown import Picture
from kerasal.visualizers.table import NEGATIVE, POSITIVE, TALLEST

GAP_COLOR = "0.6"
_WIDTH, _ROW = 7.0, 0.32  # inches
_LONGEST_NAME = 3.2  # inches
_LETTERS = 9  # points


@dataclass(frozen=True)
class Step:
    """A bar of a waterfall.

    Attributes:
        name: words at its left.
        value: its length, with its sign.
        error: half the length of its whisker, 0 for none.
        is_gap: True where no feature has it.
        is_sum: True where it is of several features.
    """

    name: str
    value: float
    error: float = 0.0
    is_gap: bool = False
    is_sum: bool = False


@dataclass(frozen=True)
class Waterfall:
    """The way from a base value, at the bottom, to the score, at the top.

    Attributes:
        steps: from the top.
        base: the base value, and the words for it.
        score: the score, and the words for it.
        title: words above.
        label: words below the axis.
    """

    steps: Sequence[Step]
    base: tuple[str, float]
    score: tuple[str, float]
    title: str
    label: str

    @property
    def ends(self) -> np.ndarray:
        """The place where each bar ends; those below it and the base value lead to where it starts."""
        values = np.array([step.value for step in self.steps], np.float64)
        return self.base[1] + np.cumsum(values[::-1])[::-1]

    def draw(self) -> Figure:
        """Draw the waterfall."""
        rows = len(self.steps) + 2
        names = self._names()
        height = min(0.9 + _ROW * rows + 0.2 * (self.title.count("\n") + 1), TALLEST)
        figure = Picture(figsize=(_WIDTH, height), dpi=DPI, layout="constrained")
        ax = figure.subplots()
        ends = self.ends
        starts = ends - [step.value for step in self.steps]
        for row, (step, start, end) in enumerate(zip(self.steps, starts, ends, strict=True), 1):
            self._bar(ax, row, step, start)
            above = end if row > 1 else self.score[1]
            ax.plot([above, above], [row - 1 - 0.36 * (row > 1), row + 0.36], color="0.5", linewidth=0.7, zorder=0)
        ax.plot([self.base[1]] * 2, [rows - 1, rows - 1 - 0.64], color="0.5", linewidth=0.7, zorder=0)
        written = self._numbers(ax, starts, ends)
        self._make_room(ax, written)
        ax.set_yticks(range(rows), names, parse_math=False, fontsize=_LETTERS)
        ax.set_ylim(rows - 0.4, -0.6)
        ax.spines[["top", "right", "left"]].set_visible(False)
        ax.tick_params(axis="y", length=0)
        ax.tick_params(axis="x", labelsize=_LETTERS)
        ax.set_xlabel(wrapped(self.label, self._inches(), _LETTERS), parse_math=False, fontsize=_LETTERS)
        figure.suptitle(self.title, parse_math=False, fontsize=11)
        return figure

    def _bar(self, ax: Axes, row: int, step: Step, start: float) -> None:
        ax.barh(
            row,
            step.value,
            left=start,
            height=0.72,
            color=GAP_COLOR if step.is_gap else POSITIVE if step.value >= 0 else NEGATIVE,
            edgecolor=GAP_COLOR if step.is_gap else "none",
            xerr=step.error or None,
            error_kw={"ecolor": "0.3", "elinewidth": 1, "capsize": 2},
        )

    def _numbers(self, ax: Axes, starts: np.ndarray, ends: np.ndarray) -> list[tuple[float, float]]:
        """Write the number of each row beside its bar; give the place of each in the data, and its width with its sign."""
        gaps = [step.value for step in self.steps if step.is_gap]
        decimals = shown_decimals([self.base[1], self.score[1], *(step.value for step in self.steps)], gaps)
        last = len(self.steps) + 1
        written = [
            (0, self.score[1], 1, fixed_text(self.score[1], decimals)),
            (last, self.base[1], 1, fixed_text(self.base[1], decimals)),
        ]
        for row, (step, start, end) in enumerate(zip(self.steps, starts, ends, strict=True), 1):
            side = 1 if step.value >= 0 else -1
            reach = max(end * side + step.error, start * side) * side
            written.append((row, reach, side, fixed_text(step.value, decimals, is_signed=True)))
        found = []
        for row, place, side, words in written:
            is_end = row in (0, last)
            if is_end:
                ax.plot([place], [row], marker="D", color="0.2", markersize=5)
            ax.annotate(
                words,
                (place, row),
                (side * (7 if is_end else 4), 0),
                textcoords="offset points",
                ha="left" if side > 0 else "right",
                va="center_baseline",
                fontsize=_LETTERS,
                fontweight="bold" if is_end else None,
                parse_math=False,
            )
            found.append((place, side * (text_width(words, _LETTERS) * (1.15 if is_end else 1) + 0.14)))
        return found

    def _inches(self) -> float:
        """Give the width that the names leave to the bars."""
        return max(_WIDTH - max(text_width(name, _LETTERS) for name in self._names()) - 0.4, 2.0)

    def _names(self) -> list[str]:
        """List the words beside the rows, from the top."""
        names = [self.score[0], *(step.name for step in self.steps), self.base[0]]
        return [elided(name, _LONGEST_NAME, _LETTERS) for name in names]

    def _make_room(self, ax: Axes, written: Sequence[tuple[float, float]]) -> None:
        """Widen the axis until all numbers have their room."""
        inches = self._inches()
        places = [place for place, _ in written]
        low, high = min(places), max(places)
        span = (high - low) or max(abs(high), 1.0)
        for _ in range(20):
            scale = span / inches
            left = min(place + min(width, 0) * scale for place, width in written)
            right = max(place + max(width, 0) * scale for place, width in written)
            span = right - left
            if span / inches <= scale * 1.001:
                break
        ax.set_xlim(left - 0.01 * span, right + 0.01 * span)


def shown_decimals(numbers: Sequence[float], smallest: Sequence[float] = ()) -> int:
    """Choose how many decimals numbers of a sum are written with: three digits of the largest, five where a small one has one of them.

    Example:
        >>> shown_decimals([-0.5, 2.25]), shown_decimals([0.013]), shown_decimals([1200])
        (2, 4, 0)
        >>> shown_decimals([-0.5, 2.25], [0.0013]), shown_decimals([1e-9])  # -1: too small or large for decimals
        (3, -1)
    """
    largest = max(abs(number) for number in numbers)
    if largest == 0:
        return 2
    if not 1e-4 <= largest < 1e7:
        return -1
    digit = -np.floor(np.log10([largest, *(abs(number) for number in smallest if number)]))
    return int(np.clip(np.clip(digit.max(), digit[0] + 2, digit[0] + 4), 0, 8))


def fixed_text(number: float, decimals: int, *, is_signed: bool = False) -> str:
    """Write a number with so many decimals, e.g. "+0.25" or "−3.10"; of less than none, with three digits, e.g. "+1e+08"."""
    sign = "+" if is_signed else ""
    words = f"{number:{sign}.3g}" if decimals < 0 else f"{number:{sign}.{decimals}f}"
    return words.replace("-", "−")
