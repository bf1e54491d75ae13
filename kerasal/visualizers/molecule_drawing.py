"""Draws coloured molecules in a grid with a colour bar, as SVG or PNG, by RDKit alone."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from rdkit.Chem import Mol
from rdkit.Chem.Draw import rdMolDraw2D
from rdkit.Geometry import Point2D

from kerasal.visualizers.colors import number_text
from kerasal.visualizers.molecule_letters import draw_letters
from kerasal.visualizers.molecule_structure import prepared

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
