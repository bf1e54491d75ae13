"""Places of pictures of one size on a page: as large as the page allows, without gaps, whatever their shape and number."""

import dataclasses
import functools
import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from matplotlib.font_manager import findfont
from PIL import ImageFont

from kerasal.visualizers.base import DPI

PAGE = 8.5  # inches: a figure so wide has legible letters across a page of text
TALLEST = 9.0  # inches, unless the smallest cells need more
LARGEST, SMALLEST = 3.2, 0.8  # inches: longer side of a cell
GAP = 0.1  # inches between cells
MARGIN = 0.08  # inches around everything


def cell_size(shape: tuple[int, ...], longer_side: float) -> tuple[float, float]:
    """Choose the width and height of a picture of shape `(H, W)`, never thinner than a tenth of the longer side.

    Args:
        shape: (H, W).
        longer_side: inches.

    Returns:
        (width, height) in inches.
    """
    height, width = np.maximum(shape, max(shape) / 10) * longer_side / max(shape)
    return float(width), float(height)


def text_width(text: str, points: float) -> float:
    """Measure the longest line of a text, in inches, in the letters that matplotlib brings; those of few pixels are wider."""
    font = _font()
    return max(font.getlength(line) for line in text.split("\n")) * 1.07 * points / 7200


@functools.cache
def _font() -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(findfont("DejaVu Sans"), 100)


def wrapped(text: str, inches: float, points: float) -> str:
    """Break lines so that they are at most so wide, in inches; words stay whole, also where one is wider."""
    lines: list[str] = []
    for line in text.split("\n"):
        if text_width(line, points) <= inches:
            lines.append(line)
            continue
        shown = ""
        for word in line.replace(" %", "\u00a0%").split(" "):  # a number keeps its unit
            longer = f"{shown} {word}" if shown else word
            if shown and text_width(longer, points) > inches:
                lines.append(shown)
                longer = word
            shown = longer
        lines.append(shown)
    return "\n".join(lines).replace("\u00a0", " ")


def elided(text: str, inches: float, points: float) -> str:
    """Leave out the middle of a line that is wider, in inches; its beginning and its end stay.

    Example:
        >>> elided("a long name of a measurement = 0.5", 1.5, 9)
        'a long name…t = 0.5'
    """
    if text_width(text, points) <= inches:
        return text
    kept = len(text)
    while kept > 4:
        kept -= 1
        end = kept * 2 // 5
        shown = f"{text[: kept - end].rstrip()}…{text[len(text) - end :]}"
        if text_width(shown, points) <= inches:
            return shown
    return text


def lines_height(text: str, points: float) -> float:
    """Give the height of a text in inches; 0 of an empty one."""
    return 1.35 * points / 72 * (text.count("\n") + 1) if text else 0.0


class Spaces(NamedTuple):
    """Room for what stands between pictures, in inches.

    Attributes:
        label: left of a row.
        title: above each row that has titles.
        beside: right of each picture but the first of a row.
        below: under the last row of a block.
        pitch: smallest distance from one picture to the next.
        right: right of all.
        top: above all.
        bottom: under all.
        width: of the whole, at least.
    """

    label: float = 0.0
    title: float = 0.25
    beside: float = 0.0
    below: float = 0.0
    pitch: float = 0.0
    right: float = 0.0
    top: float = 0.0
    bottom: float = 0.0
    width: float = 0.0


class Place(NamedTuple):
    """The place of a picture.

    Attributes:
        row: example.
        column: 0 for the first picture of a row, then 1 …
        is_top: True in the first row of a block, where there are titles.
        is_bottom: True in the last one.
        box: (left, bottom, width, height), shares of the figure.
    """

    row: int
    column: int
    is_top: bool
    is_bottom: bool
    box: tuple[float, float, float, float]


@dataclasses.dataclass(frozen=True)
class Arrangement:
    """Rows of pictures in blocks: columns that do not fit go on below, and short rows stand side by side.

    Attributes:
        shape: (H, W) of each picture.
        rows: number of examples.
        columns: pictures of a row; the first is repeated where the others go on below.
        spaces: room between them.
        longer_side: of a picture, inches.
        across: rows stand in so many blocks side by side.
        bands: the columns but the first go on below, in so many bands.
        titles_each_row: True where every row has titles, not only the first of a block.
    """

    shape: tuple[int, ...]
    rows: int
    columns: int
    spaces: Spaces
    longer_side: float = LARGEST
    across: int = 1
    bands: int = 1
    titles_each_row: bool = False

    @property
    def cell(self) -> tuple[float, float]:
        """Width and height of a picture, inches."""
        return cell_size(self.shape, self.longer_side)

    @property
    def pitch(self) -> float:
        """Distance from one picture to the next, inches."""
        return max(self.cell[0] + GAP + self.spaces.beside, self.spaces.pitch)

    @property
    def rows_of_block(self) -> int:
        """Number of rows below each other in a block."""
        return -(-self.rows // self.across)

    @property
    def _block(self) -> tuple[float, float]:
        """Width and height of a block with its labels, titles and what is below, inches."""
        width, height = self.cell
        others = -(-(self.columns - 1) // self.bands)
        titles = self.spaces.title * (self.rows_of_block if self.titles_each_row else 1)
        down = self.rows_of_block * (height + GAP) - GAP + titles + self.spaces.below
        return self.spaces.label + width + others * self.pitch, down

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the figure, inches."""
        spaces, (width, height) = self.spaces, self._block
        wide = self.across * width + (self.across - 1) * 3 * GAP + spaces.right
        tall = self.bands * height + (self.bands - 1) * 1.5 * GAP + spaces.top + spaces.bottom
        return _whole(max(wide, spaces.width) + 2 * MARGIN), _whole(tall + 2 * MARGIN)

    def places(self) -> Iterator[Place]:
        """Give the place of every picture: band by band, row by row, from left to right."""
        width, height = self.size
        cell_width, cell_height = self.cell
        block_width, block_height = self._block
        inner = self.across * block_width + (self.across - 1) * 3 * GAP + self.spaces.right
        spare = (width - 2 * MARGIN - inner) / 2
        others = np.array_split(np.arange(1, self.columns), self.bands)
        title = self.spaces.title
        for band, columns in enumerate(others):
            for row in range(self.rows):
                block, line = divmod(row, self.rows_of_block)
                left = MARGIN + spare + block * (block_width + 3 * GAP) + self.spaces.label
                top = MARGIN + self.spaces.top + band * (block_height + 1.5 * GAP) + title
                top += line * (cell_height + GAP + (title if self.titles_each_row else 0))
                is_bottom = line == self.rows_of_block - 1 or row == self.rows - 1
                for at, column in enumerate([0, *columns]):
                    x = left + (cell_width + GAP + (at - 1) * self.pitch if at else 0)
                    box = (x / width, 1 - (top + cell_height) / height, cell_width / width, cell_height / height)
                    yield Place(row, int(column), line == 0, is_bottom, box)


def _whole(inches: float) -> float:
    """Round up to whole pixels, by a hair more, so that no pixel is lost where matplotlib rounds down."""
    return (math.ceil(inches * DPI - 1e-6) + 1e-6) / DPI


def arranged(
    start: Arrangement, page: float = PAGE, tallest: float = TALLEST, *, side_by_side: bool = False
) -> Arrangement:
    """Choose the size of pictures and their blocks so that they fill a page.

    Args:
        start: what is arranged.
        page: width, inches.
        tallest: height, inches, that is kept unless pictures would be too small.
        side_by_side: True where rows may stand in blocks side by side.

    Returns:
        The arrangement with the largest pictures, in as few bands as can be.
    """
    for bands in range(1, max(2, start.columns)):
        for most in (tallest, np.inf) if bands == 1 else (np.inf,):
            across = range(1, start.rows + 1) if side_by_side and bands == 1 else (1,)
            tried = [_largest(dataclasses.replace(start, across=count, bands=bands), page, most) for count in across]
            found = [each for each in tried if each is not None]
            if found:
                return max(found, key=lambda each: (each.longer_side, -each.size[1]))
    return dataclasses.replace(start, longer_side=SMALLEST, bands=max(1, start.columns - 1))


def _largest(start: Arrangement, page: float, tallest: float) -> Arrangement | None:
    """Choose the largest pictures with which a page is wide and high enough; None where it never is."""
    for longer_side in np.arange(LARGEST, SMALLEST - 1e-9, -0.05):
        found = dataclasses.replace(start, longer_side=float(longer_side))
        if found.size[0] <= page + 1 / DPI and found.size[1] <= tallest:
            return found
    return None


def as_tiles(
    shape: tuple[int, ...], count: int, spaces: Spaces, page: float = PAGE, enough: float = LARGEST
) -> Arrangement:
    """Arrange pictures with a title each, in rows from left to right, as large as the page allows.

    Args:
        shape: (H, W) of each.
        count: number of pictures.
        spaces: room between them.
        page: width, inches.
        enough: longer side of a picture from which on fewer rows are better than larger pictures, inches.

    Returns:
        An arrangement; of its last places, some may stay empty.
    """
    starts = [
        Arrangement(shape, -(-count // columns), columns, spaces, titles_each_row=True)
        for columns in range(1, count + 1)
    ]
    for tallest in (page, TALLEST, np.inf):
        found = [each for start in starts if (each := _largest(start, page, tallest)) is not None]
        if found:
            return max(found, key=lambda each: (min(each.longer_side, enough), -each.rows, -each.columns))
    return dataclasses.replace(starts[0], longer_side=SMALLEST)
