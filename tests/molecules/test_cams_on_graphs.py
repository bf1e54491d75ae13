"""Class activation maps at the last states of atoms: closed forms over the real atoms, whatever the padding."""

import keras
import numpy as np
import pytest
import tensorflow as tf

pytest.importorskip("rdkit")
import kerasal
from kerasal.molecules import from_smiles, ggnn, to_graphs

MOLS = from_smiles(["CC(=O)Oc1ccccc1C(=O)O", "CCO", "C#CN"])
NARROW, WIDE = to_graphs(MOLS), to_graphs(MOLS, max_atoms=20)
ATOMS = NARROW["atoms"].shape[1]
AT = {"target_extractor": "embed", "layer": "convolutions"}
KINDS = {
    "Grad-CAM": kerasal.GradCAMCalculator,
    "Grad-CAM++": kerasal.GradCAMPlusPlusCalculator,
    "LayerCAM": kerasal.LayerCAMCalculator,
    "Score-CAM": kerasal.ScoreCAMCalculator,
}


@pytest.fixture(scope="module")
def model():
    """Weights with biases other than zero, so that states of padding are not 0."""
    model = ggnn(outputs=2, units=8, steps=2, head_units=6)
    rng = np.random.default_rng(2)
    model.set_weights([rng.normal(0, 0.5, weight.shape) for weight in model.get_weights()])
    return model


def by_hand(model, molecule):
    """(Grad-CAM, LayerCAM) of each atom of a molecule alone, by the readout's formula and automatic differentiation."""
    alone = {name: tf.constant(array) for name, array in to_graphs(molecule).items()}
    embedded = model.get_layer("embed")(alone["atoms"])
    states = model.get_layer("convolutions")([embedded, alone["bonds"]])
    with tf.GradientTape() as tape:
        tape.watch(states)
        readout = model.get_layer("readout")([states, embedded, alone["mask"]])
        score = tf.reduce_max(model.get_layer("output")(model.get_layer("head")(readout)), -1)
    slopes, states = np.asarray(tape.gradient(score, states))[0], np.asarray(states)[0]
    return np.maximum(states @ slopes.mean(0), 0), np.maximum((np.maximum(slopes, 0) * states).sum(-1), 0)


def test_closed_forms(model):
    grad_cam, layer_cam = (
        KINDS[name](model, **AT).explain(WIDE, ch_axis=-1).values for name in ("Grad-CAM", "LayerCAM")
    )
    assert (grad_cam > 0).any() and (layer_cam > 0).any()
    for n, count in enumerate(NARROW["mask"].sum(1).astype(int)):
        for found, expected in zip((grad_cam, layer_cam), by_hand(model, MOLS[n : n + 1]), strict=True):
            np.testing.assert_allclose(found[n, :count], expected, rtol=1e-4, atol=1e-6)
            assert not found[n, count:].any()


@pytest.mark.parametrize("name", KINDS)
def test_padding_changes_nothing(model, name):
    calculator = KINDS[name](model, **AT)
    narrow, wide = (calculator.explain(graphs, ch_axis=-1).values for graphs in (NARROW, WIDE))
    np.testing.assert_allclose(wide[:, :ATOMS], narrow, rtol=1e-4, atol=1e-6)
    assert narrow.any() and not wide[WIDE["mask"] == 0].any()
    if name != "Score-CAM":
        noisy = calculator.explain(WIDE, ch_axis=-1, M=4, noise_sampler=kerasal.GaussianNoiseSampler(scale=0.1)).values
        assert noisy.any() and not noisy[WIDE["mask"] == 0].any()


def test_words():
    """The same of padded words: the mean over the words that there are."""
    ids = np.array([[3, 4, 0, 0, 0], [5, 6, 7, 8, 2]])
    layers = keras.layers
    body = [
        layers.Embedding(9, 3, mask_zero=True, name="words"),
        layers.Dense(6, "relu", bias_initializer="ones", name="states"),
        layers.LSTM(3),
        layers.Dense(2),
    ]
    text, rng = keras.Sequential([keras.Input((5,), dtype="int32"), *body]), np.random.default_rng(1)
    text.set_weights([rng.normal(0, 0.5, weight.shape) for weight in text.get_weights()])
    calculator = kerasal.GradCAMCalculator(text, target_extractor="words", layer="states")
    short = keras.Sequential([keras.Input((2,), dtype="int32"), *body])
    alone = kerasal.GradCAMCalculator(short, target_extractor="words", layer="states").explain(ids[:1, :2], ch_axis=-1)
    found = calculator.explain(ids, ch_axis=-1).values
    assert found.any(1).all() and not found[0, 2:].any()
    np.testing.assert_allclose(found[0, :2], alone.values[0], rtol=1e-4, atol=1e-7)
