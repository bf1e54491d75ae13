"""The panels of one image side by side: the photograph, its map, and one over the other."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure

from kerasal.visualizers.arrangement import Arrangement, Spaces, arranged, text_width, wrapped
from kerasal.visualizers.base import root_figure
from kerasal.visualizers.colorbars import add_colorbar
from kerasal.visualizers.sheet import BAR_ROOM, HEADING, NOTE, Sheet, room_for, show_picture

_LEAST_WIDTH = 3.0  # inches, for the words
_LEAST_HEIGHT = 1.2  # inches of a picture with a bar at its right


@dataclass(frozen=True)
class Panels:
    """Pictures of one image, and words about them.

    Attributes:
        pictures: name -> floats in [0, 1], (H, W, 3), from left to right.
        heading: words above.
        note: small words below.
        colors: of the colour bar, or None for none.
        strongest: see `add_colorbar`.
        bar_label: name of the numbers.
    """

    pictures: Mapping[str, np.ndarray]
    heading: str
    note: str
    colors: ScalarMappable | None
    strongest: float
    bar_label: str

    def draw(self) -> Figure:
        """Draw them on a page; several are named, with the heading above all."""
        shape = next(iter(self.pictures.values())).shape[:2]
        is_below = max(shape) * _LEAST_HEIGHT > 3.2 * shape[0]
        arrangement, heading, note = self._arranged(shape, is_below=is_below)
        is_alone = len(self.pictures) == 1
        sheet = Sheet(arrangement, "" if is_alone else heading, note)
        for place, (name, picture) in zip(arrangement.places(), self.pictures.items(), strict=True):
            ax = sheet.show(place, picture, heading if is_alone else name)
        if is_alone:
            ax.title.set_fontsize(HEADING)
        if self.colors is not None:
            sheet.bar(ax, self.colors, self.strongest, self.bar_label, is_below=is_below)
        return sheet.figure

    def _arranged(self, shape: tuple[int, ...], *, is_below: bool) -> tuple[Arrangement, str, str]:
        """Choose the places, and break the words so that they fit between the sides."""
        has_bar, is_alone = self.colors is not None, len(self.pictures) == 1
        width = _LEAST_WIDTH
        for _ in range(3):  # words may get narrower as pictures get wider
            heading, note = wrapped(self.heading, width, HEADING), wrapped(self.note, width, NOTE)
            spaces = Spaces(
                right=BAR_ROOM + 0.25 if has_bar and not is_below else 0.0,
                below=0.65 if has_bar and is_below else 0.0,
                width=max(_LEAST_WIDTH, text_width(heading, HEADING)),
                **{**room_for(heading, note, "original"), **(_title_alone(heading) if is_alone else {})},
            )
            arrangement = arranged(Arrangement(shape, 1, len(self.pictures), spaces))
            width = arrangement.size[0] - 0.2
        return arrangement, heading, note

    def draw_into(self, ax: Axes) -> Figure:
        """Draw a single panel into axes of the user's."""
        ((_, picture),) = self.pictures.items()
        show_picture(ax, picture)
        ax.set_title(self.heading, fontsize=10, parse_math=False)
        ax.set_xlabel(self.note, fontsize=NOTE - 1, color="0.35", parse_math=False)
        if self.colors is not None:
            add_colorbar(ax, self.colors, self.strongest, self.bar_label)
        return root_figure(ax)


def _title_alone(heading: str) -> dict[str, float]:
    return {"top": 0.0, "title": room_for(heading, "")["top"]}
