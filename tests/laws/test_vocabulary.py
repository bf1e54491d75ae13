"""Keywords of other packages are met with the one that is meant here, wherever they are given."""

import keras
import numpy as np
import pytest
from keras import layers as L

from kerasal import (
    GradientCalculator,
    InputExtractor,
    IntegratedGradientsCalculator,
    LayerExtractor,
    OcclusionCalculator,
    Recipe,
    SaliencyLogger,
)
from kerasal.visualizers import ImageVisualizer, TableVisualizer


@pytest.fixture(scope="module")
def model():
    inputs = keras.Input((5,), dtype="int32", name="words")
    embedded = L.Embedding(9, 4, name="embed")(inputs)
    return keras.Model(inputs, L.Dense(2, "softmax")(L.GlobalAveragePooling1D()(embedded)))


MEANT = [
    (GradientCalculator, "class_index", "score"),
    (GradientCalculator, "layer_name", "target_extractor"),
    (GradientCalculator, "targt_extractor", "target_extractor"),
    (IntegratedGradientsCalculator, "n_steps", "steps"),
    (IntegratedGradientsCalculator, "baselines", "baseline"),
    (OcclusionCalculator, "patch_size", "size"),
    (OcclusionCalculator, "sliding_window_shapes", "size"),
    (OcclusionCalculator, "strides", "stride"),
]


@pytest.mark.parametrize("kind, name, meant", MEANT)
def test_of_a_calculator_and_of_a_recipe(kind, name, meant, model):
    for make in (lambda: kind(model, **{name: 1}), lambda: Recipe(kind, **{name: 1})):
        with pytest.raises(TypeError, match=f"Received: '{name}'.* Did you mean '{meant}'"):
            make()


@pytest.mark.parametrize(
    "name, meant",
    [("n_samples", "M"), ("nt_samples", "M"), ("internal_batch_size", "batch_size"), ("random_state", "seed")],
)
def test_of_a_call(name, meant, model):
    calc = GradientCalculator(model, target_extractor="embed")
    for call in (calc.explain, calc.compute):
        with pytest.raises(TypeError, match=f"Did you mean '{meant}'"):
            call(np.ones((2, 5), "int32"), **{name: 3})


def test_of_pictures_and_the_logger(tmp_path):
    with pytest.raises(TypeError, match="ImageVisualizer.visualize takes .*Did you mean 'save_filepath'"):
        ImageVisualizer().visualize(np.ones((3, 4)), filename="a.png")
    with pytest.raises(TypeError, match="Did you mean 'num_visualize'"):
        TableVisualizer().visualize([1.0, 2.0], max_display=1)
    with pytest.raises(TypeError, match="SaliencyLogger takes .*Did you mean 'M'"):
        SaliencyLogger(tmp_path, np.ones((2, 3)), n_samples=3)


def test_what_nobody_means_is_to_be_left_out(model):
    with pytest.raises(TypeError, match="Received: 'zebra'. Leave it out"):
        GradientCalculator(model, zebra=1)


def test_a_target_by_its_name(model):
    x = np.arange(10).reshape(2, 5) % 9
    by_name = GradientCalculator(model, target_extractor="embed")
    assert by_name.target == LayerExtractor("embed")
    expected = GradientCalculator(model, target_extractor=LayerExtractor("embed")).explain(x)
    np.testing.assert_array_equal(by_name.explain(x).values, expected.values)
    assert OcclusionCalculator(model, target_extractor="words").target == InputExtractor("words")
    of_layer = GradientCalculator(model, target_extractor=model.get_layer("embed"))
    np.testing.assert_array_equal(of_layer.explain(x).values, expected.values)
    assert GradientCalculator(model, target_extractor=["embed"]).explain(x)[0].shape == (2, 5, 4)
    with pytest.raises(ValueError, match="Did you mean 'embed'"):
        GradientCalculator(model, target_extractor="embd")
