"""FullGrad: completeness over every kind of layer, the map by hand, what it refuses, and an ImageNet network."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf
from by_hand import distance, find
from closed_forms import summed
from keras import layers as L
from test_imagenet import images, network  # noqa: F401
from three_parts import refused
from zoo import ZOO, built, normal, randomised

from kerasal import FullGradientCalculator, GaussianNoiseSampler, LayerExtractor, scores

IMAGE, SHAPE = ZOO["cnn"].x, (7, 5, 2)


def image(*body, shape=SHAPE):
    """A network of these layers, its weights and moving statistics random."""
    return randomised(keras.Sequential([keras.Input(shape), *body, L.Flatten(), L.Dense(3)]))


def gap(model, x=IMAGE, score=1, **how):
    """The largest relative gap; the saliency's scores are the model's."""
    found = FullGradientCalculator(model, score, **how).explain(x)
    return found.relative_gap.max()


def activated(*names):
    return [L.Conv2D(4, (3, 2), padding="same", activation=name) for name in names]


BODIES = {  # layers in a row
    "convolutions": lambda: [
        L.Conv2D(4, (3, 2), padding="same", strides=(2, 1)),
        L.ReLU(),
        L.DepthwiseConv2D((2, 3), depth_multiplier=2),
        L.ReLU(),
        L.SeparableConv2D(5, 2, padding="same"),
        L.ReLU(),
        L.Conv2DTranspose(3, (2, 3), strides=2),
    ],
    "normalisations": lambda: [
        L.Rescaling(0.5, offset=-1.0),
        L.Normalization(mean=[0.1, 0.2], variance=[2.0, 0.5]),
        L.Conv2D(4, 2),
        L.BatchNormalization(),
        L.ReLU(),
        L.BatchNormalization(scale=False),
        L.ReLU(max_value=6.0, negative_slope=0.1, threshold=0.2),
    ],
    "fused activations": lambda: activated("relu", "tanh", "sigmoid", "swish", "softplus", "elu", "gelu"),
    "activation layers": lambda: [
        layer
        for activation in (L.LeakyReLU(), L.PReLU(), L.ELU(), L.Activation("selu"), L.Activation(tf.nn.relu6))
        for layer in (L.Conv2D(4, 2, padding="same"), activation)
    ],
    "space": lambda: [
        L.ZeroPadding2D(((1, 0), (0, 2))),
        L.Conv2D(4, 2, activation="relu"),
        L.UpSampling2D(2, interpolation="bilinear"),
        L.Cropping2D(((2, 1), (1, 0))),
        L.MaxPooling2D(2, padding="same"),
        L.SpatialDropout2D(0.3),
        L.AveragePooling2D((2, 1)),
        L.Permute((2, 1, 3)),
    ],
    "a table": lambda: [L.GlobalAveragePooling2D(), L.Dense(6, "relu"), L.Reshape((3, 2)), L.Conv1D(4, 2, activation="relu")],
}


@pytest.mark.parametrize("name", BODIES)
def test_completeness_of_layers(name):
    assert gap(image(*BODIES[name]())) < 1e-4


MODELS = ["cnn", "sequential", "sigmoid", "nested", "nested in sequential", "subclassed softmax", "residual", "table", "series", "shared"]


@pytest.mark.parametrize("name", MODELS)
def test_completeness_of_models(name):
    assert gap(built(name), ZOO[name].x, ZOO[name].score or None) < 1e-4


@pytest.mark.parametrize("name", ["two inputs", "dict inputs"])
def test_the_other_input_has_its_share(name):
    assert gap(built(name), ZOO[name].x) < 1e-4
