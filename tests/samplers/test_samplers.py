"""Noise: its size, range, place and limits, seen through the points at which Σx²/2 has its slope x."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from closed_forms import summed
from keras import layers as L
from zoo import normal

from kerasal import (
    GaussianNoiseSampler,
    GradientCalculator,
    LayerExtractor,
    OcclusionCalculator,
    UniformNoiseSampler,
)

M = 3000
X = np.array([[[0, 1], [2, 7], [4, 3]], [[-1, 0], [5, 10], [2, 2]]], "float32")  # (N, rows, columns)
BOTH = pytest.mark.parametrize("make", [GaussianNoiseSampler, UniformNoiseSampler])


@pytest.fixture(scope="module")
def squares():
    return GradientCalculator(summed(shape=(3, 2), power=2))


def noise(calculator, sampler, x=X, **kwargs):
    """(M, N, rows, columns): how far each point was moved."""
    return calculator.compute(x, M=M, noise_sampler=sampler, **kwargs) / 2 - x


def sigma(make, scale):
    return np.asarray(scale) / (1 if make is GaussianNoiseSampler else np.sqrt(3))


def check(found, expected):
    """Mean 0 and this standard deviation, to six standard errors."""
    expected = np.broadcast_to(expected, found.shape[1:])
    assert np.all(np.abs(found.mean(0)) <= 6 * expected / np.sqrt(M) + 1e-6)
    np.testing.assert_allclose(found.std(0), expected, rtol=6 / np.sqrt(2 * M), atol=1e-6)


@BOTH
def test_relative_to_each_examples_range(squares, make):
    check(noise(squares, make(scale=0.1)), sigma(make, [[[0.7]], [[1.1]]]))


@BOTH
def test_relative_to_the_range_of_each_column(squares, make):
    check(noise(squares, make(scale=0.1, axis=1)), sigma(make, [[[0.4, 0.6]], [[0.6, 1.0]]]))


@BOTH
def test_absolute_with_one_number_per_column(squares, make):
    check(noise(squares, make("absolute", scale=[0.1, 2.0])), sigma(make, [0.1, 2.0]))


@BOTH
def test_relative_with_one_number_per_column(squares, make):
    check(noise(squares, make(scale=[0.0, 0.2], axis=1)), sigma(make, [[[0, 1.2]], [[0, 2.0]]]))


def test_a_mask_with_one_row_is_of_every_example(squares):
    """Also where there are more examples than it has rows."""
    mask, x = np.array([[[True, False], [False, False], [True, True]]]), np.repeat(X, 2, 0)
    found = noise(squares, GaussianNoiseSampler("absolute", scale=0.2, mask=mask), x)
    check(found, np.where(mask, 0.2, 0.0))


class Everywhere(GaussianNoiseSampler):
    """A spread of one's own, which knows of no mask."""

    def spread(self, target, scale):
        return scale * tf.ones_like(target)


class Moves(GaussianNoiseSampler):
    """A place of one's own, which moves also where the spread is 0."""

    def place(self, target, spread, drawn):
        return target + 1 + 0 * drawn


class Infinite(GaussianNoiseSampler):
    """A draw of one's own, which is not finite in the clean pass."""

    def draw(self, rows, size):
        return super().draw(rows, size) / tf.where(rows.is_clean, 0.0, 1.0)[:, None]


@pytest.mark.parametrize("kind", [GaussianNoiseSampler, Everywhere, Moves, Infinite])
def test_what_a_model_masks_stays_as_it_is(kind):
    """And the clean input too, which gives the scores."""
    x = keras.Input((5, 2))
    model = keras.Model(x, L.Dense(1)(L.SimpleRNN(3)(L.Masking()(x))))
    inputs = normal(5, 2)
    inputs[:, 3:] = 0
    found = OcclusionCalculator(model, size=1, fill=0).explain(
        inputs, M=4, noise_sampler=kind(0.3, mode="absolute"), batch_size=3
    )
    assert not found.values[:, 3:].any() and found.values[:, :3].any()
    np.testing.assert_allclose(found.scores, model(inputs).numpy()[:, 0], rtol=1e-5, atol=1e-6)


@BOTH
@pytest.mark.parametrize("kind", ["array", "function"])
def test_only_where_the_mask_says(squares, make, kind):
    """The range, too, is that of the places that get noise: 4 and 3 with either mask."""
    rows = np.array([[True], [False], [True]])
    mask = rows if kind == "array" else lambda target: target < 4.5
    found = noise(squares, make(scale=0.1, mask=mask))
    where = np.broadcast_to(rows, X.shape) if kind == "array" else X < 4.5
    check(found, np.where(where, sigma(make, [[[0.4]], [[0.3]]]), 0))


@BOTH
def test_clip_keeps_points_in_range(squares, make):
    x = np.clip(X, 0, 5)
    points = noise(squares, make("absolute", scale=3.0, clip=(0, 5)), x) + x
    assert points.min() == pytest.approx(0, abs=1e-5) and points.max() == pytest.approx(5, abs=1e-5)


def test_uniform_noise_fills_its_interval_evenly(squares):
    found = noise(squares, UniformNoiseSampler(mode="absolute", scale=2.0))
    assert 1.99 < found.max() <= 2 + 1e-5 and -2 - 1e-5 <= found.min() < -1.99
    counts = np.histogram(found, bins=20, range=(-2, 2))[0]
    assert np.abs(counts - found.size / 20).max() < 6 * np.sqrt(found.size / 20)


def test_gaussian_noise_has_gaussian_tails(squares):
    found = noise(squares, GaussianNoiseSampler(mode="absolute", scale=1.0))
    for z, share in ((1, 0.3173), (2, 0.0455), (3, 0.0027)):
        assert np.abs((np.abs(found) > z).mean() - share) < 6 * np.sqrt(share / found.size)
    flat = found.reshape(M, -1)
    assert np.abs(np.corrcoef(flat.T) - np.eye(12)).max() < 6 / np.sqrt(M)
    assert np.abs(np.mean(flat[1:] * flat[:-1])) < 6 / np.sqrt(flat.size)


def test_noise_goes_to_the_target_only():
    """At a layer, the input is left alone: a layer before it sees the clean point."""
    model = summed(L.Dense(4, use_bias=False, name="inner"), shape=(6,), power=2)
    x = normal(6)
    points = GradientCalculator(model, target_extractor=LayerExtractor("inner")).compute(
        x, M=M, noise_sampler=GaussianNoiseSampler(mode="absolute", scale=0.5)
    )
    check(points / 2 - x @ model.get_weights()[0], 0.5)
