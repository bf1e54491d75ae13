"""A result as a frame, a data set of xarray and an explanation of shap."""

import keras
import numpy as np
import pandas as pd
import pytest
import shap
from keras import layers as L
from matplotlib import pyplot

from kerasal import GaussianNoiseSampler, GradientCalculator, IntegratedGradientsCalculator, Saliency

NAMES = ["age", "size", "rooms"]


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(3)
    return keras.Sequential([keras.Input((3,)), L.Dense(6, "tanh"), L.Dense(2, "softmax")])


@pytest.fixture(scope="module")
def frame():
    return pd.DataFrame(np.random.default_rng(0).normal(size=(20, 3)), columns=NAMES)


def test_a_frame_of_a_table(model, frame):
    result = GradientCalculator(model).explain(frame)
    found = result.to_frame()
    assert list(found.columns) == NAMES and found.index.name == "example"
    np.testing.assert_array_equal(found.to_numpy(), result.values)
    np.testing.assert_array_equal(result[4].to_frame().to_numpy(), result.values[4:5])


@pytest.mark.parametrize(("kind", "part"), [("molecule", "atom"), ("series", "step"), ("numbers", "feature")])
def test_columns_without_names_are_called_by_what_they_are(kind, part):
    saliency = Saliency(np.zeros((2, 3)), kind=kind)
    assert list(saliency.to_frame().columns) == [f"{part} 0", f"{part} 1", f"{part} 2"]


def test_a_frame_of_pictures_has_a_row_per_number():
    values = np.arange(2 * 3 * 4).reshape(2, 3, 4)
    saliency = Saliency(values, std=values / 2, M=4, axes=("example", "height", "width"))
    found = saliency.to_frame()
    assert found.index.names == ["example", "height", "width"] and list(found.columns) == [
        "saliency",
        "std",
        "standard_error",
    ]
    assert found.loc[1, 2, 3].to_list() == [23, 11.5, 5.75]


def test_xarray_knows_axes_and_names(model, frame):
    result = IntegratedGradientsCalculator(model, score="all").explain(
        frame, M=3, noise_sampler=GaussianNoiseSampler(scale=0.1), class_names=["no", "yes"]
    )
    data = result.to_xarray()
    assert data["saliency"].dims == ("example", "class", "feature") and data["score"].dims == ("example", "class")
    found = data["saliency"].sel({"class": "yes", "feature": "size"}).to_numpy()
    np.testing.assert_array_equal(found, result.values[:, 1, 1])
    np.testing.assert_array_equal(data["predicted_class"], result.predictions["class"])
    np.testing.assert_array_equal(data["standard_error"], result.standard_error)
    assert data.attrs["calculator"] == "IntegratedGradientsCalculator"


def test_shap_adds_up_to_the_score(model, frame):
    """Base value and values give the logit, which is the model's own."""
    result = IntegratedGradientsCalculator(model, score=1, steps=300).explain(frame)
    explanation = result.to_shap()
    logits = keras.Model(model.inputs, model.layers[0].output)(frame.to_numpy()).numpy() @ np.asarray(
        model.layers[1].kernel
    )
    expected = (logits + np.asarray(model.layers[1].bias))[:, 1]
    np.testing.assert_allclose(explanation.base_values + explanation.values.sum(1), expected, atol=1e-4)
    np.testing.assert_array_equal(explanation.data, frame.to_numpy())
    assert explanation.feature_names == NAMES


def test_shaps_own_pictures_draw_it(model, frame):
    result = IntegratedGradientsCalculator(model, score=1, steps=300).explain(frame)
    explanation = result.to_shap()
    waterfall = shap.plots.waterfall(explanation[2], show=False)
    written = [text.get_text() for text in waterfall.figure.findobj(lambda artist: hasattr(artist, "get_text"))]
    assert any(f"{result.scores[2]:.3f}".lstrip("-") in words for words in written)
    assert any("rooms" in words for words in written)
    pyplot.close("all")
    beeswarm = shap.plots.beeswarm(explanation, show=False)
    assert {label.get_text() for label in beeswarm.get_yticklabels()} == set(NAMES)
    pyplot.close("all")


def test_values_that_do_not_add_up_are_refused(model, frame):
    with pytest.raises(ValueError, match="Explain by IntegratedGradientsCalculator"):
        GradientCalculator(model).explain(frame).to_shap()
    with pytest.raises(ValueError, match="method='raw'"):
        IntegratedGradientsCalculator(model).explain(frame, method="abs").to_shap()


def test_classes_of_shap_are_named(model, frame):
    result = IntegratedGradientsCalculator(model, score="all", steps=300).explain(frame, class_names=["no", "yes"])
    explanation = result.to_shap()
    assert explanation.values.shape == (20, 3, 2) and explanation.output_names == ["no", "yes"]
    np.testing.assert_allclose(explanation.base_values + explanation.values.sum(1), result.scores, atol=1e-4)
