"""Where a molecule's atoms are drawn, how they are labelled, and what joins them: all that a page needs to draw it itself."""

from typing import Any

from rdkit.Chem import Mol, rdDepictor
from rdkit.Chem.Draw import rdMolDraw2D

_LOW = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_HIGH = str.maketrans("0123456789+-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻")


def prepared(mol) -> Mol:
    """A copy with coordinates in the plane, those it has or new ones, and single and double bonds in its rings."""
    mol = Mol(mol)
    if not mol.GetNumConformers() or mol.GetConformer().Is3D():
        mol.RemoveAllConformers()
        rdDepictor.Compute2DCoords(mol)
    return rdMolDraw2D.PrepareMolForDrawing(mol, kekulize=True, addChiralHs=False, wavyBonds=False)


def structure(mol) -> dict[str, Any]:
    """A molecule as JSON can hold it: `{"atoms": [[label, x, y]], "bonds": [[atom, atom, order]]}`, y upwards.

    A label is as chemists write it: nothing for carbon in a chain or ring; hydrogens and charge on the side without bonds.

    Example:

    >>> from rdkit import Chem
    >>> ethanol = structure(Chem.MolFromSmiles("CCO"))
    >>> [label for label, _, _ in ethanol["atoms"]], ethanol["bonds"]
    (['', '', 'OH'], [[0, 1, 1.0], [1, 2, 1.0]])
    """
    mol = prepared(mol)
    places = mol.GetConformer().GetPositions()
    atoms = []
    for atom, (x, y, _) in zip(mol.GetAtoms(), places):
        across = sum(places[other.GetIdx()][0] - x for other in atom.GetNeighbors())
        atoms.append([_label(atom, leftwards=across > 0.1), round(float(x), 4), round(float(y), 4)])
    bonds = [[bond.GetBeginAtomIdx(), bond.GetEndAtomIdx(), bond.GetBondTypeAsDouble()] for bond in mol.GetBonds()]
    return {"atoms": atoms, "bonds": bonds}


def _label(atom, leftwards: bool) -> str:
    charge, isotope, count = atom.GetFormalCharge(), atom.GetIsotope(), atom.GetTotalNumHs()
    if atom.GetSymbol() == "C" and atom.GetDegree() and not (charge or isotope or atom.GetNumRadicalElectrons()):
        return ""
    hydrogens = "" if not count else "H" if count == 1 else "H" + str(count).translate(_LOW)
    symbol = (str(isotope).translate(_HIGH) if isotope else "") + atom.GetSymbol()
    sign = "" if not charge else (f"{abs(charge)}" if abs(charge) > 1 else "") + ("+" if charge > 0 else "-")
    signed = sign.translate(_HIGH)
    return signed + hydrogens + symbol if leftwards else symbol + hydrogens + signed
