"""Models whose gradients are known without a computer."""

import keras
import numpy as np
from keras import layers as L
from zoo_layers import Sum

from kerasal import GradientCalculator


def linear(kernel, name="linear"):
    """x @ kernel, no bias; a vector is one output."""
    kernel = np.asarray(kernel, "float32")
    kernel = kernel[:, None] if kernel.ndim == 1 else kernel
    model = keras.Sequential([keras.Input((kernel.shape[0],)), L.Dense(kernel.shape[1], use_bias=False, name=name)])
    model.set_weights([kernel])
    return model


def summed(*layers, shape, power=1):
    """Σ layers(x)^power per example."""
    x = inputs = keras.Input(shape)
    for layer in layers:
        x = layer(x)
    return keras.Model(inputs, Sum(power)(x))


def ones(*shape):
    """Two examples of ones."""
    return np.ones((2, *shape), "float32")


def samples_of(model, x, M=40, train=True, **kwargs):
    return GradientCalculator(model, **kwargs).compute(x, M=M, train=train)


def levels(samples):
    """The different values, to four places."""
    return sorted(set(np.unique(np.asarray(samples, "float64").round(4) + 0.0)))
