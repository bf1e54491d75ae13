"""The regions of XRAI as PAIR's saliency 0.2.1 finds them; recorded by benchmarks/record_pair_regions.py."""

import functools
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from kerasal import Extremes, IntegratedGradientsCalculator, XRAICalculator, regions

DATA = Path(__file__).parents[1] / "data/pair_regions.npz"
AREA = 50  # pixels, whatever the picture


@functools.cache
def recorded():
    return np.load(DATA)


def masks():
    width = recorded()["image"].shape[1]
    return np.unpackbits(recorded()["masks"], axis=-1, count=width).astype(bool)


def test_the_same_segments():
    assert np.array_equal(regions.felzenszwalb(recorded()["image"]), [each for each in masks() if each.any()])


def test_the_same_regions_of_the_same_segments_and_map():
    for name, coverage in {"all": 1.0, "third": 0.33}.items():
        found = regions.xrai(recorded()["map"][None], masks(), min_area=AREA, coverage=coverage)
        np.testing.assert_array_equal(found.ranks[0], recorded()[f"ranks {name}"])
        np.testing.assert_allclose(found.saliency.values[0], recorded()[f"values {name}"], rtol=1e-5)
        assert len(found.means[0]) > 3 and found.means[0].sum() != 0


class Cubes(keras.layers.Layer):
    """f = Σ w x³ / 3."""

    def call(self, x):
        return tf.reduce_sum(recorded()["map"] * x**3, (1, 2, 3), keepdims=False)[:, None] / 3


def test_the_same_from_a_model():
    x = keras.Input(recorded()["image"].shape)
    model, image = keras.Model(x, Cubes(name="cubes")(x)), recorded()["image"][None]
    base = IntegratedGradientsCalculator(model, baseline=Extremes()).explain(image)
    expected = recorded()["integrated"]
    assert (
        np.abs(base.values[0] - expected).max() < 2e-3 * np.abs(expected).max()
    )  # of PAIR's 2000 steps, from end to end
    found = regions.explain(model, image, segments=masks(), min_area=AREA)
    scale = np.abs(recorded()["values of model"]).max()
    assert np.abs(found.saliency.values[0] - recorded()["values of model"]).max() < 2e-3 * scale
    of_calculator = XRAICalculator(model, segments=masks(), min_area=AREA).explain(image)
    assert np.abs(of_calculator.values[0, ..., 0] - found.saliency.values[0]).max() < 1e-6 * scale
