"""Half precision: gradients that overflow or vanish in float16 on their way come out right."""

import keras
import numpy as np
import pytest
from by_hand import distance
from closed_forms import ones
from keras import layers as L

from kerasal import GaussianNoiseSampler, GradientCalculator


def half(*kernels):
    """A chain of float16 Dense layers without biases."""
    policy = keras.mixed_precision.Policy("mixed_float16")
    x = inputs = keras.Input((kernels[0].shape[0],))
    for kernel in kernels:
        x = L.Dense(kernel.shape[1], use_bias=False, dtype=policy)(x)
    model = keras.Model(inputs, x)
    model.set_weights(kernels)
    return model


SLOPES = {"ordinary": [1.0, 3.0, 2.0], "large": [20000.0, -1000.0, 60000.0], "both": [50000.0, 0.001, 1.0]}


@pytest.mark.parametrize("what", SLOPES)
def test_slopes_of_any_size(what):
    model = half(np.array(SLOPES[what], "float32")[:, None])
    found = GradientCalculator(model).explain(ones(3) * 1e-3).values
    np.testing.assert_allclose(found, [SLOPES[what]] * 2, rtol=2e-3)


def test_slopes_that_vanish_on_the_way():
    """Each of three layers divides by 100: 1e-6 of a slope is below float16's normal numbers."""
    down = np.full((1, 1), 0.01, "float32")
    found = GradientCalculator(half(np.array([[1.0], [-2.0]], "float32"), down, down, down)).explain(ones(2)).values
    np.testing.assert_allclose(found, [[1e-6, -2e-6]] * 2, rtol=5e-3)


def test_an_example_of_large_slopes_does_not_blunt_the_others():
    model = half(np.array([[30000.0], [1e-3]], "float32"))
    found = GradientCalculator(model).explain(ones(2) * 1e-3, M=3, noise_sampler=GaussianNoiseSampler(1e-3, "absolute"))
    assert found.values.dtype == np.float32
    assert distance(found.values[:, 1], np.full(2, 1e-3)) < 2e-3 and np.all(found.std < 1e-3 * np.abs(found.values))
