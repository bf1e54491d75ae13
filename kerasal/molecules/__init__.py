"""Molecules: SMILES to padded graphs with masks. Needs RDKit: `pip install kerasal[molecules]`."""

from kerasal._errors import needed

with needed("rdkit", "kerasal.molecules"):
    from kerasal._bonds import BOND_TYPES as BOND_TYPES
    from kerasal.molecules.batches import batches as batches
    from kerasal.molecules.graphs import to_graphs as to_graphs
    from kerasal.molecules.network import ggnn as ggnn
    from kerasal.molecules.reading import Molecules as Molecules
    from kerasal.molecules.reading import from_smiles as from_smiles
    from kerasal.molecules.reading import read_csv as read_csv
    from kerasal.molecules.reading import read_smiles as read_smiles

__all__ = ["BOND_TYPES", "Molecules", "batches", "from_smiles", "ggnn", "read_csv", "read_smiles", "to_graphs"]
