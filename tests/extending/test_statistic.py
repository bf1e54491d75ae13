"""A statistic over samples of a user's own."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from kerasal import Fold, GaussianNoiseSampler, GradientCalculator, Statistic
from kerasal._folds.statistics import StandardDeviation, Variance

X = np.random.default_rng(4).normal(size=(3, 6, 4, 2)).astype("float32")


class SignalToNoise(Statistic):
    """Mean ÷ standard deviation of each element."""

    least_samples = 2
    words = "signal to noise"

    def of(self, moments):
        return moments.mean / np.maximum(moments.std, 1e-12)


@pytest.fixture(scope="module")
def calculator():
    keras.utils.set_random_seed(5)
    body = [keras.layers.Conv2D(3, 3, activation="tanh"), keras.layers.Flatten(), keras.layers.Dense(2)]
    return GradientCalculator(keras.Sequential([keras.Input((6, 4, 2)), *body]))


HOW = {"M": 7, "noise_sampler": GaussianNoiseSampler()}


def test_it_is_what_numpy_makes_of_the_samples(calculator):
    samples = np.abs(calculator.compute(X, **HOW)).astype("float64")
    expected = (samples.mean(0) / samples.std(0, ddof=1)).sum(-1)
    method = Fold(tf.abs, SignalToNoise())
    found = calculator.explain(X, method=method, ch_axis=-1, **HOW)
    np.testing.assert_allclose(found.values, expected, rtol=1e-4)
    aggregated = calculator.aggregate(calculator.compute(X, **HOW), method, ch_axis=-1)
    np.testing.assert_allclose(aggregated.values, expected, rtol=1e-4)
    assert found.std is None and found.about["method"] == "signal to noise of abs"
    np.testing.assert_array_equal(found.recipe.explain(calculator.model, X).values, found.values)


@pytest.mark.parametrize("name, statistic", [("var", Variance()), ("std", StandardDeviation())])
def test_those_that_have_a_name(calculator, name, statistic):
    named, given = calculator.explain(X, method=[name, Fold(statistic=statistic)], ch_axis=-1, **HOW)
    np.testing.assert_array_equal(named.values, given.values)
    assert given.about["method"] == name


def test_of_squares(calculator):
    samples = np.square(calculator.compute(X, **HOW).astype("float64"))
    found = calculator.explain(X, method=Fold(tf.square, Variance()), **HOW)
    np.testing.assert_allclose(found.values, samples.var(0, ddof=1), rtol=1e-3, atol=1e-12)


def test_too_few_samples_and_errors_that_do_not_exist(calculator):
    with pytest.raises(
        ValueError,
        match=r"signal to noise.* needs at least two samples. Received: M=1. Give M=30 with something random",
    ):
        calculator.explain(X, method=Fold(tf.abs, SignalToNoise()))
    with pytest.raises(ValueError, match="target_error is the error of a mean"):
        calculator.explain(
            X, method=Fold(tf.abs, SignalToNoise()), target_error=0.1, noise_sampler=HOW["noise_sampler"]
        )
    with pytest.raises(TypeError, match="Give an object, not its class"):
        Fold(tf.abs, SignalToNoise)
