"""Draws coloured molecules in a grid with a colour bar, as SVG or PNG, by RDKit alone."""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from rdkit.Chem import Mol, rdDepictor
from rdkit.Chem.Draw import rdMolDraw2D
from rdkit.Geometry import Point2D

from kerasal.visualizers.colors import number_text, readable_on

LETTER = re.compile(r"<path class='atom-(\d+)' d='([^']*)' fill='#000000'")
MARK = re.compile(r"([MLQZ])([^MLQZ]*)")
RIM = 1.5  # pixels of a box in the disc's colour around a white letter, which may stand beside its disc


def draw_letters(drawer, svg: str, color_at: Callable) -> None:
    """Draws white letters where black ones have less contrast with the disc of their atom.

    Args:
        drawer: RDKit's, with the molecules on it, of any format.
        svg: the same drawing as SVG, which says where each letter is.
        color_at: function of an atom's index and a point (x, y) -> colour of the disc of that atom, in the molecule drawn at the
            point; None for no disc.
    """
    drawer.SetOffset(0, 0)
    drawer.SetFillPolys(True)
    drawer.SetLineWidth(0)
    found = [(int(atom), _outline(path)) for atom, path in LETTER.findall(svg)]
    colored = [(outline, color_at(atom, outline[0])) for atom, outline in found]
    white = [(outline, color) for outline, color in colored if color is not None and readable_on(color) != "#000000"]
    for outline, color in white:
        (left, top), (right, bottom) = outline.min(0) - RIM, outline.max(0) + RIM
        _fill(drawer, [(left, top), (right, top), (right, bottom), (left, bottom)], color)
    for outline, _ in white:  # after every box, so that none covers a letter beside it
        _fill(drawer, outline, (1.0, 1.0, 1.0))


def _fill(drawer, points, color):
    drawer.SetColour(tuple(float(part) for part in color))
    drawer.DrawPolygon([Point2D(float(x), float(y)) for x, y in points], True)


def _outline(path: str) -> np.ndarray:
    """One polygon, (points, 2), of the contours of a path; holes are reached and left along one line, which has no width."""
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
    first = contours[0][0]
    return np.array([point for contour in contours for point in (*contour, contour[0], first)])


_LOW = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_HIGH = str.maketrans("0123456789+-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻")


def prepared(mol) -> Mol:
    """A copy with coordinates in the plane, those it has or new ones, and single and double bonds in its rings."""
    mol = Mol(mol)
    if not mol.GetNumConformers() or mol.GetConformer().Is3D():
        mol.RemoveAllConformers()
        rdDepictor.Compute2DCoords(mol)
    return rdMolDraw2D.PrepareMolForDrawing(mol, kekulize=True, addChiralHs=False, wavyBonds=False)


def structure(mol) -> dict[str, Any]:
    """A molecule as JSON can hold it: `{"atoms": [[label, x, y]], "bonds": [[atom, atom, order]]}`, y upwards.

    A label is as chemists write it: nothing for carbon in a chain or ring; hydrogens and charge on the side without bonds.

    Example:

    >>> from rdkit import Chem
    >>> ethanol = structure(Chem.MolFromSmiles("CCO"))
    >>> [label for label, _, _ in ethanol["atoms"]], ethanol["bonds"]
    (['', '', 'OH'], [[0, 1, 1.0], [1, 2, 1.0]])
    """
    mol = prepared(mol)
    places = mol.GetConformer().GetPositions()
    atoms = []
    for atom, (x, y, _) in zip(mol.GetAtoms(), places):
        across = sum(places[other.GetIdx()][0] - x for other in atom.GetNeighbors())
        atoms.append([_label(atom, leftwards=across > 0.1), round(float(x), 4), round(float(y), 4)])
    bonds = [[bond.GetBeginAtomIdx(), bond.GetEndAtomIdx(), bond.GetBondTypeAsDouble()] for bond in mol.GetBonds()]
    return {"atoms": atoms, "bonds": bonds}


def _label(atom, leftwards: bool) -> str:
    charge, isotope, count = atom.GetFormalCharge(), atom.GetIsotope(), atom.GetTotalNumHs()
    if atom.GetSymbol() == "C" and atom.GetDegree() and not (charge or isotope or atom.GetNumRadicalElectrons()):
        return ""
    hydrogens = "" if not count else "H" if count == 1 else "H" + str(count).translate(_LOW)
    symbol = (str(isotope).translate(_HIGH) if isotope else "") + atom.GetSymbol()
    sign = "" if not charge else (f"{abs(charge)}" if abs(charge) > 1 else "") + ("+" if charge > 0 else "-")
    signed = sign.translate(_HIGH)
    return signed + hydrogens + symbol if leftwards else symbol + hydrogens + signed


BAR = 72  # pixels below the molecules
STEPS = 61  # colours of the bar; odd, so that zero has one of its own
DISC, SMALLEST = 0.42, 0.35  # radius of a disc in bond lengths; share of it that is left where nothing is sure
Color = tuple[float, float, float]


@dataclass(frozen=True)
class Drawing:
    """One molecule with the colours of its atoms and bonds.

    Attributes:
        mol: with coordinates and notes; a copy of the caller's.
        atoms: {index: colour} of the atoms that are highlighted; bonds: likewise.
        radii: {index: radius of its disc}, in bond lengths.
        legend: the words below it.
    """

    mol: Mol
    atoms: dict[int, Color]
    bonds: dict[int, Color]
    radii: dict[int, float]
    legend: str


def colored(mol, shares, values, std, ratio, color_fn, legend, notes) -> Drawing:
    """The `Drawing` of a copy of a molecule.

    Args:
        mol: the molecule, which stays as it is.
        shares: saliency of its atoms as a share of the limit, in [-1, 1]; stronger ones get the colour of the end.
        values, std: saliency and its standard deviation or None, which decide whose colours are shown, and how large.
        ratio: share of the atoms that are coloured.
        color_fn: from [-1, 1] to RGB.
        legend: words below the molecule.
        notes: words beside each atom, or None.
    """
    mol = prepared(mol)
    shares = np.clip(shares, -1, 1)
    shown = sorted(np.argsort(-np.abs(values), kind="stable")[: math.ceil(ratio * len(values))].tolist())
    sure = np.ones(len(values)) if std is None else np.clip(np.abs(values) / np.maximum(2 * std, 1e-12), 0, 1)
    bonds = {}
    for bond in mol.GetBonds():
        ends = (bond.GetBeginAtomIdx(), bond.GetEndAtomIdx())
        if set(ends).issubset(shown):
            bonds[bond.GetIdx()] = color_fn(float(np.mean(shares[list(ends)])))
    if notes:
        for atom in shown:
            mol.GetAtomWithIdx(atom).SetProp("atomNote", plain(notes[atom]))
    radii = {atom: DISC * (SMALLEST + (1 - SMALLEST) * float(sure[atom])) for atom in shown}
    return Drawing(mol, {atom: color_fn(float(shares[atom])) for atom in shown}, bonds, radii, legend)


@dataclass(frozen=True)
class Grid:
    """Molecules in a grid above a colour bar.

    Attributes:
        drawings: from left to right, from top to bottom.
        columns: of the grid, at most.
        size: width and height of each, pixels.
        bar: (value at its left, value at its right, function of a value -> colour, words below); None for no bar.
    """

    drawings: Sequence[Drawing]
    columns: int
    size: tuple[int, int]
    bar: tuple[float, float, Callable[[float], Color], str] | None

    def svg(self) -> str:
        """The text of an SVG."""
        return self._drawn(rdMolDraw2D.MolDraw2DSVG)

    def png(self) -> bytes:
        """The bytes of a PNG."""
        return self._drawn(rdMolDraw2D.MolDraw2DCairo)

    def _drawn(self, kind):
        columns = min(self.columns, len(self.drawings))
        rows = -(-len(self.drawings) // columns)
        width, height = columns * self.size[0], rows * self.size[1]
        canvas = (width, height + (BAR if self.bar else 0), *self.size)
        plainly = rdMolDraw2D.MolDraw2DSVG(*canvas)
        self._draw_on(plainly)
        plainly.FinishDrawing()
        drawer = kind(*canvas)
        self._draw_on(drawer)

        def color_at(atom, point):
            column, row = (int(where // length) for where, length in zip(point, self.size))
            return self.drawings[row * columns + column].atoms.get(atom)

        draw_letters(drawer, plainly.GetDrawingText(), color_at)
        if self.bar:
            _draw_bar(drawer, width, height, *self.bar)
        drawer.FinishDrawing()
        return drawer.GetDrawingText()

    def _draw_on(self, drawer):
        options: Any = drawer.drawOptions()  # its stubs are wrong about the types of its attributes
        options.useBWAtomPalette()
        options.continuousHighlight = True
        options.atomHighlightsAreCircles = True
        options.fillHighlights = True
        options.highlightBondWidthMultiplier = 10
        options.annotationFontScale = 0.55
        options.prepareMolsBeforeDrawing = False
        drawer.DrawMolecules(
            [each.mol for each in self.drawings],
            highlightAtoms=[list(each.atoms) for each in self.drawings],
            highlightBonds=[list(each.bonds) for each in self.drawings],
            highlightAtomColors=[each.atoms for each in self.drawings],
            highlightBondColors=[each.bonds for each in self.drawings],
            highlightAtomRadii=[each.radii for each in self.drawings],
            legends=[plain(each.legend) for each in self.drawings],
        )


def _draw_bar(drawer, width, top, low, high, color_of, words):
    """A bar of half the width, its ends and zero named below it."""
    left, length, tall, top = width / 4, width / 2, 12, top + 8
    drawer.SetOffset(0, 0)
    drawer.SetFillPolys(True)
    drawer.SetLineWidth(0)
    edges = left + length * np.linspace(0, 1, STEPS + 1)
    for start, end, value in zip(edges, edges[1:], np.linspace(low, high, STEPS)):
        drawer.SetColour(tuple(float(part) for part in color_of(value)))
        corners = [(start, top), (end + 0.5, top), (end + 0.5, top + tall), (start, top + tall)]
        drawer.DrawPolygon([Point2D(float(x), float(y)) for x, y in corners], True)
    drawer.SetColour((0.0, 0.0, 0.0))
    drawer.SetFontSize(13)
    for value in [low, 0.0, high] if low < 0 else [low, high]:
        x = left + length * (value - low) / (high - low)
        drawer.DrawString(plain(number_text(value)), Point2D(float(x), top + tall + 12.0), 0, True)
    drawer.DrawString(plain(words), Point2D(width / 2, top + tall + 32.0), 0, True)


def plain(words: str) -> str:
    """The words in signs that RDKit's font has."""
    return words.replace("−", "-").replace("±", "+/-")
