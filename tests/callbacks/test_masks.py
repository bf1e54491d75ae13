"""Masks of truth of a logger, as the tab reads them."""

import numpy as np
import pytest
from logged_training import X, Y, everything, fit, linear
from three_parts import refused

from kerasal import load_run

OUTSIDE = np.zeros((2, *X.shape[1:3]))


def test_masks_are_kept_beside_the_maps(tmp_path):
    masks = OUTSIDE.copy()
    masks[0, 1:3], masks[1, :, 2] = 0.5, -1
    fit(linear(), everything(tmp_path, X[:2], Y[:2], masks=masks, on_error="raise"))
    run = load_run(tmp_path)
    assert run.values.shape[1:] == masks.shape
    np.testing.assert_array_equal(run.array("truth"), masks != 0)
    np.testing.assert_array_equal(run.images.shape[:3], masks.shape)  # what the pictures themselves keep stays


@pytest.mark.parametrize(
    ("masks", "words"), [(np.ones((2, 3)), "the shape of the maps"), (OUTSIDE, "example(s) [0, 1]")]
)
def test_masks_that_cannot_be_are_refused_before_training(tmp_path, masks, words):
    model = linear()
    before = model.get_weights()
    with refused(words):
        fit(model, everything(tmp_path, X[:2], Y[:2], masks=masks))
    assert all(map(np.array_equal, model.get_weights(), before)) and not list(tmp_path.iterdir())
