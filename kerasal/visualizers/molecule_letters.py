"""Letters of atoms that can be read on the discs below them."""

import re
from collections.abc import Callable, Sequence

import numpy as np
from rdkit.Chem.Draw.rdMolDraw2D import MolDraw2D
from rdkit.Geometry import Point2D

from kerasal.visualizers.colors import Color, readable_on

LETTER = re.compile(r"<path class='atom-(\d+)' d='([^']*)' fill='#000000'")
MARK = re.compile(r"([MLQZ])([^MLQZ]*)")
HALO = 1.8  # pixels in the disc's colour around a white letter, which may stand beside its disc
_AROUND = np.linspace(0, 2 * np.pi, 8, endpoint=False)
_SHIFTS = HALO * np.stack([np.cos(_AROUND), np.sin(_AROUND)], 1)


def draw_letters(drawer: MolDraw2D, svg: str, color_at: Callable[[int, np.ndarray], Color | None]) -> None:
    """Draw white letters where black ones have less contrast with the disc of their atom, each with a halo of the disc's colour.

    Args:
        drawer: RDKit's, with the molecules on it, of any format.
        svg: the same drawing as SVG, which says where each letter is.
        color_at: function of an atom's index and a point (x, y) -> colour of the disc of that atom, in the molecule drawn at the
            point; None for no disc.
    """
    found = [(int(atom), _outline(path)) for atom, path in LETTER.findall(svg)]
    colored = [(outline, color_at(atom, outline[0])) for atom, outline in found]
    white = [(outline, color) for outline, color in colored if color is not None and readable_on(color) != "#000000"]
    for outline, color in white:
        for shift in _SHIFTS:
            fill_polygon(drawer, outline + shift, color)
    for outline, _ in white:  # after every halo, so that none covers a letter beside it
        fill_polygon(drawer, outline, (1.0, 1.0, 1.0))


def fill_polygon(drawer: MolDraw2D, points: Sequence[tuple[float, float]] | np.ndarray, color: Color) -> None:
    """Fill a polygon of points (x, y) in pixels, counted from the corner of the whole picture."""
    drawer.SetOffset(0, 0)
    drawer.SetFillPolys(val=True)
    drawer.SetLineWidth(0)
    drawer.SetColour(tuple(float(part) for part in color))
    drawer.DrawPolygon([Point2D(float(x), float(y)) for x, y in points], rawCoords=True)


def _joined(contours: Sequence[np.ndarray]) -> np.ndarray:
    """Join contours (points, 2) into one polygon, (points, 2).

    Holes, and signs that stand apart, are reached and left along one line, which has no width.
    """
    first = contours[0][0]
    return np.array([point for contour in contours for point in (*contour, contour[0], first)])


def _outline(path: str) -> np.ndarray:
    """Read the path of a letter as one polygon, (points, 2)."""
    contours: list[list[np.ndarray]] = []
    for sign, numbers in MARK.findall(path):
        points = np.array(re.findall(r"-?[\d.]+", numbers), float).reshape(-1, 2)
        if sign == "M":
            contours.append([points[0]])
        elif sign == "L":
            contours[-1].append(points[0])
        elif sign == "Q":
            start, t = contours[-1][-1], np.linspace(0.25, 1, 4)[:, None]
            contours[-1].extend((1 - t) ** 2 * start + 2 * t * (1 - t) * points[0] + t**2 * points[1])
    return _joined([np.array(contour) for contour in contours])
