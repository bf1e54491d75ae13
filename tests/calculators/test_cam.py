"""Class activation maps against their formulas in NumPy, and which layer they take by themselves."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf
from by_hand import dense, distance, hand_gradient, into
from closed_forms import summed
from keras import layers as L
from peer_networks import rebuild, stored
from three_parts import refused
from zoo import ZOO, Case, built, normal

from kerasal import (
    GaussianNoiseSampler,
    GradCAMCalculator,
    GradCAMPlusPlusCalculator,
    GradientCalculator,
    LayerCAMCalculator,
    LayerExtractor,
    ScoreCAMCalculator,
)
from kerasal._spatial.axes import resized as kerasal_resized

STORED = stored()
CLASSES, N = STORED["image.classes"].tolist(), 3
network = functools.partial(rebuild, "image")
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
    """A pass for each channel, resized to the input and then scaled to [0, 1] per example (the paper's equation 4)."""
    feature_map = np.asarray(LayerExtractor(layer).submodel(model)(x))
    masks = resized(feature_map, x.shape[1:3])
    low, high = over_space(np.min, masks), over_space(np.max, masks)
    masks = np.divide(masks - low, high - low, out=np.zeros_like(masks), where=high > low)
    logits = [np.asarray(model(x * masks[..., k : k + 1])) for k in range(masks.shape[-1])]
    of_class = np.stack([values[np.arange(len(x)), classes] for values in logits], -1)
    weights = np.exp(of_class - of_class.max(-1, keepdims=True))
    weights /= weights.sum(-1, keepdims=True)
    return resized(relu(np.einsum("nhwk,nk->nhw", feature_map, weights))[..., None], x.shape[1:3])


@pytest.mark.parametrize("layer", [None, "first", "pool"])
def test_score_cam(layer):
    """The last layer has channels that are zero everywhere: they let nothing through, and have their share of the softmax."""
    x, expected = STORED["image.x"], score_cam(STORED["image.x"], network(), layer or "last", CLASSES)
    calculator = ScoreCAMCalculator(network(), CLASSES, layer=layer)
    for size in (None, 4):
        assert distance(calculator.explain(x, batch_size=size).values, expected) < 1e-5


@pytest.mark.parametrize("size", [(12, 9), (5, 9), (7, 3), (2, 2), (14, 10)])
def test_resizing(size):
    maps = normal(7, 5, 2)
    np.testing.assert_allclose(kerasal_resized(tf.constant(maps), size), resized(maps, size), atol=1e-5)


class Subclassed(keras.Model):
    """Three convolutions, of which the last one sees a single position."""

    def __init__(self):
        super().__init__()
        self.head = L.Dense(4, name="head")  # made first, called last
        self.a = L.Conv2D(3, 2, activation="relu", name="a")
        self.b = L.Conv2D(4, 2, activation="tanh", name="b")
        self.c = L.Conv2D(6, (5, 3), activation="relu", name="c")

    def call(self, x):
        return self.head(tf.reshape(self.c(self.b(self.a(x))), [-1, 6]))


def subclassed():
    model = Subclassed()
    model(ZOO["cnn"].x)
    return model


def grey():
    inputs = keras.Input((7, 5))
    x = L.Conv2D(3, 2, activation="relu", name="conv")(L.Reshape((7, 5, 1))(inputs))
    return keras.Model(inputs, L.Dense(4, name="head")(L.Flatten()(x)))


def series():
    body = [L.Conv1D(3, 4, activation="tanh", name="conv"), L.AveragePooling1D(2, name="pool"), L.Flatten(), L.Dense(4)]
    return keras.Sequential([keras.Input((11, 2)), *body])


FOUND = {  # case, the layer expected
    "sequential": (Case(ZOO["sequential"].make, ZOO["sequential"].x, into("softmax")), "max_pooling2d"),
    "nested": (Case(ZOO["nested in sequential"].make, ZOO["cnn"].x, dense("head")), "batch_normalization"),
    "subclassed": (Case(subclassed, ZOO["cnn"].x), "b"),
    "images without channels": (Case(grey, normal(7, 5)), "conv"),
    "series": (Case(series, normal(11, 2)), "pool"),
}


@pytest.mark.parametrize("kind", [GradCAMCalculator, LayerCAMCalculator])
@pytest.mark.parametrize("what", FOUND)
def test_the_layer_is_found(what, kind):
    case, layer = FOUND[what]
    model = case.build()
    layer = next(inner.name for inner in model._flatten_layers() if inner.name.startswith(layer))
    spatial = case.x.shape[1:-1] if case.x.ndim > 2 and what != "images without channels" else case.x.shape[1:]
    found = kind(model, "all").explain(case.x)
    assert repr(layer) in found.about["layer"], found.about["layer"]
    expected = np.stack([by_formula(kind, case, model, layer, [c] * 5, spatial) for c in range(4)], 1)
    assert distance(found.values, expected[..., 0] if what == "images without channels" else expected) < 1e-5


def test_noise_is_on_the_point():
    x, how = STORED["image.x"], {"M": 2, "noise_sampler": GaussianNoiseSampler(scale=0.5)}
    points = GradientCalculator(summed(shape=x.shape[1:], power=2)).compute(x, **how) / 2
    for kind in (GradCAMCalculator, ScoreCAMCalculator):
        calculator = kind(network(), CLASSES)
        for sample, point in zip(calculator.compute(x, **how), points, strict=True):
            assert distance(sample, calculator.explain(point).values) < 1e-4


def test_all_classes():
    x = STORED["image.x"]
    for kind in (GradCAMCalculator, ScoreCAMCalculator):
        found = kind(network(), "all").explain(x).values
        assert found.shape == (3, 4, 12, 9, 1)
        assert distance(found[:, 2], kind(network(), 2).explain(x).values) < 1e-5


@pytest.mark.parametrize("kind", [GradCAMCalculator, ScoreCAMCalculator])
def test_refused(kind):
    with refused("spatial", "dense", "(12,)", "GradientCalculator"):
        kind(built("table")).explain(ZOO["table"].x)
    with refused("spatial", "hidden"):
        kind(network(), layer="hidden").explain(STORED["image.x"])
    with refused("lats", "'last'"):
        kind(network(), layer="lats").explain(STORED["image.x"])
    with refused("one number per"):
        ScoreCAMCalculator(network(), eval_fun=lambda x: tf.reduce_sum(network()(x))).explain(STORED["image.x"])
