"""Molecules as padded arrays: atoms, one adjacency per type of bond, and a mask of what is no padding."""

from collections.abc import Sequence

import numpy as np
from rdkit import Chem

from kerasal._errors import listed

BOND_TYPES = (
    Chem.BondType.SINGLE,
    Chem.BondType.DOUBLE,
    Chem.BondType.TRIPLE,
    Chem.BondType.AROMATIC,
)


def to_graphs(mols: Sequence, max_atoms: int | None = None) -> dict[str, np.ndarray]:
    """Arrays that a Keras model takes.

    Args:
        mols: RDKit molecules, or `Molecules`. Their atoms keep their order; hydrogens are there where the molecule has them.
        max_atoms: A, what molecules are padded to; None: the largest of these. More padding changes neither predictions
            nor saliency of the layers here.

    Returns:
        {"atoms": atomic numbers, 0 for padding, int32 (N, A); "bonds": 1 between neighbours, an adjacency per type of
        `BOND_TYPES` (single, double, triple, aromatic; dative and other bonds count as single), symmetric, uint8
        (N, 4, A, A); "mask": 1 for atoms, 0 for padding, float32 (N, A)}.

    Raises:
        ValueError: nothing given, a molecule larger than `max_atoms`. TypeError: what is no molecule.

    Example:
        >>> from kerasal.molecules import from_smiles, to_graphs
        >>> graphs = to_graphs(from_smiles(["C=CO", "C"]))
        >>> graphs["atoms"].tolist(), graphs["bonds"].shape, int(graphs["bonds"][0, 1, 0, 1])
        ([[6, 6, 8], [6, 0, 0]], (2, 4, 3, 3), 1)
    """
    mols = list(getattr(mols, "mols", mols))
    odd = [position for position, mol in enumerate(mols) if not isinstance(mol, Chem.Mol)]
    if odd or not mols:
        received = f"{mols[odd[0]]!r} at position {odd[0]}" if odd else "none"
        raise TypeError(
            f"to_graphs takes RDKit molecules. Received: {received}. Read strings by from_smiles, read_smiles or read_csv."
        )
    sizes = np.array([mol.GetNumAtoms() for mol in mols])
    width = int(sizes.max()) if max_atoms is None else max_atoms
    if sizes.max() > width:
        raise ValueError(
            f"Every molecule must have at most max_atoms={width} atoms. Received: {sizes.max()} atoms; too large are the "
            f"positions {listed(np.flatnonzero(sizes > width))}. Raise max_atoms, or leave those out."
        )
    atoms = np.zeros((len(mols), width), np.int32)
    bonds = np.zeros((len(mols), len(BOND_TYPES), width, width), np.uint8)
    for n, mol in enumerate(mols):
        atoms[n, : sizes[n]] = [atom.GetAtomicNum() for atom in mol.GetAtoms()]
        for bond in mol.GetBonds():
            kind = BOND_TYPES.index(bond.GetBondType()) if bond.GetBondType() in BOND_TYPES else 0
            a, b = bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()
            bonds[n, kind, a, b] = bonds[n, kind, b, a] = 1
    return {"atoms": atoms, "bonds": bonds, "mask": (np.arange(width) < sizes[:, None]).astype(np.float32)}
