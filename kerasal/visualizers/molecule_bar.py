"""The colour bar below molecules."""

from dataclasses import dataclass

import numpy as np
from rdkit.Chem.Draw.rdMolDraw2D import MolDraw2D

from kerasal.visualizers.colors import ColorFunction, number_text
from kerasal.visualizers.molecule_letters import fill_polygon
from kerasal.visualizers.molecule_words import draw_words, shortened

COLORS = 201  # odd, so that zero has one of its own, in the middle of a scale with both signs
_ABOVE, _TALL, _TICKS, _LINE, _BELOW = 8, 14, 16, 18, 8  # pixels
_SIZE = 13  # of letters


@dataclass(frozen=True)
class ColorBar:
    """A bar of colours from a low to a high value.

    Attributes:
        low: value at its left end.
        high: value at its right end.
        color_of: function of a value -> its colour.
        label: the lines below.
    """

    low: float
    high: float
    color_of: ColorFunction
    label: str

    @property
    def height(self) -> int:
        """Pixels that it takes below the molecules."""
        return _ABOVE + _TALL + _TICKS + _LINE * len(self.label.split("\n")) + _BELOW

    def draw(self, drawer: MolDraw2D, width: int, top: int) -> None:
        """Draw the bar, half as wide as a canvas of `width` pixels, its ends and zero named below it.

        Each colour is drawn from its place to the right end, below those that follow, so that no seam is between them.
        """
        left, right, top = width / 4, 3 * width / 4, top + _ABOVE
        starts = np.linspace(left, right, COLORS + 1)[:-1]
        for start, value in zip(starts, np.linspace(self.low, self.high, COLORS), strict=True):
            fill_polygon(
                drawer,
                [(start, top), (right, top), (right, top + _TALL), (start, top + _TALL)],
                self.color_of(float(value)),
            )
        for value in [self.low, 0.0, self.high] if self.low < 0 else [self.low, self.high]:
            x = left + (right - left) * (value - self.low) / (self.high - self.low)
            draw_words(drawer, number_text(value), float(x), top + _TALL + _TICKS, _SIZE)
        for k, line in enumerate(self.label.split("\n"), 1):
            below = top + _TALL + _TICKS + _LINE * k
            draw_words(drawer, shortened(line, _SIZE, width - 8), width / 2, below, _SIZE)
