"""Saliency of molecules: atoms and bonds in the colour of their saliency."""

import io
import os
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from matplotlib.image import imread
from rdkit import Chem

from kerasal._storage.file_systems import write_aside
from kerasal.visualizers.base import BaseVisualizer, check_picture_path, one_example, std_of
from kerasal.visualizers.colors import color_limits, number_text
from kerasal.visualizers.image_pixels import to_uint8
from kerasal.visualizers.molecule_drawing import Grid, colored
from kerasal.visualizers.scalers import abs_max_scaler, scaled_name


def check_molecule(mol) -> None:
    """Refuses what is no RDKit molecule with atoms. TypeError."""
    if not isinstance(mol, Chem.Mol) or not mol.GetNumAtoms():
        raise TypeError(
            f"MolVisualizer draws RDKit molecules with atoms. Received: {mol!r}. Use SmilesVisualizer for strings."
        )


def atoms_of(saliency, mol, scaler) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """(scaled saliency, saliency, std or None) of the molecule's atoms."""
    check_molecule(mol)
    values = one_example(saliency, "MolVisualizer", "shape (atoms,)")
    std = std_of(saliency)
    count = mol.GetNumAtoms()
    if values.ndim != 1 or len(values) < count or np.any(values[count:]):
        raise ValueError(
            f"The molecule has {count} atoms, so its saliency has shape ({count},), or more with zeros for padding. Received: "
            f"shape {values.shape}{', not zero after the atoms' if values.ndim == 1 and len(values) > count else ''}. "
            "Fold the embedding axis, e.g. explain(..., ch_axis=-1), and give the molecule that was explained."
        )
    values = values[:count].astype(np.float64)
    return values if scaler is None else scaler(values), values, None if std is None else std[:count]


def notes_of(values, std) -> list[str]:
    """Each number in words, with its standard deviation where that is known."""
    spread = [""] * len(values) if std is None else [f"±{number_text(each)}" for each in std]
    return [number_text(value) + each for value, each in zip(values, spread)]


ENDINGS = (".svg", ".png")


def red_blue_cmap(value: float) -> tuple[float, float, float]:
    """From blue at -1 over white at 0 to red at 1, RGB in [0, 1].

    Example:

    >>> red_blue_cmap(1), red_blue_cmap(0), red_blue_cmap(-1)
    ((1.0, 0.0, 0.0), (1.0, 1.0, 1.0), (0.0, 0.0, 1.0))
    """
    rest = 1.0 - min(abs(float(value)), 1.0)
    return (1.0, rest, rest) if value > 0 else (rest, rest, 1.0)


class MolVisualizer(BaseVisualizer):
    """Draws RDKit molecules; each atom's disc has the colour of its saliency, each bond that of the mean of its ends.

    Where the standard deviation over samples is known, discs shrink with doubt: full size at twice the standard deviation.

    Example:

    >>> from rdkit import Chem
    >>> svg = MolVisualizer().visualize([0.1, -0.3, 0.9], Chem.MolFromSmiles("CCO"))
    >>> svg.count("<ellipse") + svg.count("<path") > 3
    True
    """

    def visualize(
        self,
        saliency,
        mol,
        save_filepath: str | os.PathLike | None = None,
        visualize_ratio: float = 1.0,
        color_fn: Callable[[float], tuple[float, float, float]] = red_blue_cmap,
        scaler=abs_max_scaler,
        legend: str = "",
        *,
        limit: float | None = None,
        show_values: bool = False,
        show_scale: bool = True,
        scale_label: str | None = None,
        size: tuple[int, int] = (500, 375),
    ) -> str:
        """Draws one molecule.

        Args:
            saliency: array or `Saliency` of one example, shape `(atoms,)`; what follows the molecule's atoms is padding.
            mol: the RDKit molecule; it is not changed.
            save_filepath: `.svg` or `.png` file to write, in a folder that exists.
            visualize_ratio: share of the atoms that are coloured, the strongest, rounded up.
            color_fn: from [-1, 1] to RGB in [0, 1].
            scaler: applied to the saliency of the atoms. None: its own units.
            legend: words below the molecule.
            limit: scaled saliency at the end of the colours; None: the strongest.
            show_values: write each atom's saliency beside it, with its standard deviation where that is known.
            show_scale: draw the colour bar.
            scale_label: None: what the scaler makes of the saliency.
            size: width and height of the molecule, pixels.

        Returns: the text of an SVG, whatever is saved.

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
        saliencies: Mapping[str, Sequence],
        mols: Sequence,
        legends: Sequence[str] | None = None,
        save_filepath: str | os.PathLike | None = None,
        visualize_ratio: float = 1.0,
        color_fn: Callable[[float], tuple[float, float, float]] = red_blue_cmap,
        scaler=None,
        *,
        columns: int | None = None,
        limit: float | None = None,
        show_values: bool = False,
        show_scale: bool = True,
        scale_label: str | None = None,
        size: tuple[int, int] = (300, 240),
    ) -> str:
        """Draws a grid on one scale: a molecule after another, each once per method.

        Args:
            saliencies: name of the method -> one saliency per molecule, `(N, atoms)` or a list of N.
            mols: N RDKit molecules.
            legends: words below each.
            scaler: applied to each molecule and method by itself. None: all in their own units.
            columns: of the grid; None: one per method, or four where there is one method.
            save_filepath, visualize_ratio, color_fn, limit, show_values, show_scale, scale_label, size: as for `visualize`.

        Returns, errors: as for `visualize`.
        """
        check_picture_path(save_filepath, ENDINGS)
        how = dict(visualize_ratio=visualize_ratio, color_fn=color_fn, scaler=scaler, columns=columns, limit=limit)
        how |= dict(show_values=show_values, show_scale=show_scale, scale_label=scale_label, size=size)
        grid = _grid(saliencies, mols, legends, **how)
        if save_filepath is not None:
            with write_aside(save_filepath) as aside:
                aside.write_bytes(grid.png() if aside.suffix.lower() == ".png" else grid.svg().encode("utf-8"))
        return grid.svg()

    def pixels(self, saliencies: Mapping[str, Sequence], mols: Sequence, legends=None, **how) -> np.ndarray:
        """Draws as `visualize_batch`, whose arguments it takes; uint8 (height, width, 3)."""
        return to_uint8(imread(io.BytesIO(_grid(saliencies, mols, legends, **how).png()), format="png")[..., :3])


def _grid(
    saliencies,
    mols,
    legends,
    visualize_ratio=1.0,
    color_fn=red_blue_cmap,
    scaler=None,
    columns=None,
    limit=None,
    show_values=False,
    show_scale=True,
    scale_label=None,
    size=(300, 240),
) -> Grid:
    if not 0 < visualize_ratio <= 1:
        raise ValueError(f"visualize_ratio is in (0, 1]. Received: {visualize_ratio}. 1 colours every atom.")
    mols, legends = list(mols), [""] * len(mols) if legends is None else list(legends)
    wrong = {name: len(each) for name, each in {**saliencies, "legends": legends}.items() if len(each) != len(mols)}
    if wrong or not mols or not saliencies:
        raise ValueError(
            f"visualize_batch draws one entry per molecule, {len(mols)}, by one method or more. Received: "
            f"{wrong or list(saliencies)}. Explain the molecules that are drawn."
        )
    cells = [
        (name, n, atoms_of(of_mols[n], mols[n], scaler))
        for n in range(len(mols))
        for name, of_mols in saliencies.items()
    ]
    low, limit = color_limits(np.concatenate([scaled for *_, (scaled, _, _) in cells]), 100, limit)
    drawings = []
    for name, n, (scaled, values, std) in cells:
        words = ", ".join(each for each in (legends[n], name) if each)
        notes = notes_of(values, std) if show_values else None
        drawings.append(colored(mols[n], scaled / limit, values, std, visualize_ratio, color_fn, words, notes))
    doubt = any(std is not None for *_, (_, _, std) in cells)
    label = (scale_label or scaled_name("saliency", scaler)) + (" (small discs: below 2 std)" if doubt else "")
    bar = (low, limit, lambda value: color_fn(value / limit), label) if show_scale else None
    columns = columns or (len(saliencies) if len(saliencies) > 1 else 4)
    return Grid(drawings, columns, size, bar)
