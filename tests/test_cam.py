"""Class activation maps against their formulas in NumPy, and which layer they take by themselves."""

import functools
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from by_hand import distance, find, hand_gradient
from keras import layers as L
from peer_networks import rebuild
from three_parts import refused
from zoo import ZOO, Case, built, normal, randomised

from kerasal import (
    GaussianNoiseSampler,
    GradCAMCalculator,
    GradCAMPlusPlusCalculator,
    LayerCAMCalculator,
    LayerExtractor,
    OcclusionCalculator,  # noqa: F401
    ScoreCAMCalculator,
)

STORED = dict(np.load(Path(__file__).parent / "data" / "peers.npz"))
CLASSES, N = STORED["image.classes"].tolist(), 3
network = functools.cache(lambda: rebuild("image", STORED))
relu = functools.partial(np.maximum, 0)


def space(maps):
    return tuple(range(1, np.ndim(maps) - 1))


def over_space(reduce, maps):
    return reduce(maps, axis=space(maps), keepdims=True)


def grad_cam(a, g):
    return relu(np.sum(over_space(np.mean, g) * a, -1, keepdims=True))


def plus_plus(a, g):
    divisor = 2 * g**2 + g**3 * over_space(np.sum, a)
    alpha = np.divide(g**2, divisor, out=np.zeros_like(g), where=g != 0)
    return relu(np.sum(over_space(np.sum, alpha * relu(g)) * a, -1, keepdims=True))


def layer_cam(a, g):
    return relu(np.sum(relu(g) * a, -1, keepdims=True))


KINDS = {GradCAMCalculator: grad_cam, GradCAMPlusPlusCalculator: plus_plus, LayerCAMCalculator: layer_cam}


def resized(maps, size):
    """As tf.image.resize; a series is an image one pixel high."""
    if len(size) == 1:
        return resized(np.asarray(maps)[:, None], (1, *size))[:, 0]
    return tf.image.resize(np.float32(maps), size, "bilinear").numpy()


def by_formula(kind, case, model, layer, classes, size):
    gradient, feature_map = hand_gradient(case, model, layer=layer, classes=classes)
    return resized(KINDS[kind](np.float64(feature_map), np.float64(gradient)), size)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("layer", ["last", "first", LayerExtractor("pool"), None])
def test_formulas(kind, layer):
    x = STORED["image.x"]
    name = getattr(layer, "layer", layer) or "last"
    expected = by_formula(kind, Case(network, x), network(), name, CLASSES, (12, 9))
    found = kind(network(), CLASSES, layer=layer).explain(x)
    assert found.shape == (3, 12, 9, 1) and found.values.min() >= 0
    assert distance(found.values, expected) < 1e-5
    np.testing.assert_allclose(found.scores, STORED["image.logits"][np.arange(3), CLASSES], rtol=1e-4)


def score_cam(x, model, layer, classes):
    """A pass for each channel, resized to the input and scaled to [0, 1] per example."""
    feature_map = np.asarray(LayerExtractor(layer).submodel(model)(x))
    masks = resized(scaled(feature_map), x.shape[1:3])
    logits = [np.asarray(model(x * masks[..., k : k + 1])) for k in range(masks.shape[-1])]
    of_class = np.stack([values[np.arange(len(x)), classes] for values in logits], -1)
    weights = np.exp(of_class - of_class.max(-1, keepdims=True))
    weights /= weights.sum(-1, keepdims=True)
    return resized(relu(np.einsum("nhwk,nk->nhw", feature_map, weights))[..., None], x.shape[1:3])


def scaled(maps):
    low, high = over_space(np.min, maps), over_space(np.max, maps)
    return np.divide(maps - low, high - low, out=np.zeros_like(maps), where=high > low)


@pytest.mark.parametrize("layer, named", [("last", None), ("first", "first"), ("last", "last")])
def test_score_cam(layer, named):
    """Layer "last" has channels that are zero everywhere: they let nothing through, and have their share of the softmax."""
    x = STORED["image.x"]
    calculator = ScoreCAMCalculator(network(), CLASSES, layer=named)
    expected = score_cam(x, network(), layer, CLASSES)
    for size in (None, 4):
        assert distance(calculator.explain(x, batch_size=size).values, expected) < 1e-5
