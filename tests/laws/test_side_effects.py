"""Nothing is left behind: the user's model, optimizer and random state are bit-identical before and after."""

import keras
import numpy as np
import pytest
from snapshots import prepared, unchanged
from zoo_layers import CountsCalls

from kerasal import GaussianNoiseSampler, GradientCalculator, LayerExtractor

NOISE = GaussianNoiseSampler()


@pytest.mark.parametrize("name", ["cnn", "sequential", "subclassed softmax", "nested", "lstm", "shared", "graph call"])
def test_dropout_behind_a_layer_changes_nothing(name):
    """Dropout of the model's own, and noise, in every kind of model: see test_batching.py."""
    case, model = prepared(name)
    with unchanged(model):
        GradientCalculator(model, case.score, LayerExtractor("inner")).compute(case.x, M=2, train={"inner": 0.5})


@pytest.mark.parametrize("how", [{}, {"M": 2, "noise_sampler": NOISE}, {"M": 2, "train": True}])
@pytest.mark.parametrize("target", [None, LayerExtractor("inner")])
@pytest.mark.parametrize("name", ["cnn", "losses"])
def test_no_way_of_explaining_changes_anything(name, target, how):
    case, model = prepared(name)
    with unchanged(model):
        GradientCalculator(model, case.score, target).explain(case.x, **how)


def test_a_layer_that_counts_its_calls_is_set_back():
    inputs = keras.Input((6,))
    x = keras.layers.Dropout(0.5)(CountsCalls()(keras.layers.Dense(4, name="inner")(inputs)))
    model = keras.Model(inputs, keras.layers.Dense(2)(x))
    model(np.ones((2, 6), "float32"))
    for target in (None, LayerExtractor("inner")):
        with unchanged(model):
            GradientCalculator(model, target_extractor=target).explain(np.ones((3, 6), "float32"), M=4, train=True)


def test_dropout_of_a_trained_model_goes_on_as_if_nothing_was():
    """Training after an explanation draws the very masks it would have drawn."""
    results = []
    for explained in (False, True):
        keras.utils.set_random_seed(5)
        case, model = prepared("cnn")
        if explained:
            GradientCalculator(model).explain(case.x, M=2, noise_sampler=NOISE, train=True)
        for _ in range(2):
            model.train_on_batch(case.x, np.eye(4, dtype="float32")[case.y])
        results.append([np.asarray(weight).tobytes() for weight in model.weights])
    assert results[0] == results[1]


def test_a_call_of_the_users_own_is_put_back():
    case, model = prepared("cnn")
    inner = next(layer for layer in model.layers if layer.name == "inner")
    original = inner.call
    inner.__dict__["call"] = mine = lambda x: 2.0 * original(x)
    GradientCalculator(model, target_extractor=LayerExtractor("inner")).explain(case.x, train=True, M=2)
    assert inner.__dict__["call"] is mine
