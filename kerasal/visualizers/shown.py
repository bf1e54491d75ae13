"""Pictures that show themselves in a notebook: figures without the state of pyplot, and SVG that is a string too."""

import io
from typing import Any

from matplotlib.figure import Figure


class Picture(Figure):
    """A matplotlib figure that a notebook shows where it is the value of a cell. No state of pyplot knows of it.

    Example:
        >>> picture = Picture(figsize=(1, 1), dpi=50)
        >>> picture._repr_png_()[1:4]
        b'PNG'
    """

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
