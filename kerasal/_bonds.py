"""Bonds of molecules as numbers: an adjacency per type."""

import numpy as np
from rdkit import Chem

BOND_TYPES = (
    Chem.BondType.SINGLE,
    Chem.BondType.DOUBLE,
    Chem.BondType.TRIPLE,
    Chem.BondType.AROMATIC,
)


def adjacency(mol: Chem.Mol, width: int) -> np.ndarray:
    """Make the bonds of one molecule, uint8 (types, width, width); dative and other bonds count as single."""
    bonds = np.zeros((len(BOND_TYPES), width, width), np.uint8)
    for bond in mol.GetBonds():
        kind = BOND_TYPES.index(bond.GetBondType()) if bond.GetBondType() in BOND_TYPES else 0
        a, b = bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()
        bonds[kind, a, b] = bonds[kind, b, a] = 1
    return bonds
