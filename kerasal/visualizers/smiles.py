"""Saliency of molecules given as SMILES, whose atoms keep their colours however the molecule is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from rdkit import Chem

from kerasal.visualizers.base import BaseVisualizer, SaliencyLike, one_example
from kerasal.visualizers.molecule import MolVisualizer
from kerasal.visualizers.shown import Svg


class SmilesVisualizer(BaseVisualizer):
    """Visualizer of molecules given as SMILES. Saliency is in the order of the atoms of the string that is given.

    Example:
        >>> one = SmilesVisualizer().visualize([0.1, -0.3, 0.9], "CCO")
        >>> one == SmilesVisualizer().visualize([0.9, -0.3, 0.1], "OCC")
        True
    """

    def visualize(
        self,
        saliency: ArrayLike,
        smiles: str,
        *args: Any,
        add_Hs: bool = False,
        use_canonical_smiles: bool = True,
        **kwargs: Any,
    ) -> Svg:
        """Draw one molecule.

        Args:
            saliency: array or `Saliency` of one example, shape `(atoms,)`, padding after the atoms.
            smiles: the string.
            *args: as for `MolVisualizer.visualize`.
            add_Hs: draw hydrogens too; their saliency follows that of the string's atoms, or is none.
            use_canonical_smiles: draw every way of writing a molecule alike. Colours stay with their atoms.
            **kwargs: as for `MolVisualizer.visualize`.

        Returns:
            A `str`, an SVG whatever is saved, which a notebook shows as a picture.

        Raises:
            ValueError: as for `MolVisualizer.visualize`, or what RDKit cannot read.
            FileNotFoundError: the folder of `save_filepath` is missing.
        """
        molecule = _WrittenMolecule.read(smiles, add_Hs=add_Hs, canonical=use_canonical_smiles)
        return MolVisualizer().visualize(molecule.reordered(saliency), molecule.mol, *args, **kwargs)

    def visualize_batch(
        self,
        saliencies: Mapping[str, Any],
        smiles: Sequence[str],
        *args: Any,
        add_Hs: bool = False,
        use_canonical_smiles: bool = True,
        **kwargs: Any,
    ) -> Svg:
        """Draw a grid on one scale.

        Args:
            saliencies: name of the method -> one saliency per string, `(N, atoms)` or a list of N.
            smiles: N strings.
            *args: as for `MolVisualizer.visualize_batch`.
            add_Hs: as for `visualize`.
            use_canonical_smiles: as for `visualize`.
            **kwargs: as for `MolVisualizer.visualize_batch`.

        Returns:
            A `str`, an SVG whatever is saved, which a notebook shows as a picture.

        Raises:
            ValueError: as for `MolVisualizer.visualize_batch`, or what RDKit cannot read.
            FileNotFoundError: the folder of `save_filepath` is missing.
        """
        molecules = [_WrittenMolecule.read(text, add_Hs=add_Hs, canonical=use_canonical_smiles) for text in smiles]
        if all(len(of_mols) == len(molecules) for of_mols in saliencies.values()):  # MolVisualizer refuses others
            saliencies = {
                name: [mol.reordered(one) for mol, one in zip(molecules, of_mols, strict=True)]
                for name, of_mols in saliencies.items()
            }
        return MolVisualizer().visualize_batch(saliencies, [each.mol for each in molecules], *args, **kwargs)


def molecule_of(text: Any) -> Chem.Mol:
    """Return the RDKit molecule, atoms in the order of the string.

    Raises:
        ValueError: RDKit cannot read it.
    """
    mol = Chem.MolFromSmiles(text) if isinstance(text, str) else None
    if mol is None or not mol.GetNumAtoms():
        raise ValueError(f"SmilesVisualizer draws SMILES. Received: {text!r}, which RDKit cannot read. Correct it.")
    return mol


@dataclass(frozen=True)
class _ReorderedSaliency:
    """Saliency of atoms in the order in which they are drawn: a `SaliencyLike`, and an array to NumPy."""

    values: np.ndarray
    std: np.ndarray | None
    axes: tuple[str, ...]
    M: Any

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        return np.asarray(self.values, dtype)


@dataclass(frozen=True)
class _WrittenMolecule:
    """A molecule that is drawn, and the order of its atoms in the string that was given.

    Attributes:
        mol: the molecule that is drawn.
        positions: for each of its atoms the position in the string; hydrogens that are added follow.
        count: number of atoms of the string.
    """

    mol: Chem.Mol
    positions: list[int]
    count: int

    @classmethod
    def read(cls, text: str, *, add_Hs: bool, canonical: bool) -> "_WrittenMolecule":
        """Read a string; ValueError: RDKit cannot."""
        mol = molecule_of(text)
        positions = list(range(mol.GetNumAtoms()))
        count = len(positions)
        if canonical:
            text = Chem.MolToSmiles(mol)
            positions = list(mol.GetPropsAsDict(includePrivate=True, includeComputed=True)["_smilesAtomOutputOrder"])
            mol = Chem.MolFromSmiles(text)
        if add_Hs:
            mol = Chem.AddHs(mol)
            positions += range(len(positions), mol.GetNumAtoms())
        return cls(mol, positions, count)

    def reordered(self, saliency: ArrayLike) -> ArrayLike:
        """Return the saliency in the order in which atoms are drawn; 0 for hydrogens that it does not have."""
        values = one_example(saliency, "SmilesVisualizer", "shape (atoms,)")
        if values.ndim != 1 or len(values) < self.count:
            return saliency  # refused by MolVisualizer, with its words
        if isinstance(saliency, SaliencyLike) and saliency.std is not None:
            return _ReorderedSaliency(self._moved(values), self._moved(saliency.std), saliency.axes, saliency.M)
        return self._moved(values)

    def _moved(self, array: np.ndarray) -> np.ndarray:
        missing = max(0, len(self.positions) - len(array))
        filled = np.concatenate([array, np.zeros(missing, array.dtype)])
        return np.concatenate([filled[self.positions], filled[len(self.positions) :]])
