"""The saliency of a molecule's atoms, checked and in words."""

import numpy as np
from rdkit import Chem

from kerasal.saliency import Saliency
from kerasal.visualizers.base import one_example
from kerasal.visualizers.colors import number_text


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
    std = saliency.std if isinstance(saliency, Saliency) else None
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
