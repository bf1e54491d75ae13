"""Draws coloured molecules in a grid with a colour bar, as SVG or PNG, by RDKit alone."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from rdkit.Chem import Atom, Mol, rdDepictor
from rdkit.Chem.Draw import rdMolDraw2D
from rdkit.Geometry import Point2D

from kerasal.visualizers.colors import Color, ColorFunction, number_text, red_blue_cmap
from kerasal.visualizers.molecule_letters import draw_letters, fill_polygon
from kerasal.visualizers.scalers import Scaler

_LOW = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_HIGH = str.maketrans("0123456789+-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻")


def with_flat_coordinates(mol: Mol) -> Mol:
    """Copy a molecule, with coordinates in the plane, those it has or new ones, and single and double bonds in its rings."""
    mol = Mol(mol)
    if not mol.GetNumConformers() or mol.GetConformer().Is3D():
        mol.RemoveAllConformers()
        rdDepictor.Compute2DCoords(mol)
    return rdMolDraw2D.PrepareMolForDrawing(mol, kekulize=True, addChiralHs=False, wavyBonds=False)


def structure(mol: Mol) -> dict[str, Any]:
    """Write a molecule as JSON can hold it: `{"atoms": [[label, x, y]], "bonds": [[atom, atom, order]]}`, y upwards.

    A label is as chemists write it: nothing for carbon in a chain or ring; hydrogens and charge on the side without bonds.

    Example:
        >>> from rdkit import Chem
        >>> ethanol = structure(Chem.MolFromSmiles("CCO"))
        >>> [label for label, _, _ in ethanol["atoms"]], ethanol["bonds"]
        (['', '', 'OH'], [[0, 1, 1.0], [1, 2, 1.0]])
    """
    mol = with_flat_coordinates(mol)
    positions = mol.GetConformer().GetPositions()
    atoms = []
    for atom, (x, y, _) in zip(mol.GetAtoms(), positions, strict=True):
        across = sum(positions[other.GetIdx()][0] - x for other in atom.GetNeighbors())
        atoms.append([_label(atom, leftwards=across > 0.1), round(float(x), 4), round(float(y), 4)])
    bonds = [[bond.GetBeginAtomIdx(), bond.GetEndAtomIdx(), bond.GetBondTypeAsDouble()] for bond in mol.GetBonds()]
    return {"atoms": atoms, "bonds": bonds}


def _label(atom: Atom, *, leftwards: bool) -> str:
    """Write an atom with its hydrogens, charge and isotope; `leftwards`: hydrogens and charge at its left."""
    charge, isotope, count = atom.GetFormalCharge(), atom.GetIsotope(), atom.GetTotalNumHs()
    if atom.GetSymbol() == "C" and atom.GetDegree() and not (charge or isotope or atom.GetNumRadicalElectrons()):
        return ""
    hydrogens = "" if not count else "H" if count == 1 else "H" + str(count).translate(_LOW)
    symbol = (str(isotope).translate(_HIGH) if isotope else "") + atom.GetSymbol()
    sign = "" if not charge else (f"{abs(charge)}" if abs(charge) > 1 else "") + ("+" if charge > 0 else "-")
    signed = sign.translate(_HIGH)
    return signed + hydrogens + symbol if leftwards else symbol + hydrogens + signed


BAR = 72  # pixels below the molecules
BAR_COLORS = 61  # odd, so that zero has one of its own
DISC, SMALLEST = 0.42, 0.35  # radius of a disc in bond lengths; share of it that is left where nothing is sure


@dataclass(frozen=True)
class MoleculeStyle:
    """Settings of a picture of molecules; `MolVisualizer.visualize_batch` describes the attributes.

    Raises:
        ValueError: a `visualize_ratio` outside (0, 1].
    """

    visualize_ratio: float = 1.0
    color_fn: ColorFunction = red_blue_cmap
    scaler: Scaler | None = None
    columns: int | None = None
    limit: float | tuple[float, float] | None = None
    show_values: bool = False
    show_scale: bool = True
    scale_label: str | None = None
    size: tuple[int, int] = (300, 240)

    def __post_init__(self) -> None:
        if not 0 < self.visualize_ratio <= 1:
            raise ValueError(f"visualize_ratio is in (0, 1]. Received: {self.visualize_ratio}. 1 colours every atom.")


@dataclass(frozen=True)
class AtomSaliency:
    """Saliency of the atoms of one molecule.

    Attributes:
        values: in its own units, (atoms,).
        scaled: the same after a scaler, (atoms,).
        std: standard deviation of `values` over samples, (atoms,), or None.
    """

    values: np.ndarray
    scaled: np.ndarray
    std: np.ndarray | None

    def strongest(self, ratio: float) -> list[int]:
        """List the atoms of largest magnitude, a share of all, rounded up."""
        count = math.ceil(ratio * len(self.values))
        return sorted(np.argsort(-np.abs(self.values), kind="stable")[:count].tolist())

    def sureness(self) -> np.ndarray:
        """Return, for each atom, a number from 0 to 1: 1 from twice the standard deviation on, and where none is known."""
        if self.std is None:
            return np.ones(len(self.values))
        sure: np.ndarray = np.clip(np.abs(self.values) / np.maximum(2 * self.std, 1e-12), 0, 1)
        return sure

    def notes(self) -> list[str]:
        """Write each number, with its standard deviation where that is known."""
        spread = [""] * len(self.values) if self.std is None else [f"±{number_text(each)}" for each in self.std]
        return [number_text(value) + each for value, each in zip(self.values, spread, strict=True)]


@dataclass(frozen=True)
class Drawing:
    """One molecule with the colours of its atoms and bonds.

    Attributes:
        mol: with coordinates and notes; a copy of the caller's.
        atoms: {index: colour} of the atoms that are highlighted.
        bonds: {index: colour} of the bonds that are highlighted.
        radii: {index: radius of its disc}, in bond lengths.
        legend: the words below it.
    """

    mol: Mol
    atoms: dict[int, Color]
    bonds: dict[int, Color]
    radii: dict[int, float]
    legend: str


def colored(mol: Mol, saliency: AtomSaliency, limit: float, style: MoleculeStyle, legend: str) -> Drawing:
    """Color a copy of a molecule.

    Args:
        mol: the molecule, which stays as it is.
        saliency: of its atoms.
        limit: scaled saliency at the end of the colours; stronger ones get the colour of the end.
        style: share of the atoms that are coloured, their colours, and whether their numbers are written.
        legend: words below the molecule.
    """
    mol = with_flat_coordinates(mol)
    shares = np.clip(saliency.scaled / limit, -1, 1)
    shown, sure = saliency.strongest(style.visualize_ratio), saliency.sureness()
    bonds = {}
    for bond in mol.GetBonds():
        ends = (bond.GetBeginAtomIdx(), bond.GetEndAtomIdx())
        if set(ends).issubset(shown):
            bonds[bond.GetIdx()] = style.color_fn(float(np.mean(shares[list(ends)])))
    if style.show_values:
        notes = saliency.notes()
        for atom in shown:
            mol.GetAtomWithIdx(atom).SetProp("atomNote", plain(notes[atom]))
    radii = {atom: DISC * (SMALLEST + (1 - SMALLEST) * float(sure[atom])) for atom in shown}
    return Drawing(mol, {atom: style.color_fn(float(shares[atom])) for atom in shown}, bonds, radii, legend)


@dataclass(frozen=True)
class ColorBar:
    """A bar of colours from a low to a high value.

    Attributes:
        low: value at its left end.
        high: value at its right end.
        color_of: function of a value -> its colour.
        label: the words below.
    """

    low: float
    high: float
    color_of: ColorFunction
    label: str

    def draw(self, drawer: rdMolDraw2D.MolDraw2D, width: int, top: int) -> None:
        """Draw the bar, half as wide as a canvas of `width` pixels, its ends and zero named below it."""
        left, length, tall, top = width / 4, width / 2, 12, top + 8
        drawer.SetOffset(0, 0)
        drawer.SetFillPolys(val=True)
        drawer.SetLineWidth(0)
        edges = left + length * np.linspace(0, 1, BAR_COLORS + 1)
        for start, end, value in zip(edges, edges[1:], np.linspace(self.low, self.high, BAR_COLORS), strict=False):
            corners = [(start, top), (end + 0.5, top), (end + 0.5, top + tall), (start, top + tall)]
            fill_polygon(drawer, corners, self.color_of(value))
        drawer.SetColour((0.0, 0.0, 0.0))
        drawer.SetFontSize(13)
        for value in [self.low, 0.0, self.high] if self.low < 0 else [self.low, self.high]:
            x = left + length * (value - self.low) / (self.high - self.low)
            drawer.DrawString(plain(number_text(value)), Point2D(float(x), top + tall + 12.0), align=0, rawCoords=True)
        drawer.DrawString(plain(self.label), Point2D(width / 2, top + tall + 32.0), align=0, rawCoords=True)


@dataclass(frozen=True)
class Grid:
    """Molecules in a grid above a colour bar.

    Attributes:
        drawings: from left to right, from top to bottom.
        columns: of the grid, at most.
        size: width and height of each, pixels.
        bar: the colour bar; None for no bar.
    """

    drawings: Sequence[Drawing]
    columns: int
    size: tuple[int, int]
    bar: ColorBar | None

    def svg(self) -> str:
        """Draw the text of an SVG."""
        return str(self._drawn_by(rdMolDraw2D.MolDraw2DSVG))

    def png(self) -> bytes:
        """Draw the bytes of a PNG."""
        return bytes(self._drawn_by(rdMolDraw2D.MolDraw2DCairo))

    def _drawn_by(self, make_drawer: Any) -> Any:
        """Return what a drawer of a class of RDKit makes of the grid."""
        columns = min(self.columns, len(self.drawings))
        rows = -(-len(self.drawings) // columns)
        width, height = columns * self.size[0], rows * self.size[1]
        canvas = (width, height + (BAR if self.bar else 0), *self.size)
        letters = rdMolDraw2D.MolDraw2DSVG(*canvas)  # tells where they are
        self._draw_molecules(letters)
        letters.FinishDrawing()
        drawer = make_drawer(*canvas)
        self._draw_molecules(drawer)

        def color_at(atom: int, point: np.ndarray) -> Color | None:
            column, row = (int(distance // length) for distance, length in zip(point, self.size, strict=True))
            return self.drawings[row * columns + column].atoms.get(atom)

        draw_letters(drawer, letters.GetDrawingText(), color_at)
        if self.bar:
            self.bar.draw(drawer, width, height)
        drawer.FinishDrawing()
        return drawer.GetDrawingText()

    def _draw_molecules(self, drawer: rdMolDraw2D.MolDraw2D) -> None:
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


def plain(words: str) -> str:
    """Write words in the signs that RDKit's font has."""
    return words.replace("−", "-").replace("±", "+/-")
