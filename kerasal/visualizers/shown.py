"""Pictures that show themselves in a notebook: figures without the state of pyplot, and SVG that is a string too."""

import io
import warnings
from typing import Any

from matplotlib.figure import Figure
from matplotlib.text import Text

from kerasal.visualizers.fonts import find_letters


class Picture(Figure):
    """A matplotlib figure that a notebook shows where it is the value of a cell. No state of pyplot knows of it.

    Letters that the usual font lacks are taken from others at hand; those that none has are told in a warning.

    Example:
        >>> picture = Picture(figsize=(1, 1), dpi=50)
        >>> picture._repr_png_()[1:4]
        b'PNG'
    """

    _told: frozenset[str] = frozenset()  # letters of which a warning was given

    def draw(self, renderer: Any) -> None:
        """Draw, each word in fonts that have its letters."""
        self._told = find_letters(self.findobj(Text), self._told)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Glyph .* missing")  # told above, with a way out
            super().draw(renderer)

    def _repr_png_(self) -> bytes:
        stream = io.BytesIO()
        self.savefig(stream, format="png", bbox_inches="tight")
        return stream.getvalue()


class Svg(str):
    """SVG as a string, which a notebook shows as a picture.

    Example:
        >>> picture = Svg("<svg/>")
        >>> picture == "<svg/>", picture._repr_svg_()
        (True, '<svg/>')
    """

    __slots__ = ()

    def _repr_svg_(self) -> str:
        return str(self)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: FBT001  the protocol of IPython
        printer.text(f"<Svg of {len(self)} characters>")
