"""Calculators as objects: settings that stay, copies, and choices they make for the user."""

import copy

import keras
import numpy as np
import pytest
from by_hand import distance
from keras import layers as L
from three_parts import refused
from zoo import IMAGE, built, normal, randomised

import kerasal
from kerasal import (
    FullGradientCalculator,
    GradCAMCalculator,
    GradientCalculator,
    IntegratedGradientsCalculator,
    LayerCAMCalculator,
    OcclusionCalculator,
    ScoreCAMCalculator,
)

X = normal(6)


@pytest.mark.parametrize(
    "kind, name, value",
    [
        (GradientCalculator, "multiply_target", True),
        (IntegratedGradientsCalculator, "baseline", 1.0),
        (OcclusionCalculator, "size", 2),
        (FullGradientCalculator, "psi", "signed"),
        (GradientCalculator, "score", 2),
    ],
)
def test_settings_are_fixed_by_the_first_use(kind, name, value):
    """The loop is compiled for them: another setting would be told in the recipe and not be used."""
    calculator = kind(built("activation"))
    calculator.explain(X)
    with refused("fixed", name, error=AttributeError):
        setattr(calculator, name, value)


def test_a_baseline_of_the_users_may_change_afterwards():
    baseline = np.zeros(6, "float32")
    calculator = IntegratedGradientsCalculator(built("activation"), baseline=baseline, steps=4)
    baseline += 1
    expected = IntegratedGradientsCalculator(built("activation"), steps=4).explain(X)
    assert distance(calculator.explain(X).values, expected.values) < 1e-6


@pytest.mark.parametrize("kind", [GradientCalculator, IntegratedGradientsCalculator, OcclusionCalculator])
def test_a_used_calculator_can_be_copied(kind):
    calculator = kind(built("activation"))
    found = calculator.explain(X).values
    assert distance(copy.deepcopy(calculator).explain(X).values, found) < 1e-6


def two_heads():
    inputs = keras.Input(IMAGE.shape[1:])
    a = L.Dense(2, name="a")(L.Flatten()(L.Conv2D(3, 2, activation="relu", name="of_a")(inputs)))
    b = L.Dense(2, name="b")(L.Flatten()(L.Conv2D(3, 3, activation="relu", name="of_b")(inputs)))
    return randomised(keras.Model(inputs, {"a": a, "b": b}))


@pytest.mark.parametrize("kind", [LayerCAMCalculator, ScoreCAMCalculator])
def test_the_feature_map_is_one_the_score_depends_on(kind):
    model = two_heads()
    for head in "ab":
        found = kind(model, score={head: 0}).explain(IMAGE)
        assert f"of_{head}" in found.about["layer"]
        assert distance(found.values, kind(model, {head: 0}, layer=f"of_{head}").explain(IMAGE).values) < 1e-6


def test_pictures_without_channels_are_like_those_with_one():
    body = lambda: [L.Conv2D(3, 3, activation="relu"), L.GlobalAveragePooling2D(), L.Dense(2)]
    with_axis = randomised(keras.Sequential([keras.Input((9, 7, 1)), *body()]))
    without = keras.Sequential([keras.Input((9, 7)), L.Reshape((9, 7, 1)), *body()])
    without.set_weights(with_axis.get_weights())
    x = normal(9, 7)
    for kind in (FullGradientCalculator, GradCAMCalculator, ScoreCAMCalculator):
        found, expected = kind(without).explain(x), kind(with_axis).explain(x[..., None])
        assert found.shape == (5, 9, 7) and distance(found.values, expected.values[..., 0]) < 1e-5


def test_augmentation_is_nothing_in_inference():
    plain = built("sequential")
    layers = [L.RandomFlip(), L.RandomRotation(0.1), L.RandomZoom(0.1), *plain.layers]
    model = keras.Sequential([keras.Input(IMAGE.shape[1:]), *layers])
    for kind in (FullGradientCalculator, GradCAMCalculator, IntegratedGradientsCalculator):
        assert distance(kind(model).explain(IMAGE).values, kind(plain).explain(IMAGE).values) < 1e-5


@pytest.mark.parametrize(
    "kind, settings, words",
    [
        ("IntegratedGradients", {"max_steps": 0}, ["max_steps"]),
        ("IntegratedGradients", {"completeness_tolerance": 0.01, "steps": 64, "max_steps": 10}, ["max_steps=10"]),
        ("IntegratedGradients", {"baseline": "black"}, ["baseline", "black"]),
        ("Occlusion", {"fill": [1.0, np.inf]}, ["fill"]),
        ("Occlusion", {"fill": None}, ["fill"]),
        ("Gradient", {"target_extractor": []}, ["list of them"]),
        ("GradCAM", {"layer": "nowhere"}, ["nowhere"]),
        ("GradCAM", {"relu_rule": "deconv"}, ["rectified"]),
    ],
)
def test_settings_are_checked_at_once(kind, settings, words):
    with refused(*words):
        getattr(kerasal, f"{kind}Calculator")(built("cnn"), **settings)
