"""LIME against scikit-learn's Ridge on the perturbations that were drawn, and closed forms."""

import numpy as np
import pytest
import tensorflow as tf
from by_hand import distance
from closed_forms import linear, summed
from sklearn.linear_model import Ridge
from three_parts import refused
from zoo import ZOO, built, normal

from kerasal import LIMECalculator, ShapleyCalculator
from kerasal.calculators.ridge import ridge_weights

IMAGE = ZOO["cnn"].x  # (5, 7, 5, 2)


@pytest.mark.parametrize("width, alpha", [(0.25, 1.0), (np.inf, 0.0), (0.1, 3.0)])
def test_as_scikit_learn(width, alpha):
    """Ridge with an intercept and sample weights, of the target itself and the perturbations, in each sample."""
    seen = []

    def note(at):
        seen.append(at.numpy())
        return np.float32(0)

    def score(outputs):
        noted = tf.py_function(note, [outputs], tf.float32)
        with tf.control_dependencies([noted]):
            return outputs[:, 0] * outputs[:, 1] + tf.reduce_max(outputs, 1)

    x = np.array([[2.0, -1.0, 3.0, 5.0]], "float32")
    settings = dict(perturbations=30, kernel_width=width, alpha=alpha)
    found = LIMECalculator(linear(np.eye(4)), score, **settings).compute(x, M=2, batch_size=1)
    rows = np.concatenate([at for at in seen if at.shape == (1, 4)])[-2 * 31 :].reshape(2, 31, 4)
    np.testing.assert_array_equal(rows[:, 0], np.repeat(x, 2, 0))  # the target, then the perturbations
    for sample, points in zip(found, rows, strict=True):
        shown = (points != 0).astype(float)
        distances = 1 - np.sqrt(shown.mean(1))
        weights = np.exp(-(distances**2) / (2 * width**2))
        values = points[:, 0] * points[:, 1] + points.max(1)
        expected = Ridge(alpha).fit(shown, values, weights).coef_
        np.testing.assert_allclose(sample[0], expected, rtol=1e-4, atol=1e-4)


def test_an_additive_game_is_fitted_exactly():
    """Whatever is drawn, without a penalty; a penalty shrinks."""
    x = normal(4)
    model = linear([1.0, 3.0, -2.0, 0.0])
    found = LIMECalculator(model, alpha=0.0).explain(x, M=3)
    np.testing.assert_allclose(found.values, x * [1, 3, -2, 0], atol=1e-4)
    shrunk = LIMECalculator(model).explain(x, M=3).values
    assert 0.8 < np.linalg.norm(shrunk) / np.linalg.norm(found.values) < 0.99


def test_parts_are_those_of_shapley():
    """On a score of two parts that do not interact they agree; groups of the batch; what is never hidden has 0."""
    x, groups = normal(4, 3), np.random.default_rng(2).integers(-1, 3, (5, 4))
    model = summed(shape=(4, 3))
    found = LIMECalculator(model, groups=groups, alpha=0.0).explain(x, M=2)
    exact = ShapleyCalculator(model, groups=groups).explain(x)
    np.testing.assert_allclose(found.values, exact.values, atol=1e-3)
    assert found.shape == (5, 4, 1) and not found.values[groups < 0].any()
    tiles = LIMECalculator(built("cnn"), 1, size=(4, 3)).explain(IMAGE, target_error=0.1)
    assert tiles.shape == (5, 7, 5, 1) and tiles.about["parts"] == 4 and tiles.about["perturbations"] == 200
    assert distance(tiles.values, ShapleyCalculator(built("cnn"), 1, size=(4, 3)).explain(IMAGE).values) < 0.5


def test_words_and_columns_that_never_vary():
    """Padding is in no point hidden, and has 0; a column that is always shown has the coefficient 0."""
    ids = np.asarray(ZOO["lstm"].x)
    found = LIMECalculator(built("lstm"), 2, fill=7).explain(ids, M=2)
    assert found.shape == (5, 6) and not found.values[ids == 0].any()
    design = np.array([[[1.0, 1, 0], [1, 0, 0], [1, 1, 1], [1, 0, 1]]])
    weights = ridge_weights(tf.constant(design), tf.ones([1, 4]), 0.0, tf.range(4)).numpy()[0]
    np.testing.assert_allclose(weights.T @ (design[0] @ [5, 2, -3]), [0, 2, -3], atol=1e-6)


def test_refused():
    with refused("alpha=0", "3 perturbations", "4 parts"):
        LIMECalculator(linear(np.ones(4)), perturbations=3, alpha=0.0).explain(normal(4))
    with pytest.warns(UserWarning, match="1001² numbers, and 20 passes"):
        LIMECalculator(linear(np.ones(1001)), perturbations=20).explain(np.ones((1, 1001), "float32"), M=1)
