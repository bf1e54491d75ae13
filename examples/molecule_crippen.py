"""Saliency against the truth, atom by atom: networks that learn Crippen's logP, a sum of known contributions of the atoms.

RDKit computes logP as a sum over atoms (Wildman and Crippen 1999), so each atom's share is known; those of hydrogens are added
to the atom that they hang on. Networks learn it from RDKit's NCI molecules, and for every held-out molecule the signed saliency
of its atoms is compared with their shares by Spearman's rank correlation:

* a gated graph network that learns the sum alone, explained at the embedding of its atoms,
* one whose output is a sum of terms of atoms, which learns the shares, explained at the embedding and at the terms,
* a linear network over the Crippen types of atoms, which learns the sum alone: additive by construction.

The first is what a user has. The others tell whether network or method limits it.
"""

import argparse
import json
import os
import time
import warnings
from pathlib import Path

import keras
import numpy as np
from matplotlib.figure import Figure
from rdkit import Chem, RDConfig
from rdkit.Chem import rdMolDescriptors

import kerasal
from kerasal.layers import GatedGraphConv
from kerasal.molecules import BOND_TYPES, batches, ggnn, read_smiles, to_graphs

NCI = os.path.join(RDConfig.RDDataDir, "NCI", "first_5K.smi")
TYPES = 120  # Crippen's types of atoms; RDKit numbers fewer


def crippen(mol):
    """(share of each atom in logP, how many atoms of each type it and its hydrogens are): (A,), (A, TYPES)."""
    full = Chem.AddHs(mol)
    types = [0] * full.GetNumAtoms()
    shares = np.array([share for share, _ in rdMolDescriptors._CalcCrippenContribs(full, True, types)])
    count = mol.GetNumAtoms()
    owner = [n if n < count else full.GetAtomWithIdx(n).GetNeighbors()[0].GetIdx() for n in range(full.GetNumAtoms())]
    of_atoms, of_types = np.zeros(count), np.zeros((count, TYPES))
    np.add.at(of_atoms, owner, shares)
    np.add.at(of_types, (owner, types), 1)
    return of_atoms, of_types


def padded(arrays, width):
    """Arrays of molecules, filled up with zeros to `width` atoms."""
    found = np.zeros((len(arrays), width, *arrays[0].shape[1:]), "float32")
    for row, array in zip(found, arrays):
        row[: len(array)] = array
    return found


def additive_networks(units):
    """A graph network whose output is the sum of its layer "terms"; the same, with the terms as output."""
    layers = keras.layers
    inputs = {
        "atoms": keras.Input((None,), dtype="int32", name="atoms"),
        "bonds": keras.Input((len(BOND_TYPES), None, None), dtype="uint8", name="bonds"),
        "mask": keras.Input((None,), name="mask"),
    }
    embedded = layers.Embedding(119, units, name="embed")(inputs["atoms"])
    states = GatedGraphConv(units, 4)([embedded, inputs["bonds"]])
    terms = layers.Dense(1)(layers.Dense(units, activation="relu")(states))
    terms = layers.Multiply(name="terms")([terms, layers.Reshape((-1, 1))(inputs["mask"])])
    total = layers.Reshape((1,))(layers.GlobalAveragePooling1D()(terms) * 1.0)
    return keras.Model(inputs, total), keras.Model(inputs, terms)


def spearman(truths, saliency):
    """Rank correlation for every molecule; those whose shares are all alike are left out (NaN)."""

    def ranks(values):
        _, where, counts = np.unique(np.round(values, 6), return_inverse=True, return_counts=True)
        return (np.cumsum(counts) - (counts - 1) / 2)[where]

    found = []
    for truth, row in zip(truths, saliency):
        both = [ranks(truth), ranks(row[: len(truth)])]
        found.append(np.corrcoef(both)[0, 1] if min(map(np.ptp, both)) > 0 else np.nan)
    return np.array(found)
