"""Pictures of molecules: atoms and bonds in colour."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from kerasal._errors import needed
from kerasal._vocabulary import checks_keywords
from kerasal.callbacks.pictures.base import GrowingScale, Pictures
from kerasal.callbacks.pictures.positions import check_positions, first_positions
from kerasal.saliency import Saliency
from kerasal.visualizers.colors import limits_text
from kerasal.visualizers.image_pixels import caption_strip

_SIZE, _SMALL = (420, 320), (260, 220)  # pixels of a molecule by itself, of one among others


@checks_keywords
class MoleculePictures(Pictures):
    """Each molecule with its atoms coloured; over steps a row of it on one scale. For maps (N, A) or (N, A, 1).

    Args:
        molecules: For each example its SMILES, or an RDKit molecule, with at most A atoms in the order of the maps;
            positions behind them are padding, with maps of zero.

    Raises:
        ImportError: RDKit is not installed.
        ValueError: RDKit cannot read a string.
        TypeError: An entry is no molecule.

    Example:

    >>> from kerasal.callbacks import MoleculePictures
    >>> MoleculePictures(["[NH4+]"]).facts()
    {'molecules': [{'atoms': [['NH₄⁺', 0.0, 0.0]], 'bonds': []}]}
    """

    kind = "molecule"

    def __init__(self, molecules: Sequence[Any]):
        with needed("rdkit", "MoleculePictures"):
            from kerasal.visualizers import molecule, molecule_drawing, smiles  # these alone need RDKit
        if isinstance(molecules, str):
            raise TypeError(
                f"molecules is a list. Received: the string {molecules!r}. Put it into a list, an entry per example."
            )
        self._visualizer, self._structure = molecule.MolVisualizer(), molecule_drawing.structure
        self._mols = [smiles.molecule_of(each) if isinstance(each, str) else each for each in molecules]
        for mol in self._mols:
            molecule.check_molecule(mol)

    def check(self, saliency: Saliency) -> None:
        """Refuse maps without a number per atom, or with numbers behind the atoms. ValueError."""
        counts = [mol.GetNumAtoms() for mol in self._mols]
        check_positions(saliency, counts, "atom", "MoleculePictures")
        for n, count in enumerate(counts):
            if np.any(saliency.values[n, count:]):
                raise ValueError(
                    f"Maps are zero after the atoms of a molecule, {count} of example {n}. Received: others than zero there. "
                    "Give the molecules that are explained, in their order, and a model that leaves padding out."
                )

    def draw(self, n: int, saliency: Saliency, text: str, scale: GrowingScale) -> np.ndarray:
        """Draw one example."""
        mol = self._mols[n]
        cut = first_positions(saliency, mol.GetNumAtoms())
        limits = scale.update(n, cut.values)
        drawn = self._visualizer.pixels({"": [cut]}, [mol], limit=limits, size=_SIZE)
        return np.concatenate([caption_strip(f"{text}  scale {limits_text(*limits)}", drawn.shape[1]), drawn])

    def strip(self, n: int, maps: np.ndarray, steps: list[int]) -> np.ndarray:
        """Draw the molecule at several steps in a row."""
        mol = self._mols[n]
        of_steps = zip(steps, maps, strict=True)
        rows = {f"step {step}": [np.ravel(values)[: mol.GetNumAtoms()]] for step, values in of_steps}
        return np.asarray(self._visualizer.pixels(rows, [mol], columns=len(steps), size=_SMALL))

    def facts(self) -> dict[str, Any]:
        """Return atoms with their letters and places, and bonds with their orders."""
        return {"molecules": [self._structure(mol) for mol in self._mols]}
