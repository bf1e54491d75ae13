"""Dropout that users call with training=True is random in inference, and keyed like any other."""

import keras
import numpy as np
import pytest
from by_hand import distance
from keras import layers as L
from zoo import normal

from kerasal import GradientCalculator, OcclusionCalculator

X = np.abs(normal(6)) + 1


class Own(keras.Model):
    """Calls its dropout in training mode, always."""

    def __init__(self):
        super().__init__()
        self.drop, self.head = L.Dropout(0.25), L.Dense(1, use_bias=False)

    def call(self, x, training=False):
        return self.head(self.drop(x, training=True))


def functional():
    inputs = keras.Input((6,))
    return keras.Model(inputs, L.Dense(1, use_bias=False)(L.Dropout(0.25)(inputs, training=True)))


@pytest.fixture(params=[functional, Own])
def model(request):
    built = request.param()
    built(X)
    built.set_weights([np.ones((6, 1), "float32")])
    return built


def test_masks_are_those_of_dropout(model):
    """Gradients of a sum behind dropout at .25 are 0 or 4/3, and 1 at the clean input."""
    samples = GradientCalculator(model).compute(X, M=40)
    assert set(np.unique(samples.round(4)).tolist()) == {0.0, np.float32(1.3333)}
    assert abs(samples.mean() - 1) < 0.1
    assert distance(GradientCalculator(model).compute(X, M=40, batch_size=3), samples) < 1e-6
    np.testing.assert_allclose(GradientCalculator(model).explain(X).scores, X.sum(1), rtol=1e-5)


def test_all_points_share_a_mask(model):
    masks = GradientCalculator(model).compute(X, M=5)
    assert distance(OcclusionCalculator(model).compute(X, M=5), masks * X) < 1e-5


def test_samples_are_taken_by_default(model):
    assert GradientCalculator(model).explain(X).M == 30
    assert GradientCalculator(model).explain(X, train=True, M=4).unpaired == ()
