"""A calculator is copied and pickled together with its model: layer objects are found again, by their place."""

import copy
import pickle

import keras
import numpy as np
import pytest
from keras import layers as L
from three_parts import refused
from zoo import normal, randomised

from kerasal import (
    ActivationMaximizer,
    GradCAMCalculator,
    GradientCalculator,
    IntegratedGradientsCalculator,
    LayerExtractor,
    OcclusionCalculator,
    Recipe,
    scores,
)

X, IMAGES = normal(6), np.abs(normal(6, 5, 2))


def branches():
    """Two nested models with layers of one name."""
    x = inputs = keras.Input((6,))
    for name in ("left", "right"):
        a = keras.Input((6,))
        x = keras.Model(a, L.Dense(6, "tanh", name="same")(a), name=name)(x)
    return randomised(keras.Model(inputs, L.Dense(2, name="head")(x)))


def pictures():
    body = [L.Conv2D(3, 2, activation="relu", name="first"), L.Conv2D(3, 2, name="second"), L.Flatten(), L.Dense(3)]
    return randomised(keras.Sequential([keras.Input((6, 5, 2)), *body]))


def within(model, branch):
    return model.get_layer(branch).get_layer("same")


MADE = {
    "target": (branches, X, lambda m: GradientCalculator(m, 0, LayerExtractor(within(m, "right")))),
    "several": (
        branches,
        X,
        lambda m: GradientCalculator(m, 0, [LayerExtractor(within(m, n)) for n in ("right", "left")]),
    ),
    "path": (branches, X, lambda m: IntegratedGradientsCalculator(m, 0, LayerExtractor(within(m, "left")), steps=3)),
    "unit": (branches, X, lambda m: GradientCalculator(m, scores.Unit(within(m, "left"), 1))),
    "units": (branches, X, lambda m: GradientCalculator(m, [scores.Unit(within(m, "left"), k) for k in range(len(X))])),
    "map": (pictures, IMAGES, lambda m: GradCAMCalculator(m, 0, layer=m.get_layer("first"))),
    "windows": (pictures, IMAGES, lambda m: OcclusionCalculator(m, 0, LayerExtractor(m.get_layer("first")), size=2)),
}
COPIES = {"deepcopy": copy.deepcopy, "copy": copy.copy, "pickle": lambda made: pickle.loads(pickle.dumps(made))}


def values(calculator, x):
    found = calculator.explain(x)
    return [each.values for each in found] if isinstance(found, list) else [found.values]


@pytest.mark.parametrize("what", MADE)
def test_copies_give_the_same_numbers(what):
    build, x, make = MADE[what]
    used = make(build())
    before = values(used, x)
    for name, copied in COPIES.items():
        other = copied(used)
        assert (other.model is used.model) is (name == "copy") and other.traces is not used.traces
        for one, two in zip(values(other, x), before, strict=True):
            np.testing.assert_allclose(one, two, rtol=1e-5, atol=1e-6)


def test_a_copy_is_of_its_own_model():
    model = branches()
    used = GradientCalculator(model, 0, LayerExtractor(within(model, "right")))
    other = copy.deepcopy(used)
    before = used.explain(X).values
    other.model.set_weights([2 * weights for weights in other.model.get_weights()])
    np.testing.assert_array_equal(used.explain(X).values, before)
    assert not np.allclose(other.explain(X).values, before)


def test_a_shallow_copy_has_programs_of_its_own():
    model = branches()
    one = GradientCalculator(model, 0)
    other = copy.copy(one)
    other.multiply_target = True
    np.testing.assert_allclose(other.explain(X).values, one.explain(X).values * X, rtol=1e-5)


def test_a_maximizer():
    model = pictures()
    used = ActivationMaximizer(model, scores.Unit(model.get_layer("first"), 1), (0, 1), steps=3)
    before = used.maximize().images
    np.testing.assert_allclose(copy.deepcopy(used).maximize().images, before, atol=1e-5)


def test_a_function_of_the_model_is_refused():
    model = branches()
    calculators = [
        GradientCalculator(model, eval_fun=lambda x: model(x)[:, 0]),
        GradientCalculator(model, lambda outputs: outputs[:, 0] * model.layers[-1].kernel[0, 0]),
        IntegratedGradientsCalculator(model, 0, baseline=lambda target: model(target)[:, :1] + 0 * target),
    ]
    for calculator in calculators:
        with refused("copy"):
            copy.deepcopy(calculator)
        copy.copy(calculator).explain(X)


def test_a_layer_of_another_model_is_told_as_such():
    model = branches()
    clone = keras.models.clone_model(model)
    for bad in (
        lambda: GradientCalculator(clone, 0, LayerExtractor(within(model, "left"))),
        lambda: GradientCalculator(clone, scores.Unit(model.get_layer("head"), 1)),
        lambda: GradientCalculator(clone, 0).explain(X, train={within(model, "right"): 0.5}),
        lambda: Recipe("GradientCalculator", target_extractor=LayerExtractor(model.layers[-1])).explain(clone, X),
    ):
        with refused("another"):
            bad()
    with refused("another", "LayerExtractor('head')"):
        GradientCalculator(clone, 0, LayerExtractor(model.get_layer("head")))
    GradientCalculator(clone, 0, LayerExtractor("head"))


def test_a_recipe_with_a_layer_is_its_own_copy():
    model = branches()
    recipe = Recipe("GradientCalculator", target_extractor=LayerExtractor(within(model, "left")))
    np.testing.assert_array_equal(copy.deepcopy(recipe).explain(model, X).values, recipe.explain(model, X).values)
