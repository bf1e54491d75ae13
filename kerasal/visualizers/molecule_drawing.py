"""Draws coloured molecules in a grid with a colour bar, as SVG or PNG, by RDKit alone."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
from rdkit.Chem import Atom, Mol, rdDepictor
from rdkit.Chem.Draw import rdMolDraw2D

from kerasal.visualizers.colors import Color, ColorFunction, number_text, red_blue_cmap
from kerasal.visualizers.molecule_bar import ColorBar
from kerasal.visualizers.molecule_letters import draw_letters
from kerasal.visualizers.molecule_words import draw_words, shortened
from kerasal.visualizers.scalers import Scaler
from kerasal.visualizers.shown import Svg

_LOW = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_HIGH = str.maketrans("0123456789+-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻")


def with_flat_coordinates(mol: Mol) -> Mol:
    """Copy a molecule, with coordinates in the plane, those it has or new ones, and single and double bonds in its rings."""
    mol = Mol(mol)
    if not mol.GetNumConformers() or mol.GetConformer().Is3D():
        mol.RemoveAllConformers()
        rdDepictor.Compute2DCoords(mol, canonOrient=True)
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


CAPTION, CAPTION_LINE = 14, 19  # pixels: letters of a caption, and from line to line
SMALLEST_LETTER, LARGEST_LETTER = 13, 22  # of atoms, pixels
_HEADER = "<!-- END OF HEADER -->"
DISC, SMALLEST = 0.42, 0.4  # radius of a disc in bond lengths; share of it that is left where nothing is sure


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
class Grid:
    """Molecules in a grid above a colour bar.

    Attributes:
        drawings: from left to right, from top to bottom.
        columns: of the grid, at most.
        size: width and height of each without its caption, pixels.
        bar: the colour bar; None for no bar.
    """

    drawings: Sequence[Drawing]
    columns: int
    size: tuple[int, int]
    bar: ColorBar | None

    def svg(self) -> Svg:
        """Draw an SVG, whose title says the captions and the label of the bar to those who do not see them."""
        said = [*(each.legend for each in self.drawings), self.bar.label if self.bar else ""]
        words = escape("; ".join(filter(None, said)).replace("\n", ", "))
        title = f"<title>{words}</title>".encode("ascii", "xmlcharrefreplace").decode()
        return Svg(self._drawn_by(rdMolDraw2D.MolDraw2DSVG).replace(_HEADER, f"{_HEADER}\n{title}", 1))

    def png(self) -> bytes:
        """Draw the bytes of a PNG."""
        return bytes(self._drawn_by(rdMolDraw2D.MolDraw2DCairo))

    @property
    def _caption(self) -> int:
        """Pixels below each molecule for its caption."""
        lines = max(len(each.legend.split("\n")) if each.legend else 0 for each in self.drawings)
        return lines * CAPTION_LINE + 6 if lines else 0

    def _drawn_by(self, make_drawer: Any) -> Any:
        """Return what a drawer of a class of RDKit makes of the grid."""
        columns = min(self.columns, len(self.drawings))
        rows, cell = -(-len(self.drawings) // columns), (self.size[0], self.size[1] + self._caption)
        width, height = columns * cell[0], rows * cell[1]
        canvas = (width, height + (self.bar.height if self.bar else 0), *cell)
        letters = rdMolDraw2D.MolDraw2DSVG(*canvas)  # tells where they are
        self._draw_molecules(letters)
        letters.FinishDrawing()
        drawer = make_drawer(*canvas)
        self._draw_molecules(drawer)

        def color_at(atom: int, point: np.ndarray) -> Color | None:
            column, row = (int(distance // length) for distance, length in zip(point, cell, strict=True))
            return self.drawings[row * columns + column].atoms.get(atom)

        draw_letters(drawer, letters.GetDrawingText(), color_at)
        for n, drawing in enumerate(self.drawings):
            middle, top = (n % columns + 0.5) * cell[0], n // columns * cell[1] + self.size[1]
            for k, line in enumerate(drawing.legend.split("\n"), 1):
                fitting = shortened(line, CAPTION, cell[0] - 8)
                draw_words(drawer, fitting, middle, top + k * CAPTION_LINE - 2, CAPTION)
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
        options.highlightBondWidthMultiplier = 8
        options.prepareMolsBeforeDrawing = False
        options.drawMolsSameScale = False  # each fills its cell
        options.padding = 0.03
        options.fixedBondLength = min(self.size) / 4  # at most
        options.minFontSize, options.maxFontSize = SMALLEST_LETTER, LARGEST_LETTER
        options.annotationFontScale = 0.75
        options.legendFraction = self._caption / (self.size[1] + self._caption)
        drawer.DrawMolecules(
            [each.mol for each in self.drawings],
            highlightAtoms=[list(each.atoms) for each in self.drawings],
            highlightBonds=[list(each.bonds) for each in self.drawings],
            highlightAtomColors=[each.atoms for each in self.drawings],
            highlightBondColors=[each.bonds for each in self.drawings],
            highlightAtomRadii=[each.radii for each in self.drawings],
            legends=[" "] * len(self.drawings) if self._caption else None,  # room for those that are drawn later
        )


def plain(words: str) -> str:
    """Write words in the signs that RDKit's font has."""
    return words.replace("−", "-").replace("±", "+/-")
