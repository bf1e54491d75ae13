"""A page of pictures of one size, with words above, beside and below, and colour bars."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable

from kerasal.visualizers.arrangement import GAP, MARGIN, Arrangement, Place, lines_height, wrapped
from kerasal.visualizers.base import DPI
from kerasal.visualizers.colorbars import FRAME, Orientation, fill_colorbar
from kerasal.visualizers.image_pixels import to_uint8
from kerasal.visualizers.shown import Picture

HEADING, TITLE, LABEL, NOTE = 11, 9.5, 9.5, 8  # points
BAR_WIDTH = 0.1  # inches
BAR_ROOM = 0.62  # inches beside a picture for a bar and its numbers
LEAST_BAR = 0.85  # inches: a bar below a picture
_TALLEST_BAR, _SHORT_BAR = 3.0, 0.5  # inches


def show_picture(ax: Axes, picture: np.ndarray) -> None:
    """Draw floats in [0, 1], shape `(H, W, 3)`, pixel by pixel, first row at the top, in a thin frame."""
    ax.imshow(to_uint8(picture))
    ax.set_xticks([])
    ax.set_yticks([])
    ax.spines[:].set(color=FRAME, linewidth=0.5)


class Sheet:
    """A figure for the pictures of an arrangement.

    Args:
        arrangement: of the pictures.
        heading: words above all; they have the room `spaces.top`.
        note: small words under all; they have the room `spaces.bottom`.
    """

    def __init__(self, arrangement: Arrangement, heading: str = "", note: str = ""):
        self.arrangement = arrangement
        width, height = arrangement.size
        self.figure = Picture(figsize=(width, height), dpi=DPI)
        if heading:
            self.figure.suptitle(heading, y=1 - MARGIN / height, va="top", fontsize=HEADING, parse_math=False)
        if note:
            self.figure.text(
                MARGIN / width, MARGIN / height, note, va="bottom", fontsize=NOTE, color="0.35", parse_math=False
            )

    def show(self, place: Place, picture: np.ndarray, title: str = "", label: str = "") -> Axes:
        """Draw a picture at its place.

        Args:
            place: of the arrangement.
            picture: floats in [0, 1], (H, W, 3).
            title: words above.
            label: words at its left.
        """
        ax = self.figure.add_axes(place.box)
        show_picture(ax, picture)
        ax.set_title(title, fontsize=TITLE, parse_math=False, pad=4)
        ax.set_ylabel(label, rotation=0, ha="right", va="center", fontsize=LABEL, parse_math=False)
        return ax

    def bar(
        self, ax: Axes, colors: ScalarMappable, strongest: float, label: str, *, is_below: bool, rows: int = 1
    ) -> None:
        """Draw a colour bar below a picture, or at its right, as long as so many rows but 3 inches at most.

        Args:
            ax: of the picture; the topmost, of several rows.
            colors: see `color_scale`.
            strongest: see `add_colorbar`.
            label: name of the numbers.
            is_below: True for a bar below.
            rows: number of rows that it is for.
        """
        width, height = self.arrangement.cell
        if is_below:
            long = max(width, LEAST_BAR)
            box = ((width - long) / 2, -0.2, long, BAR_WIDTH)
        else:
            long = min(rows * (height + GAP) - GAP, _TALLEST_BAR)
            box = (width + 0.1, height - long, BAR_WIDTH, long)
        cax = ax.inset_axes((box[0] / width, box[1] / height, box[2] / width, box[3] / height))
        orientation: Orientation = "horizontal" if is_below else "vertical"
        fill_colorbar(cax, colors, strongest, wrapped(label, long + 0.1, NOTE), orientation)
        if not is_below and long < _SHORT_BAR:
            cax.set_yticks(cax.get_ylim())  # no room for a number between the ends


def room_for(heading: str, note: str, title: str = "") -> dict[str, Any]:
    """Give the room of words above and below, as `Spaces` name it."""
    return {
        "top": lines_height(heading, HEADING) + (0.08 if heading else 0),
        "bottom": lines_height(note, NOTE) + (0.12 if note else 0),
        "title": lines_height(title, TITLE) + (0.08 if title else 0),
    }
