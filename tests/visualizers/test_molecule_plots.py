"""A result of molecules draws itself: the right molecules, each atom in its colour, or a word why not."""

import re
from xml.etree import ElementTree

import keras
import numpy as np
import pytest
from keras import layers as L
from three_parts import refused

Chem = pytest.importorskip("rdkit.Chem")
from kerasal import GradientCalculator, IntegratedGradientsCalculator, LayerExtractor, OcclusionCalculator, Saliency
from kerasal.molecules import batches, from_smiles, ggnn, to_graphs
from kerasal.visualizers import MolVisualizer
from kerasal.visualizers.molecule_graph import Graph

SMILES = [
    "CCO",
    "C[N+](C)(C)CC(=O)[O-]",
    "c1cc[nH]c1",
    "N#Cc1ccccc1",
    "[Na+].[Cl-]",
    "[13CH4]",
    "C=C",
    "[NH3]->[Pt]",
    "ClCCBr",
    "O=S=O",
]
GRAPHS = to_graphs(from_smiles(SMILES))


def discs(svg):
    """{atom: colour} of one molecule."""
    found = re.findall(r"<ellipse [^>]*class='atom-(\d+)'[^>]*style='fill:(#\w+)", svg)
    return {int(atom): color.lower() for atom, color in found} or pytest.fail("no discs")


def title(svg):
    return ElementTree.fromstring(svg).find("{http://www.w3.org/2000/svg}title").text


def made(rows=slice(None), **known):
    """A saliency of 1, 2, 3, ... over the atoms, the sign of every second one turned."""
    mask = GRAPHS["mask"][rows]
    values = mask * (np.arange(mask.shape[1]) + 1) * np.where(np.arange(mask.shape[1]) % 2, -1, 1)
    inputs = {name: array[rows] for name, array in GRAPHS.items()}
    return Saliency(values, axes=("example", "atom"), **{"inputs": inputs, "kind": "molecule", **known})


@pytest.mark.parametrize("n", range(len(SMILES)))
def test_each_atom_has_its_colour_from_smiles_and_from_the_graph(n):
    mol = Chem.MolFromSmiles(SMILES[n])
    own = discs(MolVisualizer().visualize(made().values[n], mol))
    assert discs(made(smiles=SMILES)[n].plot()) == discs(made()[n].plot()) == own
    assert len(own) == mol.GetNumAtoms()


@pytest.mark.parametrize("n", range(len(SMILES)))
def test_the_graph_gives_the_molecule_back_but_for_hydrogens_and_charges(n):
    rebuilt = Graph.of(*(GRAPHS[name][n] for name in ("atoms", "bonds", "mask"))).molecule()
    again = to_graphs([rebuilt], max_atoms=GRAPHS["atoms"].shape[1])
    for name, array in GRAPHS.items():
        np.testing.assert_array_equal(again[name][0], array[n])
    assert all(atom.GetTotalNumHs() == atom.GetFormalCharge() == 0 for atom in rebuilt.GetAtoms())


def test_the_caption_says_what_is_known():
    predictions = {"class": [1] * 10, "probability": [0.93] * 10}
    result = made(smiles=SMILES, predictions=predictions, class_names=["no", "yes"], score_name="logit of class 1")
    said = "CCO, yes 93 %; saliency: logit of yes, red raises the score, blue lowers it"
    assert title(result[0].plot()) == said
    assert title(result.plot()).endswith("blue lowers it, 8 of 10 molecules")
    assert title(result[[6, 0]].plot()).startswith("C=C, yes 93 %; CCO, yes 93 %; saliency")
    assert title(made()[0].plot()).endswith("hydrogens and charges are not known")
    assert "the redder, the stronger" in title(
        Saliency([1.0, 2.0], axes=("atom",), kind="molecule", smiles="CC").plot()
    )


def test_smiles_of_other_molecules_are_refused():
    with refused("'OCC'", "C, C, O"):
        made()[0].plot(smiles="OCC")
    with refused("'CC'", "C, C"):
        made(slice(6, 7)).plot(smiles=["CC"])  # for a double bond
    with refused("'CCO'"):
        made(slice(1, None, -1), smiles=SMILES[:2]).plot()
    with refused("smiles has the string of each of 10"):
        made().plot(smiles=["CCO"])
    with refused("each of 10", "Received: 1"):
        made(smiles=["CCO"])
    with refused("cannot read"):
        made()[0].plot(smiles="<script>")
    for odd in ("CCO", [1, 2], [None] * 10, [Chem.MolFromSmiles("C")] * 10):
        with refused("string per example", error=TypeError):
            made(smiles=odd)


def test_a_molecule_without_a_graph_needs_its_smiles():
    result = Saliency([[1.0, -2.0, 0.0], [1.0, 2.0, 3.0]], axes=("example", "atom"))
    with refused("smiles=['CCO', ...]"):
        result.plot("molecule")
    assert discs(result[1].plot("molecule", smiles="CCO")) == {0: "#ffaaaa", 1: "#ff5555", 2: "#ff0000"}
    with refused("4 atoms", "shape (3,)"):
        result[0].plot("molecule", smiles="CCOC")


def test_hydrogens_that_are_atoms_of_the_graph():
    mol = Chem.AddHs(Chem.MolFromSmiles("CO"))
    graphs = to_graphs([mol])
    result = Saliency([np.arange(6.0) - 3], axes=("example", "atom"), inputs=graphs, kind="molecule", smiles=["CO"])
    assert discs(result[0].plot()) == discs(MolVisualizer().visualize(np.arange(6.0) - 3, mol))


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(0)
    return ggnn(units=4, steps=2, dropout=0.2)


def embedded(model, kind=IntegratedGradientsCalculator, **settings):
    return kind(model, target_extractor=LayerExtractor("embed"), **settings)


def test_a_model_of_graphs_draws_its_molecules(model, tmp_path):
    result = embedded(model, steps=2).explain(GRAPHS, ch_axis=-1, smiles=from_smiles(SMILES))
    assert (result.kind, result.smiles) == ("molecule", tuple(SMILES)) and result[2].smiles == SMILES[2]
    result.plot(save_filepath=tmp_path / "a.png")
    assert (tmp_path / "a.png").stat().st_size > 20_000
    result.save(tmp_path / "a.npz")
    assert Saliency.load(tmp_path / "a.npz").plot() == result.plot()
    assert Saliency.load(tmp_path / "a.npz")[[3, 1]].smiles == (SMILES[3], SMILES[1])
    bare = embedded(model, steps=2).explain(GRAPHS)
    assert bare.kind == "molecule" and bare.values.ndim == 3 and discs(bare[3].plot()) == discs(result[3].plot())
    again = result.recipe.explain(model, GRAPHS, smiles=SMILES)
    assert again.smiles == result.smiles and again.plot() == result.plot()


def test_batches_of_several_widths_and_spread_over_samples(model):
    data = batches(GRAPHS, batch_size=3, seed=None)
    result = embedded(model, GradientCalculator).explain(data, ch_axis=-1, train=True, M=4, smiles=SMILES)
    assert result.kind == "molecule" and "small discs" in title(result[1].plot())
    hidden = embedded(model, OcclusionCalculator, slide_axis=1).explain(GRAPHS, ch_axis=-1)
    assert hidden.kind == "molecule" and len(discs(hidden[1].plot())) == 8


def test_maps_that_are_not_of_atoms_are_none(model):
    of_readout = GradientCalculator(model, target_extractor=LayerExtractor("readout")).explain(GRAPHS)
    assert of_readout.kind == "numbers"
    with refused("shape (4,)", "kind='numbers'"):
        of_readout.plot("molecule")
    with refused("every class"):
        GradientCalculator(ggnn(2, units=4), "all", LayerExtractor("embed")).explain(GRAPHS).plot()


def test_units_of_a_layer_are_no_atoms_where_they_are_as_many():
    graphs = to_graphs(from_smiles(["CCO", "CCC"]))  # without padding
    of_readout = GradientCalculator(ggnn(units=3, steps=1), target_extractor=LayerExtractor("readout")).explain(graphs)
    assert of_readout.shape == (2, 3) and of_readout.kind == "numbers"


def test_numbers_beside_a_graph_are_a_table_also_where_they_are_as_many_as_atoms():
    width = GRAPHS["atoms"].shape[1]
    inputs = {name: keras.Input(array.shape[1:], dtype=array.dtype.name, name=name) for name, array in GRAPHS.items()}
    beside = keras.Input((width,), name="descriptors")
    model = keras.Model(
        {**inputs, "descriptors": beside}, L.Dense(1)(L.Concatenate()([ggnn(2, units=4)(inputs), beside]))
    )
    x = {**GRAPHS, "descriptors": np.ones((10, width), "float32")}
    assert GradientCalculator(model, target_extractor="descriptors").explain(x).kind == "table"
    assert GradientCalculator(model, target_extractor="mask").explain(x).kind == "molecule"


def test_a_model_that_lets_padding_count_is_refused():
    atoms = keras.Input((None,), dtype="int32", name="atoms")
    bonds, mask = keras.Input((4, None, None), name="bonds"), keras.Input((None,), name="mask")
    everywhere = L.GlobalAveragePooling1D()(L.Embedding(119, 3, name="embed")(atoms))
    model = keras.Model({"atoms": atoms, "bonds": bonds, "mask": mask}, L.Dense(1)(everywhere))
    result = GradientCalculator(model, target_extractor=LayerExtractor("embed")).explain(GRAPHS, ch_axis=-1)
    with refused("zero at padding"):
        result.plot()
    with refused("zero at padding"):
        result[0].plot()


class OfList(keras.Model):
    """A subclassed model of a list of arrays."""

    def __init__(self):
        super().__init__()
        self.embed = L.Embedding(119, 3, name="embed")
        self.dense = L.Dense(1)

    def call(self, x):
        return self.dense((self.embed(x[0]) * x[1][..., None])[:, 0] * 2)


def test_inputs_without_names_are_molecules_where_smiles_are_given():
    model, x = OfList(), [GRAPHS["atoms"], GRAPHS["mask"]]
    model(x)
    result = GradientCalculator(model, target_extractor=LayerExtractor("embed")).explain(x, ch_axis=-1, smiles=SMILES)
    colors = discs(result[0].plot())
    assert result.kind == "molecule" and colors.pop(0) in ("#ff0000", "#0000ff") and set(colors.values()) == {"#ffffff"}
    with refused("smiles=['CCO', ...]"):
        GradientCalculator(model, target_extractor=LayerExtractor("embed")).explain(x, ch_axis=-1).plot("molecule")
