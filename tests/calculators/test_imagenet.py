"""A real ImageNet network: the gradient of the top class equals a plain tape, before and after saving."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from by_hand import distance
from imagenet import TOP

from kerasal import (
    FullGradientCalculator,
    GaussianNoiseSampler,
    GradCAMCalculator,
    GradientCalculator,
    IntegratedGradientsCalculator,
)


@pytest.fixture(scope="module")
def expected(network, images):
    """Gradients of the top logit, and the classes, by a tape over the logits."""
    model, x = network.load_mobilenet(), tf.constant(images)
    with tf.GradientTape() as tape:
        tape.watch(x)
        top = tf.reduce_max(model(x, training=False), axis=1)
    return tape.gradient(top, x).numpy(), model.predict(images, verbose=0).argmax(-1)


@pytest.mark.parametrize("activation", [None, "softmax"])
def test_top_class_gradient(network, images, expected, activation, tmp_path):
    model = network.load_mobilenet(activation)
    gradient, classes = expected
    for name, index in zip(TOP.values(), classes, strict=True):
        assert name in network.labels()[index]
    found = GradientCalculator(model).explain(images, batch_size=4)
    assert distance(found.values, gradient) < 1e-5
    model.save(tmp_path / "network.keras")
    loaded = keras.models.load_model(tmp_path / "network.keras")
    assert distance(GradientCalculator(loaded).explain(images).values, gradient) < 1e-5


def test_smoothgrad_explains_the_clean_class(network, images, expected):
    """The sample of a tiny noise is the clean gradient's neighbour; its class never follows the noise."""
    model, classes = network.load_mobilenet("softmax"), expected[1]
    noise = GaussianNoiseSampler(scale=0.4)  # enough to change most predictions
    found = GradientCalculator(model).explain(images[4:], M=3, noise_sampler=noise, seed=2)
    told = GradientCalculator(model, classes[4:].tolist()).explain(images[4:], M=3, noise_sampler=noise, seed=2)
    assert distance(found.values, told.values) < 1e-5


@pytest.mark.slow
def test_integrated_gradients_to_one_percent(network, images):
    """Uniform midpoints need 512 nodes for these six; 64 leave gaps of up to 10 %."""
    model = network.load_mobilenet()
    coarse = IntegratedGradientsCalculator(model).explain(images, ch_axis=-1)
    found = IntegratedGradientsCalculator(model, completeness_tolerance=0.01).explain(images, ch_axis=-1)
    assert 0.01 < np.max(coarse.relative_gap) < 0.2
    assert np.all(found.relative_gap <= 0.01)
    assert all(distance(a.values, b.values) < 0.2 for a, b in zip(found, coarse, strict=True))


def test_full_gradients_add_up(network, images):
    """With ReLU6, which is no homogeneous function once it saturates."""
    found = FullGradientCalculator(network.load_mobilenet()).explain(images)
    assert found.shape == (6, 192, 192, 1) and np.all(np.abs(found.completeness_gap) < 1e-4 * found.scores)


def test_grad_cam_finds_the_last_feature_map(network, images):
    found = GradCAMCalculator(network.load_mobilenet()).explain(images)
    assert found.shape == (6, 192, 192, 1) and "conv13_pointwise_relu" in found.about["layer"]
    assert np.all(found.values >= 0) and np.all(found.values.max((1, 2, 3)) > 0)
