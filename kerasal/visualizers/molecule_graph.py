"""Molecules from what a model was given: SMILES, checked against the graph, or the graph's atoms and bonds alone."""

from typing import NamedTuple

import numpy as np
from rdkit import Chem

from kerasal._bonds import BOND_TYPES, adjacency
from kerasal.visualizers.smiles import molecule_of

_LAST_ELEMENT = 118


class Graph(NamedTuple):
    """The graph of one molecule without padding, as `kerasal.molecules.to_graphs` makes it.

    Attributes:
        atoms: atomic numbers, (A,).
        bonds: an adjacency per type of bond, (4, A, A).
    """

    atoms: np.ndarray
    bonds: np.ndarray

    @classmethod
    def of(cls, atoms: np.ndarray, bonds: np.ndarray, mask: np.ndarray) -> "Graph | None":
        """Take the padding away; None where the arrays are of another make.

        Args:
            atoms: (A,).
            bonds: (4, A, A).
            mask: 1 for atoms, then 0 for padding, (A,).
        """
        count = int(np.count_nonzero(mask))
        is_ours = atoms.dtype.kind in "iu" and atoms.shape == mask.shape
        is_ours &= bonds.shape == (len(BOND_TYPES), *mask.shape, *mask.shape)
        if not (is_ours and mask[:count].all()):
            return None
        atoms, bonds = atoms[:count], bonds[:, :count, :count]
        fits = bool(np.all((atoms > 0) & (atoms <= _LAST_ELEMENT)) and np.array_equal(bonds, bonds.transpose(0, 2, 1)))
        return cls(atoms, bonds) if fits and not np.any(np.count_nonzero(bonds, axis=0) > 1) else None

    def equals(self, mol: Chem.Mol) -> bool:
        """Tell whether a molecule has these atoms and bonds, in this order."""
        numbers = [atom.GetAtomicNum() for atom in mol.GetAtoms()]
        return numbers == self.atoms.tolist() and np.array_equal(adjacency(mol, len(numbers)), self.bonds)

    def molecule(self) -> Chem.Mol:
        """Make the molecule, whose hydrogens and charges are not known: its letters are those of the elements alone."""
        mol = Chem.RWMol()
        for number in self.atoms.tolist():
            atom = Chem.Atom(number)
            atom.SetNoImplicit(True)  # noqa: FBT003  RDKit takes it by position
            mol.AddAtom(atom)
        for kind, one, other in np.argwhere(np.triu(self.bonds)).tolist():
            mol.AddBond(one, other, BOND_TYPES[kind])
            if BOND_TYPES[kind] == Chem.BondType.AROMATIC:
                mol.GetBondBetweenAtoms(one, other).SetIsAromatic(True)  # noqa: FBT003
                for place in (one, other):
                    mol.GetAtomWithIdx(place).SetIsAromatic(True)  # noqa: FBT003
        mol.UpdatePropertyCache(strict=False)
        Chem.FastFindRings(mol)
        return mol.GetMol()


def checked_molecule(smiles: str, graph: Graph | None, count: int | None) -> Chem.Mol:
    """Read a string, whose atoms have to be those that were explained, in their order.

    Args:
        smiles: the string; of a graph with hydrogens, those are added after the atoms of the string.
        graph: that was explained; None where it is not known.
        count: the number of atoms that were explained; None where it is not known.

    Raises:
        ValueError: RDKit cannot read it, or it is another molecule.
    """
    mol = molecule_of(smiles)
    for each in (mol, Chem.AddHs(mol)):
        if graph.equals(each) if graph is not None else count in (None, each.GetNumAtoms()):
            return each
    had = f"{count} atoms" if graph is None else f"the atoms {', '.join(_symbol(each) for each in graph.atoms[:12])}"
    more = ", …" if graph is not None and len(graph.atoms) > 12 else ""
    raise ValueError(
        f"The SMILES of a molecule has the atoms and bonds that were explained, in their order. Received: {smiles!r}, where the model was "
        f"given {had}{more}. Pass the strings that to_graphs read, in the order of the examples."
    )


def _symbol(number: int) -> str:
    symbol: str = Chem.GetPeriodicTable().GetElementSymbol(int(number))
    return symbol
