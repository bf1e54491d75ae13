"""Max-sensitivity and the randomisation of weights, against closed forms; the model is left as it was."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.stats import spearmanr
from three_parts import refused
from zoo import ZOO

from kerasal import Calculator, Recipe, recipes
from kerasal._network.weights import weights_from_the_end
from kerasal.metrics import MaxSensitivity, RandomizationCheck
from kerasal.metrics.randomization import rank_correlation

RNG = np.random.default_rng(0)


class SumOfSquares(keras.layers.Layer):
    def call(self, x):
        return tf.reduce_sum(tf.square(x), -1, keepdims=True)


class EdgesCalculator(Calculator):
    """Edges of the picture, whatever the network."""

    def attribution(self, score, target, at):
        return score.evaluate(target, lambda _: tf.reduce_sum(tf.abs(tf.image.sobel_edges(target)), -1))


def picture_network():
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.Input((16, 14, 2)),
            keras.layers.Conv2D(6, 3, activation="relu", name="first"),
            keras.layers.BatchNormalization(name="norm"),
            keras.layers.Conv2D(6, 3, activation="relu", name="second"),
            keras.layers.Flatten(),
            keras.layers.Dense(3, name="last"),
        ]
    )


def test_the_closed_forms_of_max_sensitivity():
    linear = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    np.testing.assert_array_equal(MaxSensitivity(linear, recipes.vanilla())(RNG.normal(size=(3, 4))).values, 0)
    model, x, radius = keras.Sequential([keras.Input((6,)), SumOfSquares()]), RNG.normal(size=(5, 6)), 0.1
    few = MaxSensitivity(model, recipes.vanilla(), radius, 4)(x).values
    many = MaxSensitivity(model, recipes.vanilla(), radius, 60)(x).values
    bound = radius * np.sqrt(6) / np.linalg.norm(x, axis=1)
    assert np.all(few <= many) and np.all(many <= bound) and np.all(many > 0.6 * bound)


def test_the_class_is_that_of_the_clean_input():
    """Beside the border of two classes the predicted one would flip, and with it the map."""
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2, "softmax", use_bias=False)])
    model.set_weights([np.array([[1.0, 0.0], [0.0, 1.0]])])
    x = np.array([[1.0, 1.0 - 1e-4], [1.0 - 1e-4, 1.0]])
    np.testing.assert_allclose(MaxSensitivity(model, recipes.vanilla())(x).values, 0, atol=1e-6)


def test_rank_correlation_is_that_of_scipy():
    a, b = RNG.integers(0, 5, (3, 4, 5)).astype(float), RNG.normal(size=(3, 4, 5))
    wanted = [spearmanr(one.ravel(), other.ravel()).statistic for one, other in zip(a, b, strict=True)]
    np.testing.assert_allclose(rank_correlation(a, b), wanted)
    assert np.isnan(rank_correlation(np.zeros_like(a), b)).all()
    there = RNG.random(a.shape) < 0.7
    wanted = [spearmanr(one[own], other[own]).statistic for one, other, own in zip(a, b, there, strict=True)]
    np.testing.assert_allclose(rank_correlation(a, b, there), wanted)


def test_an_edge_detector_fails_and_the_gradient_passes():
    model, x = picture_network(), RNG.random((8, 16, 14, 2)).astype("float32")
    before = model.get_weights()
    edges, gradient = (RandomizationCheck(model, each)(x) for each in (Recipe(EdgesCalculator), recipes.vanilla()))
    np.testing.assert_allclose(edges.curve.y, 1)
    assert edges.verdict == "fails" and "fails" in repr(edges)
    assert gradient.verdict == "passes" and abs(gradient.details["signed"][:, -1].mean()) < 0.1
    np.testing.assert_allclose(edges.details["similarity"], 1, atol=1e-6)
    for now, was in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(now, was)


def test_each_layer_alone_and_a_linear_model():
    model = keras.Sequential([keras.Input((400,)), keras.layers.Dense(1)])
    found = RandomizationCheck(model, recipes.vanilla(), cascading=False)(RNG.normal(size=(3, 400)))
    assert np.all(np.abs(found.details["signed"]) < 0.2)  # 1/√400 by chance
    alone = RandomizationCheck(picture_network(), recipes.vanilla(), cascading=False)(RNG.random((4, 16, 14, 2)))
    assert alone.curve.y.shape == (4, 4)  # an untrained BatchNormalization has nothing to shuffle


def test_layers_are_in_the_order_of_the_pass():
    model = picture_network()
    graph = tf.function(model).get_concrete_function(tf.TensorSpec([None, 16, 14, 2])).graph
    assert [each.path for each in weights_from_the_end(model, graph)] == ["last", "second", "norm", "first"]
    case = ZOO["subclassed logits"]
    RandomizationCheck(case.build(), recipes.vanilla(score=case.score))(case.x)


@pytest.mark.parametrize("cascading", [True, False])
def test_weights_are_put_back_after_an_error(cascading):
    calls = []

    class FailsLaterCalculator(Calculator):
        def explain(self, *args, **kwargs):
            calls.append(1)
            if len(calls) == 3:
                raise RuntimeError("in the middle")
            return super().explain(*args, **kwargs)

        def attribution(self, score, target, at):
            return score.differentiate(target, lambda found: found.gradient)

    model = picture_network()
    before = model.get_weights()
    with pytest.raises(RuntimeError, match="in the middle"):
        RandomizationCheck(model, Recipe(FailsLaterCalculator), cascading=cascading)(RNG.random((2, 16, 14, 2)))
    for now, was in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(now, was)


def test_an_output_of_one_number_is_its_own_score():
    """The logit of class 1, whichever of the two is predicted: a linear model's gradient does not move."""
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, activation="sigmoid")])
    x = np.array([[1.0, 1, 1], [-1, -1, -1]])
    assert not MaxSensitivity(model, recipes.vanilla())(x).values.any()


def test_what_a_recipe_warns_of_is_said_once():
    """Of the examples as they are, and not again for each draw or stage."""
    model, x = picture_network(), RNG.normal(size=(2, 16, 14, 2))
    recipe = recipes.smooth_grad(M=3, scale=2.0)
    for measure in (MaxSensitivity(model, recipe, samples=3), RandomizationCheck(model, recipe, steps=3)):
        with pytest.warns(UserWarning, match="relative_error") as told:
            measure(x)
        assert len(told) == 1


def test_errors():
    model = picture_network()
    with refused("Recipe", "vanilla"):
        MaxSensitivity(model, "GradientCalculator")
    with refused("radius"):
        MaxSensitivity(model, recipes.vanilla(), radius=0)
    with refused("several"):
        MaxSensitivity(model, recipes.vanilla(score="all"))
    with refused("real numbers"):
        MaxSensitivity(model, recipes.vanilla(target_extractor="second"))(RNG.random((2, 16, 14, 2)))
    with refused("reads none"):
        RandomizationCheck(keras.Sequential([keras.Input((6,)), SumOfSquares()]), recipes.vanilla())(RNG.random((2, 6)))
