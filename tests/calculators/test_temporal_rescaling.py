"""Temporal saliency rescaling against plain loops, on recurrent networks, and on a cause that the gradient blurs."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from three_parts import refused

from kerasal import GradientCalculator, TemporalRescalingCalculator
from kerasal.metrics import AveragePrecision

RNG = np.random.default_rng(0)


def network(steps=6, features=3):
    keras.utils.set_random_seed(0)
    return keras.Sequential([keras.Input((steps, features)), keras.layers.LSTM(5), keras.layers.Dense(2)])


def by_hand(model, x, fill, multiply, index):
    """Algorithm 1 of the paper without its threshold, one gradient after the other."""

    def mapped(points):
        points = tf.constant(points)
        with tf.GradientTape() as tape:
            tape.watch(points)
            score = model(points)[:, index]
        gradient = tape.gradient(score, points).numpy()
        return gradient * points.numpy() if multiply else gradient

    whole, found = mapped(x), np.zeros(x.shape)
    for step in range(x.shape[1]):
        hidden = x.copy()
        hidden[:, step] = fill
        of_step = np.abs(whole - mapped(hidden)).sum((1, 2))
        for feature in range(x.shape[2]):
            hidden = x.copy()
            hidden[:, step, feature] = fill
            found[:, step, feature] = np.abs(whole - mapped(hidden)).sum((1, 2)) * of_step
    return found


@pytest.mark.parametrize(("fill", "multiply"), [(0.0, True), (0.5, False)])
def test_step_by_step(fill, multiply):
    model, x = network(), RNG.normal(size=(4, 6, 3)).astype("float32")
    found = TemporalRescalingCalculator(model, score=1, fill=fill, multiply_target=multiply).explain(x, batch_size=7)
    np.testing.assert_allclose(found.values, by_hand(model, x, fill, multiply, 1), rtol=1e-3, atol=1e-7)


def test_one_feature_without_its_axis():
    inner = network(5, 1)
    model = keras.Sequential([keras.Input((5,)), keras.layers.Reshape((5, 1)), inner])
    x = RNG.normal(size=(3, 5)).astype("float32")
    found = TemporalRescalingCalculator(model, score=0).explain(x).values
    np.testing.assert_allclose(found, by_hand(inner, x[..., None], 0.0, True, 0)[..., 0], rtol=1e-3, atol=1e-7)


def test_a_cause_that_the_gradient_blurs_over_time_is_found():
    """A box of steps and features gives the class (Ismail's small box): the map ranks it better than gradient × input does."""
    rng, steps, features, size = np.random.default_rng(1), 12, 10, 4
    y = rng.integers(0, 2, 800)
    x, mask = rng.normal(size=(800, steps, features)), np.zeros((800, steps, features), bool)
    for n in range(800):
        begin, first = rng.integers(0, steps - size + 1), rng.integers(0, features - size + 1)
        mask[n, begin : begin + size, first : first + size] = True
    x = (x + 1.5 * mask * (2 * y[:, None, None] - 1)).astype("float32")
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((steps, features)), keras.layers.LSTM(12), keras.layers.Dense(2)])
    model.compile(keras.optimizers.Adam(0.01), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.fit(x[:700], y[:700], epochs=6, verbose=0)
    judge, tested = AveragePrecision(mask[700:]), x[700:]
    plain = judge(None, np.abs(GradientCalculator(model, multiply_target=True).explain(tested)))
    rescaled = judge(None, TemporalRescalingCalculator(model).explain(tested))
    paired = rescaled.values - plain.values
    assert paired.mean() > 3 * paired.std(ddof=1) / np.sqrt(len(paired)) > 0


def test_axes_behind_the_time_are_features():
    inner, x = network(6, 6), RNG.normal(size=(3, 6, 2, 3)).astype("float32")
    model = keras.Sequential([keras.Input((6, 2, 3)), keras.layers.Reshape((6, 6)), inner])
    found = TemporalRescalingCalculator(model, score=0).explain(x).values
    wanted = TemporalRescalingCalculator(inner, score=0).explain(x.reshape(3, 6, 6)).values
    np.testing.assert_allclose(found, wanted.reshape(x.shape), rtol=1e-4, atol=1e-8)


def test_errors():
    model = network()
    with refused("multiply_target"):
        TemporalRescalingCalculator(model, multiply_target="yes")
    with refused("fill"):
        TemporalRescalingCalculator(model, fill="nothing")
