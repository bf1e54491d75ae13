"""Saliency of molecules: atoms and bonds in the colour of their saliency."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.image import imread
from numpy.typing import ArrayLike
from rdkit import Chem

from kerasal._storage.base import StrPath
from kerasal._storage.file_systems import write_aside
from kerasal.visualizers.base import BaseVisualizer, check_picture_path, one_example, std_of
from kerasal.visualizers.colors import ColorFunction, color_limits, red_blue_cmap
from kerasal.visualizers.image_pixels import to_uint8
from kerasal.visualizers.molecule_bar import ColorBar
from kerasal.visualizers.molecule_drawing import AtomSaliency, Grid, MoleculeStyle, colored
from kerasal.visualizers.scalers import Scaler, abs_max_scaler, scaled_name
from kerasal.visualizers.shown import Svg

ENDINGS = (".svg", ".png")


class MolVisualizer(BaseVisualizer):
    """Visualizer of RDKit molecules: an atom's disc has the colour of its saliency, a bond that of the mean of its ends.

    Where the standard deviation over samples is known, discs shrink with doubt: full size at twice the standard deviation.

    Example:
        >>> from rdkit import Chem
        >>> svg = MolVisualizer().visualize([0.1, -0.3, 0.9], Chem.MolFromSmiles("CCO"))
        >>> svg.count("<ellipse") + svg.count("<path") > 3
        True
    """

    def visualize(
        self,
        saliency: ArrayLike,
        mol: Chem.Mol,
        save_filepath: StrPath | None = None,
        visualize_ratio: float = 1.0,
        color_fn: ColorFunction = red_blue_cmap,
        scaler: Scaler | None = abs_max_scaler,
        legend: str = "",
        *,
        limit: float | tuple[float, float] | None = None,
        show_values: bool = False,
        show_scale: bool = True,
        scale_label: str | None = None,
        size: tuple[int, int] = (500, 375),
    ) -> Svg:
        """Draw one molecule.

        Args:
            saliency: array or `Saliency` of one example, shape `(atoms,)`; what follows the molecule's atoms is padding.
            mol: the RDKit molecule; it is not changed.
            save_filepath: `.svg` or `.png` file to write, in a folder that exists.
            visualize_ratio: share of the atoms that are coloured, the strongest, rounded up.
            color_fn: from [-1, 1] to RGB in [0, 1].
            scaler: applied to the saliency of the atoms. None: its own units.
            legend: words below the molecule.
            limit: scaled saliency at the end of the colours, or the pair of both ends, to compare pictures; None: the strongest.
            show_values: write each atom's saliency beside it, with its standard deviation where that is known.
            show_scale: draw the colour bar.
            scale_label: None: names what the scaler makes of the saliency.
            size: width and height of the molecule, pixels.

        Returns:
            A `str`, an SVG whatever is saved, which a notebook shows as a picture.

        Raises:
            ValueError: too few numbers, a batch, padding that is not zero, an unknown file ending. Nothing is written.
            TypeError: what is no molecule.
            FileNotFoundError: the folder of `save_filepath` is missing.
        """
        return self.visualize_batch(
            {"": [saliency]},
            [mol],
            [legend],
            save_filepath,
            visualize_ratio,
            color_fn,
            scaler,
            limit=limit,
            show_values=show_values,
            show_scale=show_scale,
            scale_label=scale_label,
            size=size,
        )

    def visualize_batch(
        self,
        saliencies: Mapping[str, Any],
        mols: Sequence[Chem.Mol],
        legends: Sequence[str] | None = None,
        save_filepath: StrPath | None = None,
        visualize_ratio: float = 1.0,
        color_fn: ColorFunction = red_blue_cmap,
        scaler: Scaler | None = None,
        *,
        columns: int | None = None,
        limit: float | tuple[float, float] | None = None,
        show_values: bool = False,
        show_scale: bool = True,
        scale_label: str | None = None,
        size: tuple[int, int] = (300, 240),
    ) -> Svg:
        """Draw a grid on one scale: a molecule after another, each once per method.

        Args:
            saliencies: name of the method -> one saliency per molecule, `(N, atoms)` or a list of N.
            mols: N RDKit molecules.
            legends: words below each.
            save_filepath: as for `visualize`.
            visualize_ratio: as for `visualize`.
            color_fn: as for `visualize`.
            scaler: applied to each molecule and method by itself. None: all in their own units.
            columns: of the grid; None: one per method, or four where there is one method.
            limit: as for `visualize`.
            show_values: as for `visualize`.
            show_scale: as for `visualize`.
            scale_label: as for `visualize`.
            size: width and height of each molecule, pixels.

        Returns:
            A `str`, an SVG whatever is saved, which a notebook shows as a picture.

        Raises:
            ValueError: as for `visualize`, or lengths that differ.
            TypeError: as for `visualize`.
            FileNotFoundError: as for `visualize`.
        """
        check_picture_path(save_filepath, ENDINGS)
        style = MoleculeStyle(
            visualize_ratio=visualize_ratio,
            color_fn=color_fn,
            scaler=scaler,
            columns=columns,
            limit=limit,
            show_values=show_values,
            show_scale=show_scale,
            scale_label=scale_label,
            size=size,
        )
        grid = _grid(saliencies, mols, legends, style)
        if save_filepath is not None:
            with write_aside(save_filepath) as aside:
                aside.write_bytes(grid.png() if aside.suffix.lower() == ".png" else grid.svg().encode("utf-8"))
        return grid.svg()

    def pixels(
        self,
        saliencies: Mapping[str, Any],
        mols: Sequence[Chem.Mol],
        legends: Sequence[str] | None = None,
        **settings: Any,
    ) -> np.ndarray:
        """Draw a grid as `visualize_batch` does.

        Args:
            saliencies: as for `visualize_batch`.
            mols: as for `visualize_batch`.
            legends: as for `visualize_batch`.
            **settings: other arguments of `visualize_batch`, but no file.

        Returns:
            uint8 (height, width, 3).
        """
        png = _grid(saliencies, mols, legends, MoleculeStyle(**settings)).png()
        return to_uint8(imread(io.BytesIO(png), format="png")[..., :3])


def check_molecule(mol: Any) -> None:
    """Refuse what is no RDKit molecule with atoms.

    Raises:
        TypeError: it is none.
    """
    if not isinstance(mol, Chem.Mol) or not mol.GetNumAtoms():
        raise TypeError(
            f"MolVisualizer draws RDKit molecules with atoms. Received: {mol!r}. Use SmilesVisualizer for strings."
        )


def atoms_of(saliency: ArrayLike, mol: Chem.Mol, scaler: Scaler | None) -> AtomSaliency:
    """Return the saliency of a molecule's atoms, without padding.

    Args:
        saliency: array or `Saliency` of one example, (atoms,), or longer with zeros after the atoms.
        mol: the molecule.
        scaler: applied to the atoms' saliency, or None.

    Raises:
        ValueError: another shape, or padding that is not zero.
        TypeError: what is no molecule.
    """
    check_molecule(mol)
    values = one_example(saliency, "MolVisualizer", "shape (atoms,)")
    std, count = std_of(saliency), mol.GetNumAtoms()
    if values.ndim != 1 or len(values) < count or np.any(values[count:]):
        raise ValueError(
            f"The molecule has {count} atoms, so its saliency has shape ({count},), or more with zeros for padding. Received: "
            f"shape {values.shape}{', not zero after the atoms' if values.ndim == 1 and len(values) > count else ''}. "
            "Fold the embedding axis, e.g. explain(..., ch_axis=-1), and give the molecule that was explained."
        )
    values = values[:count].astype(np.float64)
    return AtomSaliency(values, values if scaler is None else scaler(values), None if std is None else std[:count])


def _grid(
    saliencies: Mapping[str, Any], mols: Sequence[Chem.Mol], legends: Sequence[str] | None, style: MoleculeStyle
) -> Grid:
    """Color every molecule by every method on one scale."""
    mols, legends = list(mols), [""] * len(mols) if legends is None else list(legends)
    _check_lengths(saliencies, legends, len(mols))
    cells = {
        (n, name): atoms_of(of_mols[n], mol, style.scaler)
        for n, mol in enumerate(mols)
        for name, of_mols in saliencies.items()
    }
    low, high = color_limits(np.concatenate([cell.scaled for cell in cells.values()]), 100, style.limit)
    drawings = []
    for (n, name), cell in cells.items():
        legend = "\n".join(words for words in (legends[n], name) if words)
        drawings.append(colored(mols[n], cell, high, style, legend))
    meaning = color_words(style.color_fn, style.scaler, is_signed=low < 0)
    label = style.scale_label or f"{scaled_name('saliency', style.scaler)}\n{meaning}".strip()
    if any(cell.std is not None for cell in cells.values()):
        label += "\nsmall discs: below 2 std"
    bar = ColorBar(low, high, lambda value: style.color_fn(value / high), label) if style.show_scale else None
    columns = style.columns or (len(saliencies) if len(saliencies) > 1 else 4)
    return Grid(drawings, columns, style.size, bar)


def color_words(color_fn: ColorFunction, scaler: Scaler | None, *, is_signed: bool) -> str:
    """Say what the colours mean; "" of colours or a scale of the user's."""
    if color_fn is not red_blue_cmap or scaler not in (None, abs_max_scaler):
        return ""
    return "red raises the score, blue lowers it" if is_signed else "the redder, the stronger"


def _check_lengths(saliencies: Mapping[str, Any], legends: Sequence[str], count: int) -> None:
    wrong = {name: len(each) for name, each in {**saliencies, "legends": legends}.items() if len(each) != count}
    if wrong or not count or not saliencies:
        raise ValueError(
            f"visualize_batch draws one entry per molecule, {count}, by one method or more. Received: "
            f"{wrong or list(saliencies)}. Explain the molecules that are drawn."
        )
