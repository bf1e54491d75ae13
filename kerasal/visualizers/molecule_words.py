"""Words in pictures of molecules, drawn as outlines: the font of RDKit has no letters but Latin ones."""

import functools

import numpy as np
from matplotlib.font_manager import FontProperties
from matplotlib.path import Path
from matplotlib.textpath import text_to_path
from rdkit.Chem.Draw.rdMolDraw2D import MolDraw2D

from kerasal.visualizers.molecule_letters import fill_polygon

BLACK, WHITE = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
_MORE = "…"


def width_of(words: str, size: float) -> float:
    """Measure a line of words, in pixels, where letters are `size` pixels high."""
    return (
        float(text_to_path.get_text_width_height_descent(words, _font(), ismath=False)[0]) * size / _font().get_size()
    )


def shortened(words: str, size: float, most: float) -> str:
    """Leave out the middle of a line that is wider than so many pixels.

    Example:
        >>> shortened("CCO", 14, 200), shortened("C" * 100, 14, 100)
        ('CCO', 'CCCC…CCCC')
    """
    if width_of(words, size) <= most:
        return words
    few, many = 0, len(words)  # letters that are kept
    while many - few > 1:
        middle = (few + many) // 2
        fits = width_of(_without_middle(words, middle), size) <= most
        few, many = (middle, many) if fits else (few, middle)
    return _without_middle(words, few)


def _without_middle(words: str, count: int) -> str:
    return words[: -(-count // 2)] + _MORE + words[len(words) - count // 2 :]


def draw_words(drawer: MolDraw2D, words: str, x: float, y: float, size: float) -> None:
    """Draw one line of words in black on white.

    Args:
        drawer: of RDKit, of any format.
        words: without a line break; nothing in them is markup.
        x: middle of the line, pixels.
        y: the line on which letters stand, pixels.
        size: of the letters, pixels.
    """
    if not words.strip():
        return
    vertices, codes = text_to_path.get_text_path(_font(), words, ismath=False)
    scale = size / text_to_path.FONT_SCALE
    placed = np.asarray(vertices) * (scale, -scale) + (x - width_of(words, size) / 2, y)
    contours = [np.asarray(each) for each in Path(placed, codes).to_polygons(closed_only=False)]
    outside = _area(max(contours, key=lambda each: abs(_area(each)), default=placed))
    for contour in sorted(
        contours, key=lambda each: -abs(_area(each))
    ):  # holes, which go round the other way, over what has them
        fill_polygon(drawer, _without_repeats(contour), BLACK if _area(contour) * outside > 0 else WHITE)


def _area(contour: np.ndarray) -> float:
    """Compute the area within a contour (points, 2), negative where it goes round the other way."""
    x, y = contour.T
    return float(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2


def _without_repeats(contour: np.ndarray) -> np.ndarray:
    """Leave out points that are where the one before is, to the tenth of a pixel that a file has."""
    rounded = np.round(contour, 1)
    kept = np.any(rounded != np.roll(rounded, 1, axis=0), axis=1)
    return rounded[kept] if kept.any() else rounded[:1]


@functools.cache
def _font() -> FontProperties:
    return FontProperties(family="sans-serif", size=10)
