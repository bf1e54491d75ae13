"""What is optimised: pixels, or a spectrum that stands for an image."""

import numpy as np
import pytest
import tensorflow as tf
from three_parts import refused

from kerasal._keyed_random import Rows, key_of
from kerasal.activation_maximization import Fourier, Pixels


def rows(count, first=0):
    return Rows(tf.constant(key_of(3)), tf.zeros([1], tf.int64), tf.constant(first, tf.int64), count)


@pytest.mark.parametrize("limits", [(-1.0, 1.0), (0.0, 255.0), None])
@pytest.mark.parametrize("shape", [(3, 12, 9, 3), (2, 7, 10, 1)])
@pytest.mark.parametrize("kind", [Pixels(), Fourier(), Fourier(decay=1.5, decorrelate=False)], ids=repr)
def test_there_and_back(kind, shape, limits):
    low, high = limits or (-2.0, 2.0)
    images = np.random.default_rng(0).uniform(low + 0.05 * (high - low), high - 0.05 * (high - low), shape)
    images = tf.constant(images, tf.float32)
    back = kind.images(kind.of(images, limits), shape, limits)
    np.testing.assert_allclose(back, images, atol=2e-5 * (high - low))


@pytest.mark.parametrize("kind", [Pixels(0.1), Fourier()], ids=repr)
def test_start_is_a_function_of_the_image(kind):
    shape, limits = (4, 12, 9, 3), (0.0, 1.0)
    every = kind.images(kind.start(rows(4), shape, limits), shape, limits).numpy()
    alone = kind.images(kind.start(rows(2, first=2), (2, *shape[1:]), limits), (2, *shape[1:]), limits).numpy()
    np.testing.assert_allclose(alone, every[2:], atol=1e-6)
    assert np.all(every > 0) and np.all(every < 1) and abs(every.mean() - 0.5) < 0.05
    assert np.abs(every[0] - every[1]).max() > 0.005


def test_pixels_start_as_wide_as_said():
    found = Pixels(0.0625).start(rows(2), (2, 40, 40, 3), (-1.0, 1.0)).numpy()
    assert 0.124 < found.max() <= 0.125 and -0.125 <= found.min() < -0.124 and abs(found.std() - 0.125 / 3**0.5) < 2e-3


def test_amplitudes_fall_with_the_frequency():
    """A white spectrum becomes an image whose amplitude at frequency f is as 1/f: ten times the frequency, a tenth."""
    kind, shape = Fourier(decorrelate=False), (40, 64, 64, 1)
    images = kind.images(kind.start(rows(40), shape, None), shape, None).numpy()[..., 0]
    power = np.sqrt((np.abs(np.fft.fft2(images)) ** 2).mean(0))
    np.testing.assert_allclose(power[0, 2] / power[0, 20], 10, rtol=0.25)
    np.testing.assert_allclose(power[3, 0] / power[24, 0], 8, rtol=0.25)


def test_colours_are_mixed_as_photographs():
    """Grey varies most: the channels of a random image go together."""
    kind, shape = Fourier(), (20, 32, 32, 3)
    images = kind.images(kind.start(rows(20), shape, None), shape, None).numpy()
    correlation = np.corrcoef(images.reshape(-1, 3).T)
    assert correlation[0, 1] > 0.8 and correlation[1, 2] > 0.8 and correlation[0, 2] > 0.6
    assert correlation[0, 2] < min(correlation[0, 1], correlation[1, 2])


def test_refused():
    with refused("(N, H, W, C)", "(2, 5)"):
        Fourier().start(rows(2), (2, 5), None)
    with refused("start=0"):
        Pixels(0)
    with refused("start=-1"):
        Fourier(start=-1)
