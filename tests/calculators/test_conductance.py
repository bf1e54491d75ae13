"""Conductance and internal influence of a layer, against closed forms and Captum."""

import functools
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers as L
from three_parts import refused
from zoo import ZOO, built, normal

from kerasal import (
    Background,
    ConductanceCalculator,
    IntegratedGradientsCalculator,
    InternalInfluenceCalculator,
    LayerExtractor,
    recipes,
)

DATA = Path(__file__).parents[1] / "data/captum_layers.npz"


@functools.cache
def squares():
    """f = Σ_j v_j (x · w_j)², y = x · w: conductance of y_j is v_j (y_j² − b_j²), its influence v_j (y_j + b_j)."""
    x = keras.Input((3,))
    y = L.Dense(2, use_bias=False, name="y")(x)
    model = keras.Model(x, L.Dense(1, use_bias=False, name="f")(L.Multiply(name="square")([y, y])))
    w, v = np.array([[1.0, -2.0], [0.5, 1.0], [2.0, 3.0]]), np.array([[2.0], [-1.0]])
    model.set_weights([w, v])
    return model, w, v[:, 0]


@pytest.mark.parametrize("baseline", [None, 0.5, Background(normal(3, seed=4)[:3])], ids=["zeros", "number", "several"])
def test_closed_forms(baseline):
    (model, w, v), x = squares(), normal(3)
    starts = {None: np.zeros((1, 3)), 0.5: np.full((1, 3), 0.5)}.get(baseline, normal(3, seed=4)[:3])
    y, b = (x @ w)[:, None], (starts @ w)[None]
    found = ConductanceCalculator(model, "y", baseline=baseline, steps=4).explain(x)
    np.testing.assert_allclose(found.values, (v * (y**2 - b**2)).mean(1), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(found.completeness_gap, 0, atol=1e-4)
    np.testing.assert_allclose(found.base_scores, (v * b**2).sum(-1).mean(1).repeat(5), rtol=1e-4)
    influence = InternalInfluenceCalculator(model, "y", baseline=baseline, steps=4).explain(x)
    np.testing.assert_allclose(influence.values, (v * (y + b)).mean(1), rtol=1e-4, atol=1e-5)
    assert influence.completeness_gap is influence.base_scores is None


@functools.cache
def recorded():
    return np.load(DATA)


@functools.cache
def of_captum():
    body = [L.Conv2D(4, (3, 2), activation="tanh", name="inner"), L.BatchNormalization(name="normal"), L.Flatten()]
    body += [L.Dense(6, activation="softplus", name="hidden"), L.Dense(3, name="out")]
    model = keras.Sequential([keras.Input((7, 5, 2)), *body])
    names = ("kernel", "bias", "gamma", "beta", "mean", "variance", "dense", "dense_bias", "out", "out_bias")
    model.set_weights([recorded()[f"weight {name}"] for name in names])
    return model


@pytest.mark.parametrize("layer", ["inner", "hidden"])
@pytest.mark.parametrize("kind", [ConductanceCalculator, InternalInfluenceCalculator])
def test_captum_says_the_same(kind, layer):
    name = "conductance" if kind is ConductanceCalculator else "influence"
    x, classes = recorded()["x"].astype("float32"), recorded()["classes"].tolist()
    found = kind(of_captum(), layer, classes, baseline=recorded()["baseline"], steps=256).explain(x)
    expected = recorded()[f"{name} {layer}"]
    assert np.abs(found.values - expected).max() < 1e-4 * np.abs(expected).max()


CASES = ["cnn", "activation", "subclassed softmax", "nested", "two inputs", "dict inputs", "table", "dict of heads"]


@pytest.mark.parametrize("name", [*CASES, "attention", "mixed", "graph call"])
def test_conductance_adds_up_where_all_passes(name):
    case, model = ZOO[name], built(name)
    found = ConductanceCalculator(model, "inner", case.score, steps=64).explain(case.x)
    assert np.max(found.relative_gap) < 0.02 and found.about["takes_all"]
    assert found.shape == LayerExtractor("inner").submodel(model).predict(case.x, verbose=0).shape


def test_from_an_embedding_to_what_a_recurrent_layer_gives():
    case, model = ZOO["lstm"], built("lstm")
    last = LayerExtractor("head", timing="pre")
    found = ConductanceCalculator(model, last, target_extractor="inner", steps=32).explain(case.x)
    integrated = IntegratedGradientsCalculator(model, target_extractor="inner", steps=32).explain(case.x)
    np.testing.assert_allclose(found.values.sum(1), integrated.values.sum((1, 2)), rtol=1e-3, atol=1e-4)
    with refused("the target itself"):
        ConductanceCalculator(model, "inner", target_extractor="inner").explain(case.x)


def test_a_layer_that_a_skip_goes_past_says_so():
    x = keras.Input((3,))
    model = keras.Model(x, L.Dense(1, name="f")(L.Concatenate(name="both")([x, L.Dense(2, name="part")(x)])))
    with pytest.warns(UserWarning, match="takes_all"):
        part = ConductanceCalculator(model, "part").explain(normal(3))
    assert part.about["takes_all"] is False
    both = ConductanceCalculator(model, "both").explain(normal(3))
    np.testing.assert_allclose(both.values[:, 3:], part.values, rtol=1e-4)
    np.testing.assert_allclose(part.completeness_gap, -both.values[:, :3].sum(1), rtol=1e-3, atol=1e-5)


def test_a_layer_beside_the_way_is_refused():
    case, model = ZOO["two inputs"], built("two inputs")
    with refused("inner"):
        ConductanceCalculator(model, "inner", target_extractor="table").explain(case.x)
    with refused("layer"):
        ConductanceCalculator(model, "nowhere")


def test_a_layer_that_is_used_twice_is_asked_for_its_use():
    shared, x = L.Dense(4, activation="tanh", name="twice"), keras.Input((4,))
    model = keras.Model(x, L.Dense(1, name="out")(shared(shared(x))))
    unrolled = keras.Sequential([keras.Input((4,)), *[L.Dense(4, "tanh", name=name) for name in "ab"], L.Dense(1)])
    unrolled.set_weights([*shared.get_weights(), *shared.get_weights(), *model.get_layer("out").get_weights()])
    for call, name in enumerate("ab"):
        found = ConductanceCalculator(model, LayerExtractor("twice", call=call)).explain(normal(4))
        expected = ConductanceCalculator(unrolled, name).explain(normal(4))
        np.testing.assert_allclose(found.values, expected.values, rtol=1e-4, atol=1e-6)
    with pytest.raises(ValueError, match="call=0"):
        ConductanceCalculator(model, "twice").explain(normal(4))


def test_the_recipe_and_what_the_result_knows():
    (model, *_), x = squares(), normal(3)
    found = recipes.conductance("y", steps=4).explain(model, x)
    assert found.about["layer"] == "LayerExtractor('y', timing='post')" and found.feature_names is None
    assert found.recipe == recipes.conductance("y", steps=4) and found.kind == ""
    assert recipes.internal_influence("y").explain(model, x).shape == (5, 2)
