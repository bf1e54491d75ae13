"""TCAV beside Captum's, recorded by benchmarks/record_concepts.py."""

import json
from pathlib import Path

import keras
import numpy as np
import pytest
from by_hand import distance
from keras import layers as L

from kerasal import GradientCalculator
from kerasal.concepts.derivatives import DirectionalCalculator
from kerasal.concepts.linear import separating_vector

FILE = Path(__file__).parents[1] / "data" / "concepts.npz"


@pytest.fixture(scope="module")
def recorded():
    with np.load(FILE) as file:
        return dict(file)


@pytest.fixture(scope="module")
def model(recorded):
    layers = [L.Conv2D(4, 3, activation="relu", name="1"), L.Conv2D(5, 3, activation="relu", name="3")]
    found = keras.Sequential([keras.Input((9, 7, 2)), *layers, L.GlobalAveragePooling2D(), L.Dense(3)])
    found.set_weights([recorded[f"weight.{k}"] for k in range(6)])
    return found


@pytest.mark.parametrize("layer", ["1", "3"])
@pytest.mark.parametrize("name", ["stripes", "noise"])
def test_vectors_and_scores_are_captums(model, recorded, name, layer):
    record = json.loads(str(recorded["record"]))
    at_layer = keras.Model(model.inputs, model.get_layer(layer).output)
    here, there = (at_layer.predict(recorded[key], verbose=0).reshape(30, -1) for key in (name, "random"))
    theirs = recorded[f"{name}.{layer}.vector"]
    assert distance(separating_vector(here, there, record["ridge"])[0], theirs.ravel()) < 1e-4  # of float32 activations
    found = DirectionalCalculator(model, theirs[None], record["target"], layer).explain(recorded["x"]).values[:, 0]
    assert (found > 0).mean(dtype="float32") == recorded[f"{name}.{layer}.sign_count"]
    assert abs(found.mean() - recorded[f"{name}.{layer}.magnitude"]) < 1e-5 * np.abs(found).mean()
    gradient = GradientCalculator(model, record["target"], layer).explain(recorded["x"]).values
    assert distance(found, np.einsum("nhwc,hwc->n", gradient, theirs)) < 1e-5
