"""The blog's eight units on a real ImageNet network."""

import numpy as np
import pytest
from scipy.special import softmax

from kerasal import ActivationMaximizer
from kerasal.activation_maximization import presets

UNITS = [
    544,
    969,
    252,
    946,
    952,
    251,
    509,
    279,
]  # dumbbell, cup, dalmatian, bell pepper, lemon, husky, keyboard, kit fox


@pytest.mark.slow
def test_every_unit_reaches_98_percent(network):
    model = network.load_mobilenet()
    found = ActivationMaximizer(model, UNITS, (-1, 1), **presets.blog(size=model.input_shape[1:3])).maximize()
    assert found.steps == 200 and np.abs(found.images).max() <= 1
    assert np.all(softmax(model.predict(found.images, verbose=0), 1)[np.arange(8), UNITS] >= 0.98)
