"""Maps of zeros: told where the score is flat, with a way out that works; silent where 0 is right."""

import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf

from kerasal import (
    GaussianNoiseSampler,
    GradientCalculator,
    IntegratedGradientsCalculator,
    LayerExtractor,
    OcclusionCalculator,
    scores,
)

L = keras.layers
X = np.random.default_rng(0).normal(size=(4, 3)).astype("float32")
KERNEL = np.random.default_rng(1).normal(size=(3, 3)).astype("float32")


def squared(z):
    """A probability that no rule knows: it is a softmax of nothing."""
    return tf.nn.softmax(z) ** 2 / (tf.reduce_sum(tf.nn.softmax(z), -1, keepdims=True) ** 2)


def saturated(scale=1e5):
    model = keras.Sequential(
        [keras.Input((3,)), L.Dense(3, use_bias=False, name="logits"), L.Activation(squared, name="odd")]
    )
    model.set_weights([scale * KERNEL])
    return model


def told(calculator, x=X, y=None, **how):
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        result = calculator.explain(x, y, **how)
    return [str(each.message) for each in heard if "0 everywhere" in str(each.message)], result


@pytest.mark.parametrize("kind", [GradientCalculator, IntegratedGradientsCalculator])
def test_a_saturated_probability_is_told_and_the_way_out_works(kind):
    heard, found = told(kind(saturated()))
    zero = np.flatnonzero(~found.values.any(1))
    assert len(zero) and len(heard) == 1 and f"example(s) {', '.join(map(str, zero))} is" in heard[0]
    assert "saturated" in heard[0] and "scores.Unit(" in heard[0]
    heard, found = told(GradientCalculator(saturated(), scores.Unit("logits", 1)))
    assert not heard
    np.testing.assert_allclose(found.values, np.tile(1e5 * KERNEL[:, 1], (4, 1)), rtol=1e-5)


def test_only_the_examples_that_are_flat_are_named():
    model = saturated(3.0)
    x = np.stack([X[0], 1e6 * X[1], X[2], 1e6 * X[3]])
    heard, found = told(GradientCalculator(model), x, first_example=10)
    assert len(heard) == 1 and "example(s) 11, 13 is" in heard[0]
    assert found.values[[0, 2]].any(1).all() and not found.values[[1, 3]].any()


def test_several_targets_samples_and_compute():
    calculator = GradientCalculator(saturated())
    noise = GaussianNoiseSampler(scale=0.01)
    assert told(calculator, M=4, noise_sampler=noise, method="abs")[0]
    assert not told(calculator, M=4, noise_sampler=noise, method="var")[0]  # a variance of 0 is one
    with pytest.warns(UserWarning, match="0 everywhere"):
        calculator.compute(X, M=4, noise_sampler=noise)
    several = GradientCalculator(saturated(), target_extractor=[LayerExtractor("logits"), LayerExtractor("logits")])
    with pytest.warns(UserWarning, match="saturated"):
        several.explain(X)


def dead():
    model = keras.Sequential([keras.Input((3,)), L.Dense(4, "relu"), L.Dense(2)])
    weights = model.get_weights()
    model.set_weights([-np.abs(weights[0]), np.full(4, 0.5), weights[2], weights[3]])
    return model


def test_dead_relus_are_told_and_the_way_out_works():
    x = np.abs(X) + 5
    heard, found = told(GradientCalculator(dead()), x)
    assert not found.values.any() and "no ReLU is active" in heard[0] and "0, 1, 2, 3" in heard[0]
    assert told(IntegratedGradientsCalculator(dead()), x)[1].values.any()


def test_zeros_that_are_right_are_silent():
    model = keras.Sequential([keras.Input((3,)), L.Dense(3, "softmax")])
    assert not told(GradientCalculator(model, multiply_target=True), 0 * X)[0]
    assert not told(IntegratedGradientsCalculator(model), 0 * X)[0]
    assert not told(OcclusionCalculator(model), 0 * X)[0]
    regression = keras.Sequential([keras.Input((3,)), L.Dense(1)])
    regression.compile("sgd", "mse")
    y = np.asarray(regression(X))
    assert not told(GradientCalculator(regression, scores.Loss()), X, y)[0]  # at its least
    half = X * [1, 0, 1]
    assert not told(OcclusionCalculator(model), half)[0]
