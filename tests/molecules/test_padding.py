"""More padding changes neither predictions nor saliency, and nothing is attributed to padding."""

import numpy as np
import pytest

pytest.importorskip("rdkit")
import kerasal
from kerasal.molecules import from_smiles, ggnn, to_graphs

MOLS = from_smiles(["CC(=O)Oc1ccccc1C(=O)O", "C", "C#CN"])
NARROW, WIDE = to_graphs(MOLS), to_graphs(MOLS, max_atoms=20)
ATOMS = NARROW["atoms"].shape[1]
EMBED = {"target_extractor": kerasal.LayerExtractor("embed")}
NOISE = kerasal.GaussianNoiseSampler(mode="absolute", scale=0.1)
CALCULATORS = {
    "gradient": (kerasal.GradientCalculator, {}),
    "gradient × embedding": (kerasal.GradientCalculator, {"multiply_target": True}),
    "integrated gradients": (kerasal.IntegratedGradientsCalculator, {"steps": 4}),
    "occlusion": (kerasal.OcclusionCalculator, {"slide_axis": 1}),
}


@pytest.fixture
def model():
    """Biases other than zero, which padding could leak through."""
    model = ggnn(units=8, steps=2, dropout=0.3, head_units=6)
    rng = np.random.default_rng(2)
    model.set_weights([weight + rng.normal(0, 0.2, weight.shape) for weight in model.get_weights()])
    return model


def test_predictions(model):
    narrow, wide = (model.predict(graphs, verbose=0) for graphs in (NARROW, WIDE))
    np.testing.assert_allclose(narrow, wide, rtol=1e-5)
    alone = [model.predict(to_graphs(MOLS[k : k + 1]), verbose=0)[0] for k in range(3)]
    np.testing.assert_allclose(narrow, alone, rtol=1e-5)
    assert np.ptp(narrow) > 0.01


@pytest.mark.parametrize("name", CALCULATORS)
def test_saliency(model, name):
    make, how = CALCULATORS[name]
    method = "square" if name == "gradient" else "raw"
    calculator = make(model, **EMBED, **how)
    narrow, wide = (calculator.explain(graphs, method=method, ch_axis=-1).values for graphs in (NARROW, WIDE))
    scale = np.abs(narrow).max()
    np.testing.assert_allclose(wide[:, :ATOMS], narrow, atol=2e-5 * scale)
    assert np.all(narrow[NARROW["mask"] == 1] != 0)
    for values, graphs in ((narrow, NARROW), (wide, WIDE)):
        assert np.abs(values[graphs["mask"] == 0]).max() <= (0 if name != "occlusion" else 1e-5 * scale)


@pytest.mark.parametrize("how", [{"train": True}, {"noise_sampler": NOISE}], ids=["dropout", "noise"])
def test_nothing_on_padding_with_dropout_or_noise(model, how):
    """Masks and noise are drawn for the padded shape, so single samples differ; averages agree within their errors."""
    calculator = kerasal.GradientCalculator(model, **EMBED)
    found = [calculator.explain(graphs, M=200, ch_axis=-1, **how) for graphs in (NARROW, WIDE)]
    for saliency, graphs in zip(found, (NARROW, WIDE), strict=True):
        assert not np.any(saliency.values[graphs["mask"] == 0]) and not np.any(saliency.std[graphs["mask"] == 0])
    errors = np.hypot(found[0].standard_error, found[1].standard_error[:, :ATOMS])
    apart = np.abs(found[0].values - found[1].values[:, :ATOMS])
    assert np.all(apart <= 5 * errors)


def test_absolute_noise_and_dropout_are_those_of_the_atoms_alone(model):
    """A batch of one padding: a molecule's neighbours change nothing."""
    calculator = kerasal.GradientCalculator(model, **EMBED)
    whole = calculator.explain(WIDE, M=5, train=True, noise_sampler=NOISE, ch_axis=-1).values
    last = {name: array[2:] for name, array in WIDE.items()}
    alone = calculator.explain(last, M=5, train=True, noise_sampler=NOISE, ch_axis=-1, first_example=2).values
    np.testing.assert_allclose(alone, whole[2:], rtol=1e-4, atol=1e-6)
