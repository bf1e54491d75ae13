"""FullGrad: completeness over every kind of layer, the map by hand, what it refuses, and an ImageNet network."""

import contextlib

import keras
import numpy as np
import pytest
import tensorflow as tf
from by_hand import distance, find, spy
from keras import layers as L
from three_parts import refused
from zoo import ZOO, built, randomised

from kerasal import FullGradientCalculator, GaussianNoiseSampler, LayerExtractor, scores

IMAGE, SHAPE = ZOO["cnn"].x, (7, 5, 2)


def image(*body, shape=SHAPE):
    """A network of these layers, its weights and moving statistics random."""
    return randomised(keras.Sequential([keras.Input(shape), *body, L.Flatten(), L.Dense(3)]))


def gap(model, x=IMAGE, score=1, **how):
    """The largest relative gap."""
    return FullGradientCalculator(model, score, **how).explain(x).relative_gap.max()


def activated(*names):
    return [L.Conv2D(4, (3, 2), padding="same", activation=name) for name in names]


BODIES = {  # layers in a row
    "convolutions": lambda: [
        L.Conv2D(4, (3, 2), strides=(2, 1), padding="same", activation="relu"),
        L.DepthwiseConv2D((2, 3), depth_multiplier=2, activation="tanh"),
        L.SeparableConv2D(5, 2, padding="same", activation="relu"),
        L.Conv2DTranspose(3, (2, 3), strides=2),
    ],
    "normalisations": lambda: [
        *(L.Rescaling(0.5, offset=-1.0), L.Normalization(mean=[0.1, 0.2], variance=[2.0, 0.5])),
        *(L.BatchNormalization(), L.ReLU(), L.Conv2D(4, 2), L.BatchNormalization(scale=False)),
        L.ReLU(max_value=6.0, negative_slope=0.1, threshold=0.2),
    ],
    "fused activations": lambda: [
        L.Conv2D(4, (3, 2), padding="same", activation=name)
        for name in ("relu", "tanh", "sigmoid", "swish", "softplus", "elu", "gelu")
    ],
    "activation layers": lambda: [
        layer
        for activation in (L.LeakyReLU(), L.PReLU(), L.ELU(), L.Activation("selu"), L.Activation(tf.nn.relu6))
        for layer in (L.Conv2D(4, 2, padding="same"), activation)
    ],
    "space": lambda: [
        *(L.ZeroPadding2D(((1, 0), (0, 2))), L.Conv2D(4, 2, activation="relu"), L.UpSampling2D(2)),
        *(L.Cropping2D(((2, 1), (1, 0))), L.MaxPooling2D(2, padding="same"), L.SpatialDropout2D(0.3)),
        *(L.AveragePooling2D((2, 1)), L.Permute((2, 1, 3))),
    ],
    "a table": lambda: [L.GlobalAveragePooling2D(), L.Dense(6, "relu"), L.Reshape((3, 2)), L.Conv1D(4, 2)],
}


@pytest.mark.parametrize("name", BODIES)
def test_completeness_of_layers(name):
    assert gap(image(*BODIES[name]())) < 1e-4


MODELS = ["cnn", "nested", "subclassed softmax", "residual", "series", "noisy", "shared", "two inputs", "dict inputs"]


@pytest.mark.parametrize("name, layer", [*((n, None) for n in MODELS), *((n, "inner") for n in MODELS[-3:])])
def test_completeness_of_models(name, layer):
    """Of several inputs, the others' share counts; of the biases before a target, none has a share."""
    assert gap(built(name), ZOO[name].x, None, target_extractor=layer and LayerExtractor(layer)) < 1e-4


def test_completeness_behind_what_could_not_be_accounted_for():
    model = image(L.LayerNormalization(), L.Conv2D(4, 2, activation="relu", name="late"))
    assert gap(model, target_extractor=LayerExtractor("late")) < 1e-4
    body = [L.Embedding(9, 4, name="embed"), L.Conv1D(5, 3, activation="relu"), L.Flatten(), L.Dense(3)]
    model = randomised(keras.Sequential([keras.Input((6,), dtype="int32"), *body]))
    assert gap(model, ZOO["lstm"].x, target_extractor=LayerExtractor("embed")) < 1e-4


@pytest.mark.parametrize("name, score", [("cnn", "all"), ("noisy", scores.Margin(2, 0))])
def test_completeness_of_every_sample(name, score):
    calculator = FullGradientCalculator(built(name), score)
    found = calculator.explain(ZOO[name].x, M=3, train=True, noise_sampler=GaussianNoiseSampler(), batch_size=8)
    assert found.relative_gap.shape == found.scores.shape and found.relative_gap.max() < 1e-4


def positions(*layers):
    """Σ layers(x): with layers that look at one position, the signed map is what each position adds."""
    model = keras.Sequential([keras.Input(SHAPE), *layers, L.Flatten(), L.Dense(1, use_bias=False)])
    model.layers[-1].set_weights([np.ones(model.layers[-1].kernel.shape)])
    return model


def test_saturated_relu6():
    model = positions(L.Conv2D(4, 1, name="z"), L.ReLU(6.0))
    kernel, bias = np.random.default_rng(0).normal(size=(2, 4)), np.array([1.0, -1.0, 2.0, 0.5])
    find(model, "z").set_weights([kernel[None, None], bias])
    x, adds = 9 * IMAGE, np.clip(9 * IMAGE @ kernel + bias, 0, 6)
    assert 0.1 < np.mean(adds == 6) < 0.4 and 0.2 < np.mean(adds == 0)
    found = FullGradientCalculator(model, psi="signed").explain(x)
    np.testing.assert_allclose(found.values[..., 0], adds.sum(-1), rtol=1e-4, atol=1e-4)
    assert np.all(found.relative_gap < 1e-4)


def test_small_variance():
    """The epsilon is the layer's own: at a variance of .002 another one is far off."""
    model = positions(L.BatchNormalization(name="norm"))
    find(model, "norm").set_weights(np.array([[1.5, -0.5], [0.2, 0.1], [0.3, -0.4], [0.002, 0.002]]))
    adds = (IMAGE - [0.3, -0.4]) / np.sqrt(0.002 + 1e-3) * [1.5, -0.5] + [0.2, 0.1]
    found = FullGradientCalculator(model, psi="signed").explain(IMAGE)
    np.testing.assert_allclose(found.values[..., 0], adds.sum(-1), rtol=1e-4, atol=1e-3)


def rescaled(term):
    term = np.abs(term)
    low, high = term.min((1, 2, 3), keepdims=True), term.max((1, 2, 3), keepdims=True)
    return (term - low) / (high - low)


PSI = {"abs": np.abs, "rescaled": rescaled, "signed": lambda term: term, "square": np.square}


@pytest.mark.parametrize("psi, fused", [("abs", True), ("rescaled", False), ("signed", False), ("square", True)])
def test_map_by_hand(psi, fused):
    """One convolution: ψ of input × gradient, and of its bias × the gradient before the activation, enlarged."""
    conv = L.Conv2D(4, (3, 2), strides=(2, 1), activation="relu" if fused else None)
    model = image(conv, L.ReLU())
    head, x = model.layers[-1], tf.constant(IMAGE)
    with tf.GradientTape() as tape:
        tape.watch(x)
        z = tf.nn.conv2d(x, tf.convert_to_tensor(conv.kernel), (2, 1), "VALID") + tf.convert_to_tensor(conv.bias)
        score = (tf.reshape(tf.nn.relu(z), [5, -1]) @ tf.convert_to_tensor(head.kernel))[:, 2]  # but for its bias
    of_x, of_z = (np.asarray(g) for g in tape.gradient(score, [x, z]))
    at_z = PSI[psi](of_z * np.asarray(conv.bias)).sum(-1, keepdims=True)
    expected = PSI[psi](of_x * IMAGE).sum(-1, keepdims=True) + tf.image.resize(at_z, SHAPE[:2], "bilinear")
    found = FullGradientCalculator(model, 2, psi=tf.square if psi == "square" else psi).explain(IMAGE)
    assert found.shape == (5, 7, 5, 1) and distance(found.values, expected) < 1e-5


UNACCOUNTED = {
    "layer normalisation": lambda: [L.LayerNormalization(name="culprit")],
    "recurrent": lambda: [L.Reshape((35, 2)), L.LSTM(3, name="culprit")],
    "softmax over channels": lambda: [L.Conv2D(4, 1, activation="softmax", name="culprit")],
    "own layer": lambda: [L.Lambda(lambda x: x * x + 1.0, name="culprit")],
}


@pytest.mark.parametrize("what", UNACCOUNTED)
def test_refused(what):
    with refused("culprit", "IntegratedGradients"):
        gap(image(*UNACCOUNTED[what]()))


def test_also_refused():
    with refused("head", "IntegratedGradients"):  # the probability
        gap(built("cnn"), logits=False)
    with refused("IntegratedGradients"):
        gap(built("attention"), ZOO["attention"].x)
    with refused("psi", "absolute", "rescaled"):
        FullGradientCalculator(built("cnn"), psi="absolute")


class AddsTen(keras.Model):
    """A bias in the user's own code."""

    def __init__(self):
        super().__init__()
        self.head = L.Dense(3)

    def call(self, x):
        return self.head(x) + 10.0


def test_warns_of_what_no_layer_adds():
    model = AddsTen()
    model(ZOO["table"].x)
    with pytest.warns(UserWarning, match="does not account for"):
        found = FullGradientCalculator(randomised(model), 0).explain(ZOO["table"].x)
    np.testing.assert_allclose(found.completeness_gap, [-10.0] * 5, rtol=1e-4)


def test_what_biases_alone_miss(network, images):
    """Of an ImageNet network, what saturated ReLU6 add: for the dog, biases come to -3.7 and the score to 14.3."""
    model, x = network.load_mobilenet(), tf.constant(images[5:])
    assert gap(model, images[5:], None) < 1e-4
    layers = [layer for layer in model.layers if layer.weights]
    with tf.GradientTape() as tape, contextlib.ExitStack() as stack:
        tape.watch(x)
        calls = [stack.enter_context(spy(layer, tape)) for layer in layers]
        top = tf.reduce_max(model(x, training=False), -1)
    of_x, *of_z = tape.gradient(top, [x, *(call[0][1] for call in calls)])
    biases = sum(np.sum(g * tf.convert_to_tensor(layer.bias)) for g, layer in zip(of_z, layers, strict=True))
    assert abs(top[0] - 14.3) < 0.05 and abs(np.sum(of_x * x) + biases + 3.7) < 0.05
