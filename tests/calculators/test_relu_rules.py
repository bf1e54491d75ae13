"""Guided backpropagation and deconvnets: how Relu, Relu6 and LeakyRelu pass gradients back, and two recipes of others."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf
from by_hand import distance
from keras import layers as L
from peer_networks import rebuild, stored
from snapshots import unchanged
from three_parts import refused
from zoo import ZOO, built, normal, randomised

from kerasal import GaussianNoiseSampler, GradCAMCalculator, GradientCalculator, LayerExtractor
from kerasal.visualizers import abs_max_scaler, min_max_scaler

STORED = stored()
CLASSES = STORED["image.classes"].tolist()
network = functools.partial(rebuild, "image")
CORNERS = np.array([[0, 0], [1, 0], [0, 1], [1, 1], [-1, 0], [0, -1], [-1, -1]], "float32")
TABLE = {None: [0, 1, 1, 1, 1, 1, 1], "guided": [0, 1, 1, 1, 0, 0, 0], "rectified": [1, 1, 1, 1, 1, 1, 1]}


@pytest.mark.parametrize("rule", TABLE)
@pytest.mark.parametrize("target", [None, "pre"])
def test_table_of_keras_vis(rule, target):
    """relu(∓ x₁ ∓ x₂), the second minus the first."""
    body = [L.Dense(2, activation="relu", use_bias=False, name="first"), L.Dense(1, use_bias=False)]
    model = keras.Sequential([keras.Input((2,)), *body])
    model.set_weights([np.array([[-1.0, 1.0], [-1.0, 1.0]]), np.array([[-1.0], [1.0]])])
    extractor = target and LayerExtractor("first", timing=target)
    found = GradientCalculator(model, target_extractor=extractor, relu_rule=rule).explain(CORNERS)
    np.testing.assert_array_equal(found.values, np.repeat(np.array(TABLE[rule], "float32")[:, None], 2, 1))


ACTIVATIONS = {  # how it is written: (layer, value up to which units are active)
    "ReLU": (lambda: L.ReLU(), np.inf),
    "relu": (lambda: L.Activation("relu"), np.inf),
    "tf.nn.relu": (lambda: L.Lambda(lambda x: tf.nn.relu(x)), np.inf),
    "ReLU(6)": (lambda: L.ReLU(6.0), 6),
    "tf.nn.relu6": (lambda: L.Activation(tf.nn.relu6), 6),
    "LeakyReLU": (lambda: L.LeakyReLU(), np.inf),
    "tf.nn.leaky_relu": (lambda: L.Lambda(lambda x: tf.nn.leaky_relu(x, 0.1)), np.inf),
}
X = np.array([[-1, 3, 7, -4, 5, 9], [2, -3, 8, 6.5, -9, 1]], "float32")
KERNEL = np.array([[2, -3, 5, 1, 4, -1], [-1, 2, -2, 3, -3, 6]], "float32")


@pytest.mark.parametrize("what", ACTIVATIONS)
@pytest.mark.parametrize("rule", ["guided", "rectified"])
def test_kinds_of_activations(what, rule):
    """Positive gradients pass; with "guided" only through active units: not those below 0, nor those at 6 of a ReLU6."""
    make, top = ACTIVATIONS[what]
    model = keras.Sequential([keras.Input((6,)), make(), L.Dense(2, use_bias=False)])
    model.set_weights([KERNEL.T])
    found = GradientCalculator(model, "all", relu_rule=rule).explain(X)
    active = (X > 0) & (X < top) if rule == "guided" else np.ones_like(X)
    np.testing.assert_array_equal(found.values, active[:, None] * np.maximum(KERNEL, 0))


class Own(keras.Model):
    """tf.nn.relu in its own call, and a ReLU two models down."""

    def __init__(self):
        super().__init__()
        self.first, self.last = L.Dense(7, name="first"), L.Dense(3, name="last")
        self.nested = keras.Sequential([keras.Sequential([L.Dense(5, activation="relu", name="middle")])])

    def call(self, x):
        return self.last(self.nested(tf.nn.relu(self.first(x))))


def own():
    model = Own()
    model(ZOO["table"].x)
    return randomised(model)


def passes(rule, gradient, h):
    """What a ReLU of output h lets back."""
    passed = gradient if rule is None else np.maximum(gradient, 0)
    return passed if rule == "rectified" else passed * (h > 0)


def by_hand(model, x, rule):
    """Gradient of class 1, layer by layer."""
    (a, a0), (b, b0), (c, _) = (layer.get_weights() for layer in (model.first, model.nested, model.last))
    h = np.maximum(x @ a + a0, 0)
    gradient = passes(rule, np.tile(c[:, 1], (len(x), 1)), np.maximum(h @ b + b0, 0)) @ b.T
    return passes(rule, gradient, h) @ a.T


@pytest.mark.parametrize("rule", [None, "guided", "rectified"])
def test_relus_anywhere_and_nothing_left_behind(rule):
    model, x = own(), ZOO["table"].x
    predicted = model.predict(x, verbose=0)
    with unchanged(model):
        calculator = GradientCalculator(model, 1, relu_rule=rule)
        found = calculator.explain(x).values
    assert distance(found, by_hand(model, x, rule)) < 1e-5
    np.testing.assert_array_equal(model.predict(x, verbose=0), predicted)
    assert distance(GradientCalculator(model, 1).explain(x).values, by_hand(model, x, None)) < 1e-5
    model.set_weights([weight[::-1] * 1.0 for weight in model.get_weights()])  # no copy that keeps the old weights
    assert distance(calculator.explain(x).values, by_hand(model, x, rule)) < 1e-5
    assert distance(by_hand(model, x, rule), found) > 0.01


def test_rules_differ_with_noise_too():
    """Samples of a rule are what the rule gives at the noisy points."""
    model, x, how = own(), ZOO["table"].x, {"M": 2, "noise_sampler": GaussianNoiseSampler(scale=0.3)}
    products = GradientCalculator(model, 1, multiply_target=True).compute(x, **how)
    points = products / GradientCalculator(model, 1).compute(x, **how)
    samples = GradientCalculator(model, 1, relu_rule="guided").compute(x, **how)
    for sample, point in zip(samples, points, strict=True):
        assert distance(sample, by_hand(model, point, "guided")) < 1e-3


def test_grad_cam_with_a_rule():
    """Between layer "last" and the score lies one ReLU, of "hidden"."""
    x, model = STORED["image.x"], network()
    feature_map = np.asarray(LayerExtractor("last").submodel(model)(x))
    (b, b0), (c, _) = (model.get_layer(name).get_weights() for name in ("hidden", "logits"))
    gradient = passes("guided", c[:, CLASSES].T, np.maximum(feature_map.reshape(3, -1) @ b + b0, 0)) @ b.T
    weights = gradient.reshape(feature_map.shape).mean((1, 2), keepdims=True)
    maps = np.maximum(np.sum(weights * feature_map, -1, keepdims=True), 0)
    found = GradCAMCalculator(model, CLASSES, layer="last", relu_rule="guided").explain(x)
    assert distance(found.values, tf.image.resize(maps, (12, 9))) < 1e-5


def test_refused():
    with refused("relu_rule", "tanh", "guided"):
        GradientCalculator(built("activation"), relu_rule="guided").explain(ZOO["activation"].x)
    body = [L.SimpleRNN(4, activation="relu", name="steps"), L.Dense(3, activation="relu")]
    model = keras.Sequential([keras.Input((6, 4)), *body])
    with refused("recurrent", "relu"):
        GradientCalculator(model, relu_rule="rectified").explain(normal(6, 4))
    with refused("relu_rule", "deconv", "rectified"):
        GradientCalculator(built("table"), relu_rule="deconv")


def test_map_of_keras_vis():
    """The maximum over channels of |g|, each image scaled to [0, 1]; stored as tf-keras-vis made it."""
    found = GradientCalculator(network(), CLASSES).explain(STORED["image.x"], method="abs", ch_axis=-1, ch_reduce="max")
    maps = min_max_scaler(found, axis=(1, 2))
    assert distance(maps, STORED["tf_keras_vis.saliency_default"]) < 1e-4


def test_map_of_the_blog():
    """SmoothGrad: |mean of the samples|, summed over colours, each image divided by its maximum."""
    calculator, how = GradientCalculator(network(), CLASSES), {"M": 5, "noise_sampler": GaussianNoiseSampler(scale=0.2)}
    found = calculator.explain(STORED["image.x"], method="mean_abs", ch_axis=-1, **how)
    maps = abs_max_scaler(found, axis=(1, 2))
    expected = np.abs(calculator.compute(STORED["image.x"], **how).mean(0)).sum(-1)
    assert distance(maps, expected / expected.max((1, 2), keepdims=True)) < 1e-5
