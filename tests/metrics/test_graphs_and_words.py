"""Measures by numbers known by hand where the score is a sum over atoms or words: padding is neither hidden nor counted."""

import keras
import numpy as np
import pytest
import tensorflow as tf

pytest.importorskip("rdkit")
from kerasal import recipes
from kerasal.metrics import Deletion, Infidelity, Insertion, RandomizationCheck, SensitivityN, Squares, compare
from kerasal.molecules import from_smiles, ggnn, to_graphs

EMBED = {"target_extractor": "embed"}
MOLS = from_smiles(["CC(=O)OCl", "CCO", "C#CN"])
GRAPHS = to_graphs(MOLS, max_atoms=7)
COUNTS = GRAPHS["mask"].sum(1).astype(int)


@pytest.fixture(scope="module")
def molecules():
    """A GGNN whose score is a sum over atoms, with what each atom adds, (3, 7): states stay as they are, and gates are open."""
    model = ggnn(units=4, steps=2)
    rng, weights = np.random.default_rng(3), {}
    for name in ("embed", "convolutions", "readout", "output"):
        weights[name] = [rng.normal(0, 0.7, each.shape) for each in model.get_layer(name).get_weights()]
    update = next(each for each in weights["convolutions"] if each.shape == (2, 12))  # biases of the recurrent unit
    update[:, :4] = 40.0  # a state is kept
    for each in weights["convolutions"]:
        if each is not update:
            each *= 0
    order = {each.shape: k for k, each in enumerate(weights["readout"])}
    gate, value = order[(8, 4)], order[(4, 4)]
    weights["readout"][gate] *= 0
    biases = [k for k, each in enumerate(weights["readout"]) if each.shape == (4,)]
    weights["readout"][biases[0]], weights["readout"][biases[1]] = np.full(4, 40.0), np.zeros(4)
    weights["output"][1][:] = 0.25
    for name, own in weights.items():
        model.get_layer(name).set_weights(own)
    atoms = np.tanh(weights["embed"][0][GRAPHS["atoms"].astype(int)] @ weights["readout"][value])
    return model, (atoms @ weights["output"][0])[..., 0] * GRAPHS["mask"]


def left_after(each, counts, start):
    """What is left of a sum of numbers, largest hidden first, after so many of them."""
    ordered = np.sort(each)[::-1]
    return start + np.append(0, ordered.cumsum())[-1] - np.append(0, ordered.cumsum())[counts]


def test_atoms_are_hidden_one_by_one(molecules):
    model, each = molecules
    np.testing.assert_allclose(model.predict(GRAPHS, verbose=0)[:, 0], each.sum(1) + 0.25, rtol=1e-5)
    deleted, inserted = (kind(model, steps=6, **EMBED)(GRAPHS, each, batch_size=8) for kind in (Deletion, Insertion))
    for n, real in enumerate(COUNTS):
        counts = np.floor(np.arange(7) * real / 6 + 0.5).astype(int)
        wanted = left_after(each[n, :real], counts, 0.25)
        np.testing.assert_allclose(deleted.curve.y[n], wanted, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(inserted.curve.y[n], each[n].sum() + 0.5 - wanted, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(deleted.curve.x[n], counts / real)
    both = deleted.values + inserted.values  # of a score that adds up
    np.testing.assert_allclose(both, each.sum(1) + 0.5, rtol=1e-4, atol=1e-5)


def test_sums_over_sets_of_atoms(molecules):
    model, each = molecules
    found = SensitivityN(model, samples=20, **EMBED)(GRAPHS, each)
    np.testing.assert_allclose(found.curve.y, 1, rtol=1e-4)
    junk = np.where(GRAPHS["mask"] == 1, each, 1e3)  # of padding, whatever a map says
    np.testing.assert_allclose(SensitivityN(model, samples=20, **EMBED)(GRAPHS, junk).values, 1, rtol=1e-4)


def test_groups_of_atoms(molecules):
    """Two groups of each molecule and −1 for what is padded; an atom in no group stays."""
    model, each = molecules
    groups = np.full(GRAPHS["mask"].shape, -1)
    for row, real in zip(groups, COUNTS, strict=True):
        row[: real - 1] = np.arange(real - 1) % 2
    sums = np.stack([(each * (groups == k)).sum(1) for k in (0, 1)], 1)
    found = Deletion(model, groups=groups, **EMBED)(GRAPHS, each)
    whole = each.sum(1) + 0.25
    np.testing.assert_allclose(found.curve.y[:, 0], whole, rtol=1e-5)
    np.testing.assert_allclose(found.curve.y[:, 1], whole - sums.max(1), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(found.curve.y[:, 2], whole - sums.sum(1), rtol=1e-4, atol=1e-5)


def test_recipes_of_a_graph(molecules):
    """Occlusion of atoms is the truth; it is as good as it gets, and weights come back bit by bit."""
    model, each = molecules
    hiding, slope = recipes.occlusion(1, slide_axis=1, ch_axis=-1, **EMBED), recipes.vanilla(ch_axis=-1, **EMBED)
    before = model.get_weights()
    found = compare(
        model,
        GRAPHS,
        {"occlusion": hiding, "gradient": slope},
        [Deletion(model, **EMBED), lambda recipe: RandomizationCheck(model, recipe)],
    )
    np.testing.assert_allclose(found.saliencies["occlusion"].values, each, rtol=1e-4, atol=1e-5)
    of_deletion = found.measurements["Deletion, fill 0.0"]
    assert np.all(of_deletion["occlusion"].values <= of_deletion["gradient"].values + 1e-5)
    for now, was in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(now, was)


@pytest.mark.parametrize(
    "recipe",
    [
        recipes.gradient_times_input(ch_axis=-1, **EMBED),
        recipes.gradient_times_input(**EMBED),
        recipes.occlusion(1, slide_axis=1, **EMBED),
    ],
    ids=["summed", "whole", "of size 1"],
)
def test_what_is_masked_is_no_likeness_of_maps(molecules, recipe):
    """Padding is 0 with any weights: counted, it alone would make two maps alike; the wider, the more."""
    model, _ = molecules
    narrow, wide = (RandomizationCheck(model, recipe)(to_graphs(MOLS, max_atoms=width)) for width in (5, 20))
    np.testing.assert_allclose(wide.curve.y, narrow.curve.y, atol=1e-6)
    np.testing.assert_allclose(wide.details["signed"], narrow.details["signed"], atol=1e-6)


@pytest.mark.parametrize("pooling", ["GlobalAveragePooling1D", "GlobalMaxPooling1D"])  # padding is masked, or is read
@pytest.mark.filterwarnings("ignore:Layer 'global_max_pooling1d")
def test_lengths_of_a_ragged_text_are_no_likeness_of_maps(texts, pooling):
    """The same texts one by one, each at its own length."""
    ids, model = [[3, 4, 5, 6, 2], [5, 6, 7, 8, 1, 2, 4, 3]], texts[0]
    embed, _, dense = model.layers
    free = keras.Sequential([keras.Input((None,), dtype="int32"), embed, getattr(keras.layers, pooling)(), dense])
    check = RandomizationCheck(free, recipes.integrated_gradients(steps=4, ch_axis=-1, **EMBED))
    alone = [check(np.array([each])).curve.y[0] for each in ids]
    np.testing.assert_allclose(check(tf.ragged.constant(ids)).curve.y, alone, atol=1e-6)


@pytest.fixture(scope="module")
def texts():
    """A mean over the words that there are, its gradient at the embedding and what each word adds."""
    layers = keras.layers
    body = [
        layers.Embedding(9, 3, mask_zero=True, name="embed"),
        layers.GlobalAveragePooling1D(),
        layers.Dense(1, use_bias=False),
    ]
    model = keras.Sequential([keras.Input((6,), dtype="int32"), *body])
    rng = np.random.default_rng(4)
    model.set_weights([rng.normal(size=each.shape) for each in model.get_weights()])
    ids = np.array([[3, 4, 5, 0, 0, 0], [5, 6, 7, 8, 1, 2]])
    table, weight = model.get_weights()
    slope = np.where(ids > 0, 1 / (ids > 0).sum(1, keepdims=True), 0)[..., None] * weight[:, 0]
    return model, ids, slope, (slope * table[ids]).sum(-1)


def test_words_are_hidden_whole(texts):
    model, ids, slope, each = texts
    junk = np.where(ids > 0, each, 1e3)
    deleted = Deletion(model, **EMBED)(ids, junk)
    for n, real in enumerate((3, 6)):
        counts = np.floor(np.arange(33) * real / 32 + 0.5).astype(int)
        np.testing.assert_allclose(deleted.curve.y[n], left_after(each[n, :real], counts, 0), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(SensitivityN(model, samples=20, **EMBED)(ids, junk).values, 1, rtol=1e-4)
    far = np.where(ids[..., None] > 0, slope, 1e3)
    for perturbation in (0.3, Squares(2, slide_axis=1)):
        found = Infidelity(model, perturbation=perturbation, samples=16, **EMBED)(ids, far)
        np.testing.assert_allclose(found.values, 0, atol=1e-8)


def test_pieces_of_words(texts):
    """Pieces of one word go together, in the order of their sums; the first token, in no word, stays."""
    model, ids, _, each = texts
    words = np.array([[-1, 0, 0, -1, -1, -1], [-1, 0, 1, 1, 2, 2]])
    found = Deletion(model, groups=words, **EMBED)(ids, each)
    own = [each[1, 1], each[1, 2:4].sum(), each[1, 4:].sum()]
    for n, sums in enumerate(([each[0, 1:3].sum()], own)):
        wanted = left_after(np.array(sums), np.arange(len(sums) + 1), each[n].sum() - sum(sums))
        assert set(np.round(wanted, 4)) <= set(np.round(found.curve.y[n], 4))
        np.testing.assert_allclose(found.curve.y[n, [0, -1]], wanted[[0, -1]], rtol=1e-4, atol=1e-6)
