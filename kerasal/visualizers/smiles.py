"""Saliency of molecules given as SMILES, whose atoms keep their colours however the molecule is written."""

from collections.abc import Mapping, Sequence

import numpy as np
from rdkit import Chem

from kerasal.visualizers.base import BaseVisualizer, Elements, Spread, one_example
from kerasal.visualizers.molecule import MolVisualizer


class SmilesVisualizer(BaseVisualizer):
    """Draws molecules given as SMILES. Saliency is in the order of the atoms of the string that is given.

    Example:

    >>> one = SmilesVisualizer().visualize([0.1, -0.3, 0.9], "CCO")
    >>> one == SmilesVisualizer().visualize([0.9, -0.3, 0.1], "OCC")
    True
    """

    def visualize(
        self, saliency, smiles: str, *args, add_Hs: bool = False, use_canonical_smiles: bool = True, **kwargs
    ) -> str:
        """Draws one molecule.

        Args:
            saliency: array or `Saliency` of one example, shape `(atoms,)`, padding after the atoms.
            smiles: the string.
            add_Hs: draw hydrogens too; their saliency follows that of the string's atoms, or is none.
            use_canonical_smiles: draw every way of writing a molecule alike. Colours stay with their atoms.
            args, kwargs: as for `MolVisualizer.visualize`.

        Returns, errors: as for `MolVisualizer.visualize`; ValueError for what RDKit cannot read.
        """
        mol, order, written = _placed(smiles, add_Hs, use_canonical_smiles)
        return MolVisualizer().visualize(_reordered(saliency, order, written), mol, *args, **kwargs)

    def visualize_batch(
        self,
        saliencies: Mapping[str, Sequence],
        smiles: Sequence[str],
        *args,
        add_Hs: bool = False,
        use_canonical_smiles: bool = True,
        **kwargs,
    ) -> str:
        """Draws a grid on one scale; arguments as for `visualize` and `MolVisualizer.visualize_batch`."""
        placed = [_placed(text, add_Hs, use_canonical_smiles) for text in smiles]
        if all(len(of_mols) == len(placed) for of_mols in saliencies.values()):
            saliencies = {
                name: [_reordered(one, *where) for one, (_, *where) in zip(of_mols, placed)]
                for name, of_mols in saliencies.items()
            }
        return MolVisualizer().visualize_batch(saliencies, [mol for mol, *_ in placed], *args, **kwargs)


def molecule_of(text: str):
    """The RDKit molecule, atoms in the order of the string. ValueError: RDKit cannot read it."""
    mol = Chem.MolFromSmiles(text) if isinstance(text, str) else None
    if mol is None or not mol.GetNumAtoms():
        raise ValueError(f"SmilesVisualizer draws SMILES. Received: {text!r}, which RDKit cannot read. Correct it.")
    return mol


def _placed(text, add_Hs: bool, canonical: bool):
    """(molecule that is drawn, for each of its atoms the position in the string, how many atoms the string has)."""
    mol = molecule_of(text)
    order = list(range(mol.GetNumAtoms()))
    written = len(order)
    if canonical:
        text = Chem.MolToSmiles(mol)
        order = list(mol.GetPropsAsDict(True, True)["_smilesAtomOutputOrder"])
        mol = Chem.MolFromSmiles(text)
    if add_Hs:
        mol = Chem.AddHs(mol)
        order += range(len(order), mol.GetNumAtoms())
    return mol, order, written


def _reordered(saliency, order, written):
    """The saliency in the order in which atoms are drawn; 0 for hydrogens that it does not have."""
    values = one_example(saliency, "SmilesVisualizer", "shape (atoms,)")
    if values.ndim != 1 or len(values) < written:
        return saliency  # refused by MolVisualizer, with its words

    def moved(array):
        filled = np.concatenate([array, np.zeros(max(0, len(order) - len(array)), array.dtype)])
        return np.concatenate([filled[order], filled[len(order) :]])

    if isinstance(saliency, Spread) and saliency.std is not None:
        return Elements(moved(values), moved(saliency.std), saliency.M, saliency.axes)
    return moved(values)
