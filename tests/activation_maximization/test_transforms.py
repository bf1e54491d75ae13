"""Transforms: what they do to images, what their gradients are, and what their draws are a function of."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.ndimage import gaussian_filter, rotate
from three_parts import refused

from kerasal.activation_maximization import Blur, Jitter, Rotate, Scale, Transform, transformed

IMAGES = np.random.default_rng(0).normal(size=(4, 12, 9, 2)).astype("float32")


def shifts_of(moved, image):
    """All rolls (down, across) that make `moved` of `image`."""
    height, width = image.shape[:2]
    return [
        (down, across)
        for down in range(height)
        for across in range(width)
        if np.array_equal(np.roll(image, (down, across), (0, 1)), moved)
    ]


@pytest.mark.parametrize("jitter, most", [(Jitter(2), (2, 2)), (Jitter(0.25), (3, 2)), (Jitter(40), (40, 40))])
def test_jitter_rolls(jitter, most):
    found = set()
    for step in range(30):
        for moved, image in zip(transformed(IMAGES, [jitter], step=step), IMAGES, strict=True):
            ((down, across),) = shifts_of(moved, image)
            found.add((down - 12 * (down > 6), across - 9 * (across > 4)))
    downs, acrosses = map(set, zip(*found, strict=True))
    assert downs == set(range(-min(5, most[0]), min(6, most[0]) + 1))
    assert acrosses == set(range(-min(4, most[1]), min(4, most[1]) + 1))


def test_normal_jitter():
    """N(0, 3) cut towards 0: P(|shift| ≥ k) = P(|z| ≥ k/3)."""
    one = np.zeros((1, 41, 41, 1), "float32")
    one[0, 20, 20] = 1
    many = transformed(np.repeat(one, 800, 0), [Jitter(3, normal=True)], seed=4)
    at = np.argwhere(many[..., 0])[:, 1:] - 20
    assert len(at) == 800
    for k in (1, 2, 3, 6):
        assert abs(np.mean(np.abs(at) >= k) - math.erfc(k / 3 / 2**0.5)) < 0.04
    assert abs(at.mean()) < 0.2 and abs(np.corrcoef(at.T)[0, 1]) < 0.1


@pytest.mark.parametrize("transform", [Jitter(4), Rotate(0.3), Scale(0.5, 2.0), Blur(1.0)], ids=repr)
def test_a_function_of_seed_step_and_image(transform):
    every = transformed(IMAGES, [transform], seed=1, step=6)
    for n in range(4):
        alone = transformed(IMAGES[n : n + 1], [transform], seed=1, step=6, first_example=n)
        np.testing.assert_array_equal(alone[0], every[n])
    if not isinstance(transform, Blur):
        same = np.repeat(IMAGES[:1], 4, 0)
        moved = [transformed(same, [transform], seed=seed, step=step) for seed, step in ((1, 6), (1, 7), (2, 6))]
        assert len({one.tobytes() for batch in moved for one in batch}) >= 10  # small shifts may meet


class FixedAngle(Rotate):
    def move(self, images, draw):
        return self._turned(images, tf.fill([len(images)], self.deviation), tf.ones(len(images)))


def test_rotation_by_scipy():
    """Anticlockwise, around the middle of what is not square."""
    found = transformed(IMAGES, [FixedAngle(0.4, fill="constant")])
    expected = rotate(IMAGES, np.degrees(0.4), axes=(1, 2), reshape=False, order=1, mode="grid-constant")
    np.testing.assert_allclose(found, expected, atol=2e-5)


def test_rotation_is_as_wide_as_said():
    """The middle of the right side moves up by sin(angle) × distance."""
    line = np.tile(np.arange(101.0, dtype="float32")[None, :, None, None], (4000, 1, 3, 1))
    turned = transformed(np.repeat(line, 1, 0), [Rotate(0.02, fill="nearest")])
    angles = np.arccos(np.clip((turned[:, 60, 1, 0] - turned[:, 40, 1, 0]) / 20, -1, 1))
    assert abs(np.sqrt(np.mean(angles**2)) - 0.02) < 0.002


def test_scale_keeps_the_middle_and_spreads_logarithms():
    ramp = np.tile(np.linspace(-1, 1, 101, dtype="float32")[None, None, :, None], (3000, 5, 1, 1))
    scaled = transformed(ramp, [Scale(0.5, 2.0, fill="nearest")])
    zooms = 0.02 / (scaled[:, 2, 51, 0] - scaled[:, 2, 50, 0])
    np.testing.assert_allclose(scaled[:, 2, 50, 0], 0, atol=1e-6)
    assert zooms.min() > 0.499 and zooms.max() < 2.002 and abs(np.log(zooms).mean()) < 0.03
    assert abs(np.log(zooms).std() - np.log(4) / 12**0.5) < 0.02


def test_gradient_of_a_scale_counts_every_view():
    """An image without detail, Σ over pixels: what a pixel is seen by adds up, exactly so by finite differences."""
    zoom = Scale(1.99, 2.01, fill="nearest")
    images = tf.constant(np.ones((1, 41, 41, 1), "float32"))
    window = np.zeros((1, 41, 41, 1), "float32")
    window[:, 14:27, 14:27] = 1  # far from the sides

    def seen(images):
        return zoom.move(images, lambda distribution, count: tf.fill([1, count], 0.5))

    with tf.GradientTape() as tape:
        tape.watch(images)
        total = tf.reduce_sum(seen(images) * window)
    gradient = tape.gradient(total, images).numpy()
    bumps = [np.zeros_like(window) for _ in range(2)]
    bumps[0][0, 20, 20] = bumps[1][0, 19:22, 19:22] = 1
    by_hand = np.sum(seen(tf.constant(bumps[1])) * window)
    assert abs(by_hand - 36) < 0.5 and abs(np.sum(gradient * bumps[1]) - by_hand) < 1.0


def test_blur_by_scipy():
    inner = (slice(None), slice(4, 8), slice(4, 5))
    expected = gaussian_filter(IMAGES, (0, 1.0, 1.0, 0), truncate=10)
    np.testing.assert_allclose(transformed(IMAGES, [Blur(1.0)])[inner], expected[inner], atol=2e-3)
    np.testing.assert_allclose(transformed(np.ones_like(IMAGES), [Blur(2.0)]), 1, rtol=1e-5)


def test_any_function_and_layers():
    doubled = transformed(IMAGES, [lambda images: 2 * images, keras.layers.Rescaling(0.25, offset=1.0)])
    np.testing.assert_allclose(doubled, IMAGES / 2 + 1, rtol=1e-5)
    flips = [transformed(IMAGES, [keras.layers.RandomFlip("horizontal")]) for _ in range(12)]
    turned = [np.array_equal(f[n], IMAGES[n, :, ::-1]) for f in flips for n in range(4)]
    kept = [np.array_equal(f[n], IMAGES[n]) for f in flips for n in range(4)]
    assert 5 < sum(turned) < 43 and sum(turned) + sum(kept) == 48


def test_one_of_your_own():
    class Brighter(Transform):
        def move(self, images, draw):
            return images + tf.reshape(draw("uniform", 1) + draw("normal", 1), [-1, 1, 1, 1])

    added = transformed(IMAGES, [Brighter(), Brighter()])[:, 0, 0, 0] - IMAGES[:, 0, 0, 0]
    assert len(set(np.round(added, 5))) == 4


def test_refused():
    with refused("axes", "(4,)"):
        transformed(IMAGES, [lambda images: tf.reduce_sum(images, [1, 2, 3])])
    with refused("(N, H, W, C)", "(4, 12)"):
        transformed(IMAGES[:, :, 0, 0], [Rotate()])
    for wrong in (
        lambda: Jitter(0),
        lambda: Rotate(-1),
        lambda: Scale(1.1, 0.9),
        lambda: Blur(0),
        lambda: Rotate(0.1, fill="wrap"),
    ):
        with refused():
            wrong()
