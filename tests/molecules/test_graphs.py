"""Graphs: every entry by hand for small molecules, padding to the right, refusals."""

import numpy as np
import pytest
from three_parts import refused

Chem = pytest.importorskip("rdkit.Chem")
from kerasal.molecules import BOND_TYPES, batches, from_smiles, to_graphs

SINGLE, DOUBLE, TRIPLE, AROMATIC = range(4)


def bonds_of(graphs, row=0):
    """{(type, a, b)} with a < b, after a look that the adjacency is symmetric."""
    bonds = graphs["bonds"][row]
    np.testing.assert_array_equal(bonds, bonds.transpose(0, 2, 1))
    return {(int(t), int(a), int(b)) for t, a, b in np.argwhere(bonds) if a < b}


def test_order_of_types():
    assert [str(kind) for kind in BOND_TYPES] == ["SINGLE", "DOUBLE", "TRIPLE", "AROMATIC"]


def test_every_type_of_bond_by_hand():
    """N#C-C=C-c1ccc[nH]1: atom after atom as written."""
    graphs = to_graphs(from_smiles(["N#CC=Cc1ccc[nH]1"]))
    assert graphs["atoms"].tolist() == [[7, 6, 6, 6, 6, 6, 6, 6, 7]]
    ring = {(AROMATIC, a, b) for a, b in ((4, 5), (5, 6), (6, 7), (7, 8), (4, 8))}
    assert bonds_of(graphs) == {(TRIPLE, 0, 1), (SINGLE, 1, 2), (DOUBLE, 2, 3), (SINGLE, 3, 4)} | ring
    assert graphs["mask"].tolist() == [[1] * 9] and set(np.unique(graphs["bonds"])) == {0, 1}


def test_padding_and_types_of_numbers():
    graphs = to_graphs(from_smiles(["CO", "C", "CCC"]), max_atoms=5)
    assert graphs["atoms"].tolist() == [[6, 8, 0, 0, 0], [6, 0, 0, 0, 0], [6, 6, 6, 0, 0]]
    assert graphs["mask"].tolist() == [[1, 1, 0, 0, 0], [1, 0, 0, 0, 0], [1, 1, 1, 0, 0]]
    assert bonds_of(graphs, 0) == {(SINGLE, 0, 1)} and bonds_of(graphs, 1) == set()
    assert graphs["bonds"].shape == (3, 4, 5, 5)
    assert [graphs[name].dtype for name in ("atoms", "bonds", "mask")] == [np.int32, np.uint8, np.float32]


def test_molecules_of_rdkit_with_hydrogens_and_dative_bonds():
    methane = Chem.AddHs(Chem.MolFromSmiles("C"))
    assert to_graphs([methane])["atoms"].tolist() == [[6, 1, 1, 1, 1]]
    assert bonds_of(to_graphs([Chem.MolFromSmiles("[NH3]->[Cu+2]")])) == {(SINGLE, 0, 1)}


def test_what_is_refused():
    with refused("max_atoms=2", "positions 1"):
        to_graphs(from_smiles(["CC", "CCC"]), max_atoms=2)
    with refused("'CCO' at position 0", error=TypeError):
        to_graphs(["CCO"])
    with refused("none"):
        to_graphs([])


def test_batches_hold_every_molecule_once_with_its_value():
    """Whatever the order, cut to the batch's largest molecule."""
    graphs = to_graphs(from_smiles(["C" * n for n in range(1, 24)]), max_atoms=30)
    values = graphs["mask"].sum(1, keepdims=True)
    seen = []
    for graph, value in batches(graphs, values, batch_size=4, seed=1):
        width = int(np.max(value))
        assert graph["mask"].shape[1] == width and tuple(graph["bonds"].shape[1:]) == (4, width, width)
        np.testing.assert_array_equal(np.sum(graph["mask"], 1), value[:, 0])
        np.testing.assert_array_equal(np.sum(graph["bonds"], (1, 2, 3)), 2 * (value[:, 0] - 1))
        seen.append(value[:, 0].numpy())
    assert sorted(np.concatenate(seen)) == list(range(1, 24)) and len(seen) == 6


def test_values_of_atoms_are_cut_with_their_graphs():
    graphs = to_graphs(from_smiles(["C" * n for n in range(1, 9)]))
    for graph, value in batches(graphs, graphs["mask"][..., None] * 2, batch_size=3, per_atom=True):
        np.testing.assert_array_equal(value[..., 0], 2 * graph["mask"])


def test_the_order_of_batches():
    graphs = to_graphs(from_smiles(["C" * n for n in range(1, 60)]))

    def order(data):
        return [int(size) for graph in data for size in np.sum(graph["mask"], 1)]

    assert order(batches(graphs, seed=None)) == list(range(1, 60))
    drawn = batches(graphs, batch_size=2, seed=5)
    epochs = [order(drawn), order(drawn)]
    assert epochs[0] != epochs[1] and order(batches(graphs, batch_size=2, seed=5)) == epochs[0]
    with refused("2 values"):
        batches(graphs, [1, 2])
