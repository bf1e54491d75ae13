"""A grid of the maps of several classes: an image and its classes from left to right, each with a title of its own."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure

from kerasal.visualizers.arrangement import GAP, Arrangement, Spaces, arranged, as_tiles, text_width, wrapped
from kerasal.visualizers.image_pixels import heat_image, overlay_image
from kerasal.visualizers.scale_words import scale_note
from kerasal.visualizers.sheet import BAR_ROOM, HEADING, LABEL, NOTE, TITLE, Sheet, room_for

_TITLE_WIDTH = 0.9  # inches, of several images in rows


@dataclass(frozen=True)
class ClassGrid:
    """Maps of classes over their images.

    Attributes:
        maps: (N, k, H, W).
        originals: images, floats in [0, 1], (N, H, W, 3), or None to draw the maps alone.
        titles: k for each image.
        row_labels: words beside each row, empty for none.
        heading: words above.
        colors: of all maps.
        alpha: largest opacity over the image.
        percentile: at which the scale is cut.
        bar_label: name of the numbers.
    """

    maps: np.ndarray
    originals: np.ndarray | None
    titles: Sequence[Sequence[str]]
    row_labels: Sequence[str]
    heading: str
    colors: ScalarMappable
    alpha: float
    percentile: float
    bar_label: str

    def draw(self) -> Figure:
        """Draw the grid."""
        strongest = float(np.abs(self.maps).max())
        labels = [wrapped(label, 1.0, LABEL) for label in self.row_labels]
        titles, pictures = self._pictures()
        arrangement, heading, note = self._arranged(titles, labels, scale_note(self.colors, strongest, self.percentile))
        sheet, columns = Sheet(arrangement, heading, note), arrangement.columns
        for place in arrangement.places():
            at = place.row * columns + place.column
            if at < len(pictures):
                label = labels[place.row] if place.column == 0 and len(labels) > 1 else ""
                ax = sheet.show(place, pictures[at], titles[at], label)
                if place.row == 0 and place.column == columns - 1:
                    sheet.bar(ax, self.colors, strongest, self.bar_label, is_below=False, rows=arrangement.rows)
        return sheet.figure

    def _pictures(self) -> tuple[list[str], list[np.ndarray]]:
        """List titles and pictures, image by image."""
        titles, pictures = [], []
        for n, maps in enumerate(self.maps):
            if self.originals is not None:
                titles.append("input")
                pictures.append(self.originals[n])
            for title, values in zip(self.titles[n], maps, strict=True):
                titles.append(wrapped(title, _TITLE_WIDTH * (1.6 if len(self.maps) == 1 else 1), TITLE))
                pictures.append(heat_image(values, self.colors) if self.originals is None else self._over(n, values))
        return titles, pictures

    def _over(self, n: int, values: np.ndarray) -> np.ndarray:
        assert self.originals is not None
        return overlay_image(self.originals[n], values, self.colors, self.alpha)

    def _arranged(self, titles: Sequence[str], labels: Sequence[str], note: str) -> tuple[Arrangement, str, str]:
        """Choose the places, and break heading and note by the width."""
        longest = max(titles, key=lambda title: title.count("\n"))
        pitch, shape, heading, below = (
            max(text_width(title, TITLE) for title in titles) + GAP,
            self.maps.shape[2:],
            self.heading,
            note,
        )
        for _ in range(3):
            spaces = Spaces(
                label=max(text_width(label, LABEL) for label in labels) + 0.12 if len(labels) > 1 else 0.0,
                right=BAR_ROOM + 0.35,
                pitch=pitch,
                width=max(text_width(heading, HEADING), text_width(below, NOTE)),
                **room_for(heading, below, longest),
            )
            count = len(titles) // len(self.maps)
            if len(self.maps) == 1:
                found = as_tiles(shape, count, spaces)
            else:
                found = arranged(Arrangement(shape, len(self.maps), count, spaces, titles_each_row=True))
            heading, below = (
                wrapped(self.heading, found.size[0] - 0.2, HEADING),
                wrapped(note, found.size[0] - 0.2, NOTE),
            )
        return found, heading, below
