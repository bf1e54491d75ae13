"""ROAD's imputation: linear ramps exactly, the linear system by another solver, and in a deletion curve."""

import keras
import numpy as np
import pytest
import scipy.sparse
import scipy.sparse.linalg
import tensorflow as tf
from three_parts import refused

from kerasal.metrics import Deletion, Insertion
from kerasal.metrics.road import imputed

RNG = np.random.default_rng(0)


def by_sparse_solver(picture, hidden):
    """The same system, pixel by pixel, solved directly."""
    height, width = hidden.shape
    number = {place: n for n, place in enumerate(map(tuple, np.argwhere(hidden)))}
    matrix, known = scipy.sparse.lil_matrix((len(number), len(number))), np.zeros((len(number), picture.shape[-1]))
    for (row, column), n in number.items():
        for down in (-1, 0, 1):
            for right in (-1, 0, 1):
                other = row + down, column + right
                if (down or right) and 0 <= other[0] < height and 0 <= other[1] < width:
                    weight = 1 / 12 if down and right else 1 / 6
                    matrix[n, n] += weight
                    if other in number:
                        matrix[n, number[other]] -= weight
                    else:
                        known[n] += weight * picture[other]
    found = picture.copy()
    found[hidden] = scipy.sparse.linalg.spsolve(matrix.tocsc(), known).reshape(known.shape)
    return found


def test_a_ramp_is_made_exactly_away_from_the_border():
    rows, columns = np.mgrid[:14, :11]
    ramp = np.stack([2.0 * rows - 3 * columns, 0.5 * columns + 1], -1)[None].astype("float32")
    hidden = np.zeros((1, 14, 11, 1), bool)
    hidden[0, 2:12, 2:9] = True
    np.testing.assert_allclose(imputed(tf.constant(ramp * ~hidden), tf.constant(hidden)), ramp, atol=1e-3)


def test_the_system_is_that_of_another_solver():
    pictures = RNG.normal(size=(3, 13, 9, 2)).astype("float32")
    hidden = RNG.random((3, 13, 9, 1)) < np.array([0.3, 0.7, 0.95])[:, None, None, None]
    found = imputed(tf.constant(pictures), tf.constant(hidden)).numpy()
    for picture, mask, own in zip(pictures, hidden, found, strict=True):
        np.testing.assert_allclose(own, by_sparse_solver(picture.astype(float), mask[..., 0]), atol=1e-3)
    nothing = imputed(tf.constant(pictures), tf.zeros_like(hidden))
    np.testing.assert_array_equal(nothing, pictures)
    everything = imputed(tf.constant(pictures), tf.ones_like(hidden))
    np.testing.assert_allclose(
        everything, np.broadcast_to(pictures.mean((1, 2), keepdims=True), pictures.shape), atol=1e-5
    )


def test_a_deletion_curve_by_hand():
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((7, 6, 2)),
            keras.layers.Conv2D(3, 3, activation="relu"),
            keras.layers.Flatten(),
            keras.layers.Dense(1),
        ]
    )
    x, maps = RNG.random((3, 7, 6, 2)).astype("float32"), RNG.normal(size=(3, 7, 6))
    deleted = Deletion(model, fill="road", steps=6)(x, maps, batch_size=4)
    ranks = np.argsort(np.argsort(-maps.reshape(3, -1), 1), 1).reshape(maps.shape)
    for step in range(6):
        points = np.stack(
            [by_sparse_solver(own.astype(float), rank < 7 * step) for own, rank in zip(x, ranks, strict=True)]
        )
        np.testing.assert_allclose(deleted.curve.y[:, step], model(points.astype("float32"))[:, 0], atol=2e-3)
    inserted = Insertion(model, fill="road", steps=6, order="least")(x, maps)
    np.testing.assert_allclose(inserted.curve.y, deleted.curve.y[:, ::-1], atol=2e-3)  # the least salient shown first


@pytest.mark.parametrize("shape", [(5,), (6, 3)])
def test_what_is_no_picture_is_refused(shape):
    model = keras.Sequential([keras.Input(shape), keras.layers.Flatten(), keras.layers.Dense(1)])
    with refused("road", "mean"):
        Deletion(model, fill="road")(np.ones((2, *shape)), np.ones((2, *shape)))
