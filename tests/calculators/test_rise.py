"""RISE against the same masks in NumPy, and on linear models the covariance of the masks."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf
from by_hand import distance
from closed_forms import linear
from keras import layers as L
from three_parts import refused
from zoo import ZOO, built, normal

from kerasal import Background, RISECalculator

IMAGE = ZOO["cnn"].x  # (5, 7, 5, 2)


def rows_of(length, cells, shift):
    """Linear interpolation between the middles of cells, (length, cells), by another way than the masks are made."""
    width = -(-length // cells)
    large = tf.image.resize(np.eye(cells)[:, :, None], [width * (cells + 1), cells]).numpy()[..., 0]
    return large[shift : shift + length]


@functools.cache
def plane():
    """Weights of a linear model of (6, 5, 2)."""
    body = [L.Flatten(), L.Dense(1, name="head")]
    return keras.Sequential([keras.Input((6, 5, 2)), *body])


def test_a_linear_model():
    """Σ of what each other element adds × the covariance of their masks ÷ p, over all shifts; the constant has no part."""
    x, p = normal(6, 5, 2), 0.4
    kernel = np.random.default_rng(2).normal(size=(60, 1)).astype("float32")
    plane().set_weights([kernel, np.array([50.0], "float32")])
    added = (x * kernel.reshape(6, 5, 2)).sum(-1)
    tall = [rows_of(6, 3, shift) for shift in range(2)]
    wide = [rows_of(5, 3, shift) for shift in range(2)]
    cov_h, cov_w = (np.mean([u @ u.T for u in each], 0) for each in (tall, wide))
    expected = (1 - p) * np.einsum("hi,wj,nij->nhw", cov_h, cov_w, added)
    found = RISECalculator(plane(), grid=3, probability=p).explain(x, M=150)
    assert found.shape == (5, 6, 5, 1)
    apart, error = found.values[..., 0] - expected, found.standard_error[..., 0]
    assert 0.7 < np.sqrt(np.mean(apart**2) / np.mean(error**2)) < 1.3
    assert distance(found.values[..., 0], expected) < 0.08
    known = RISECalculator(plane(), grid=3, probability=p).explain(x, target_error=0.1)
    assert np.max(known.relative_error) <= 0.1 and np.max(known.M) < 150


@pytest.mark.parametrize("p", [0.5, 0.3])
def test_the_same_masks_in_numpy(p):
    """E[f(m) m] ÷ p − E[f(m)], of the pairs that were drawn, with the plane between the ends taken of f."""
    size = 6
    seen = []

    def note(at):
        seen.append(at.numpy())
        return np.float32(0)

    identity = linear(np.eye(size))

    def score(outputs):
        noted = tf.py_function(note, [outputs], tf.float32)
        with tf.control_dependencies([noted]):
            return tf.reduce_prod(1.5 + outputs, 1)

    x = np.ones((1, size), "float32")
    found = RISECalculator(identity, score, grid=3, probability=p, masks=8).compute(x, M=2, batch_size=1)
    masks = np.concatenate([at for at in seen if at.shape == (1, size)])[-2 * 10 :].reshape(2, 10, size)
    ends, masks = masks[:, :2], masks[:, 2:]
    np.testing.assert_array_equal(ends, np.broadcast_to([[[1.0], [0.0]]], (2, 2, size)))
    if p == 0.5:
        np.testing.assert_allclose(masks[:, ::2], 1 - masks[:, 1::2], atol=1e-6)
    made = [rows_of(size, 3, shift) for shift in range(2)]
    for mask in masks.reshape(-1, size):  # a shift and a grid of zeros and ones give each of them
        grids = np.array(np.meshgrid(*[[0, 1]] * 3)).reshape(3, -1).T
        assert min(np.abs(grids @ u.T - mask).max(1).min() for u in made) < 1e-6
    f, of_ends = np.prod(1.5 + masks, -1), (2.5**size, 1.5**size)
    more = f - (p * of_ends[0] + (1 - p) * of_ends[1])
    expected = np.mean(more[..., None] * (masks - p), 1) / p
    np.testing.assert_allclose(found[:, 0], expected, rtol=1e-4, atol=1e-4)


def test_a_constant_score_has_no_map():
    """The paper's map of it is the constant; in pairs its noise is gone as well."""
    plane().set_weights([np.zeros((60, 1)), np.array([3.0])])
    found = RISECalculator(plane(), grid=3, probability=0.3).explain(normal(6, 5, 2), M=2)
    assert np.abs(found.values).max() < 1e-5


def test_fills_and_axes():
    """A series along its steps; hidden by the mean, by drawn examples, and by all of some."""
    x = normal(9, 3)
    model = keras.Sequential([keras.Input((9, 3)), L.Flatten(), L.Dense(2)])
    for fill in ("mean", 1.0, Background(x[:2]), Background(x[:2], drawn=True)):
        found = RISECalculator(model, 0, grid=4, fill=fill, masks=4).explain(x, M=3)
        assert found.shape == (5, 9, 1) and np.all(np.isfinite(found.standard_error))
    both = RISECalculator(model, 0, grid=(3, 3), slide_axis=(1, 2), masks=4).explain(x, M=3)
    assert both.shape == (5, 9, 3)


def test_refused():
    with refused("grid", "6", "(None, 7, 5, 2)"):
        RISECalculator(built("cnn"), grid=6).explain(IMAGE)
    with refused("int32", "inner"):
        RISECalculator(built("lstm")).explain(ZOO["lstm"].x)
    at_words = RISECalculator(built("lstm"), target_extractor="inner", grid=3)
    ids = np.asarray(ZOO["lstm"].x)
    found = at_words.explain(ids, M=2)
    assert found.shape == (5, 6, 1) and not found.values[ids == 0].any()
