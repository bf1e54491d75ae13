"""Molecules as padded arrays: atoms, one adjacency per type of bond, and a mask of what is no padding."""

from collections.abc import Iterable

import numpy as np
from rdkit import Chem

from kerasal._bonds import adjacency
from kerasal._errors import listed
from kerasal._vocabulary import checks_keywords
from kerasal.molecules.reading import Molecules


@checks_keywords
def to_graphs(mols: Iterable[Chem.Mol] | Molecules, max_atoms: int | None = None) -> dict[str, np.ndarray]:
    """Make the arrays that a Keras model takes.

    Args:
        mols: RDKit molecules, or `Molecules`. Their atoms keep their order; hydrogens are there where the molecule has them.
        max_atoms: A, the number of atoms that molecules are padded to; None: that of the largest. More padding changes
            neither predictions nor saliency of the layers here.

    Returns:
        A dict of three arrays. "atoms" are atomic numbers, 0 for padding, int32 (N, A). "bonds" are 1 between neighbours, an
        adjacency per type of `BOND_TYPES` (single, double, triple, aromatic; dative and other bonds count as single),
        symmetric, uint8 (N, 4, A, A). "mask" is 1 for atoms, 0 for padding, float32 (N, A).

    Raises:
        ValueError: a molecule larger than `max_atoms`.
        TypeError: nothing given, or what is no molecule.

    Example:
        >>> from kerasal.molecules import from_smiles, to_graphs
        >>> graphs = to_graphs(from_smiles(["C=CO", "C"]))
        >>> graphs["atoms"].tolist(), graphs["bonds"].shape, int(graphs["bonds"][0, 1, 0, 1])
        ([[6, 6, 8], [6, 0, 0]], (2, 4, 3, 3), 1)
    """
    mols = list(mols.mols if isinstance(mols, Molecules) else mols)
    _check_molecules(mols)
    sizes = np.array([mol.GetNumAtoms() for mol in mols])
    width = int(sizes.max()) if max_atoms is None else max_atoms
    if sizes.max() > width:
        raise ValueError(
            f"Every molecule must have at most max_atoms={width} atoms. Received: {sizes.max()} atoms; too large are the "
            f"positions {listed(np.flatnonzero(sizes > width))}. Raise max_atoms, or leave those out."
        )
    atoms = np.zeros((len(mols), width), np.int32)
    for n, mol in enumerate(mols):
        atoms[n, : sizes[n]] = [atom.GetAtomicNum() for atom in mol.GetAtoms()]
    mask = (np.arange(width) < sizes[:, None]).astype(np.float32)
    return {"atoms": atoms, "bonds": np.stack([adjacency(mol, width) for mol in mols]), "mask": mask}


def _check_molecules(mols: list[Chem.Mol]) -> None:
    odd = [position for position, mol in enumerate(mols) if not isinstance(mol, Chem.Mol)]
    if odd or not mols:
        received = f"{mols[odd[0]]!r} at position {odd[0]}" if odd else "none"
        raise TypeError(
            f"to_graphs takes RDKit molecules. Received: {received}. Read strings by from_smiles, read_smiles or read_csv."
        )
