"""Regularisers against numbers of keras-vis 0.5 and of TensorFlow, and their gradients where powers have none."""

import numpy as np
import pytest
import tensorflow as tf
from three_parts import refused

from kerasal.activation_maximization import AnisotropicTotalVariation, LPNorm, SquaredNorm, TotalVariation

NINE = np.arange(9.0, dtype="float32").reshape(1, 3, 3, 1)
KERAS_VIS = {  # run on TensorFlow 1.10; of its L∞, which took max(x), only where all x ≥ 0
    TotalVariation(2): 4.44444,
    TotalVariation(1): 1.40546,
    LPNorm(6): 0.971560,
    LPNorm(2): 1.586984,
    LPNorm(float("inf")): 0.888889,
    SquaredNorm(): 204.0,
}
IMAGES = np.random.default_rng(0).normal(size=(3, 7, 5, 2)).astype("float32")


@pytest.mark.parametrize("penalty", KERAS_VIS, ids=repr)
def test_numbers_of_keras_vis(penalty):
    np.testing.assert_allclose(penalty(tf.constant(NINE)), [KERAS_VIS[penalty]], rtol=3e-6)


def test_one_number_per_image():
    for penalty in (*KERAS_VIS, AnisotropicTotalVariation()):
        alone = np.concatenate([penalty(tf.constant(IMAGES[n : n + 1])) for n in range(3)])
        np.testing.assert_allclose(penalty(tf.constant(IMAGES)), alone, rtol=1e-5)
        assert len(set(alone)) == 3


def test_total_variation_of_tensorflow():
    expected = tf.image.total_variation(tf.constant(IMAGES)) / (7 * 5)
    np.testing.assert_allclose(AnisotropicTotalVariation()(tf.constant(IMAGES)), expected, rtol=1e-5)


@pytest.mark.parametrize("beta", [1, 1.5, 3])
def test_total_variation_by_hand(beta):
    down, across = np.diff(IMAGES, axis=1)[:, :, :-1], np.diff(IMAGES, axis=2)[:, :-1]
    expected = ((down**2 + across**2) ** (beta / 2)).sum((1, 2, 3)) / (7 * 5 * 2)
    np.testing.assert_allclose(TotalVariation(beta)(tf.constant(IMAGES)), expected, rtol=1e-5)


def test_series():
    series = IMAGES[:, :, 0]
    expected = np.abs(np.diff(series, axis=1)).sum((1, 2))
    np.testing.assert_allclose(AnisotropicTotalVariation()(tf.constant(series)), expected / 7, rtol=1e-5)
    np.testing.assert_allclose(TotalVariation(1)(tf.constant(series)), expected / 14, rtol=1e-5)


@pytest.mark.parametrize("penalty", [TotalVariation(1), TotalVariation(1.5), LPNorm(6), LPNorm(1)], ids=repr)
def test_gradient_of_what_is_flat_is_zero(penalty):
    flat = tf.zeros([2, 5, 4, 1])
    with tf.GradientTape() as tape:
        tape.watch(flat)
        cost = penalty(flat)
    np.testing.assert_array_equal(tape.gradient(cost, flat), np.zeros(flat.shape))
    np.testing.assert_array_equal(cost, [0, 0])


def test_norms_of_large_and_negative_numbers():
    """255¹⁸ is beyond float32; a norm of −x is that of x."""
    large = tf.constant(-255.0 * np.ones((1, 4, 4, 1), "float32"))
    np.testing.assert_allclose(LPNorm(18)(large), [255 * 16 ** (1 / 18) / 16], rtol=1e-5)
    np.testing.assert_allclose(LPNorm(float("inf"))(large), [255 / 16], rtol=1e-6)
    with tf.GradientTape() as tape:
        tape.watch(large)
        cost = LPNorm(18)(large)
    np.testing.assert_allclose(tape.gradient(cost, large), -np.full(large.shape, 16 ** (1 / 18 - 2)), rtol=1e-4)


def test_refused():
    with refused("neighbours", "TotalVariation", "(3, 4)"):
        TotalVariation()(tf.zeros([3, 4]))
    with refused("p=0.5"):
        LPNorm(0.5)
    with refused("beta=0"):
        TotalVariation(0)
