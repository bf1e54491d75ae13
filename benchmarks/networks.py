"""The models that are timed: their own random weights, logits."""

import keras
import numpy as np


def settled(model):
    """The model with the statistics of random images in its BatchNormalizations: with the 0 and 1 that they begin with, the logits
    of deep networks are so small that a hidden window changes them by less than rounding does."""
    normalizations = [layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)]
    momentum = [layer.momentum for layer in normalizations]
    for layer in normalizations:
        layer.momentum = 0.0
    model(np.random.default_rng(1).random((4, *model.input_shape[1:]), "float32"), training=True)
    for layer, before in zip(normalizations, momentum, strict=True):
        layer.momentum = before
    return model


def mobilenet(size=224):
    """On size × size pixels."""
    return settled(keras.applications.MobileNetV2((size, size, 3), weights=None, classifier_activation=None))


def resnet50():
    return settled(keras.applications.ResNet50(weights=None, classifier_activation=None))


def vgg16():
    return keras.applications.VGG16(weights=None, classifier_activation=None)


def efficientnet():
    """Its 16 dropouts of whole branches and the one before the last layer are what BayesGrad draws."""
    return settled(keras.applications.EfficientNetB0(weights=None, classifier_activation=None))


def small_cnn(width=32, classes=10):
    """Two convolutions and two dense layers, `width` kernels in the first of them."""
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(width, 3, activation="relu"),
            layers.Conv2D(2 * width, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Dropout(0.25),
            layers.Flatten(),
            layers.Dense(4 * width, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(classes),
        ]
    )


def iris_mlp():
    layers = keras.layers
    return keras.Sequential(
        [keras.Input((4,)), layers.Dense(48, activation="relu"), layers.Dropout(0.5), layers.Dense(3)]
    )


def token_lstm():
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((40,), dtype="int32"),
            layers.Embedding(2000, 32, name="embed"),
            layers.LSTM(32),
            layers.Dense(2),
        ]
    )


def molecule_ggnn():
    from kerasal.molecules import ggnn

    return ggnn(outputs=2, dropout=0.1)


def with_dropout_behind(model, rates):
    """The same layers, with Keras' own dropout behind some, as one would insert it by hand.

    Args:
        model: a functional model, a chain of layers.
        rates: {name of a layer: rate}.
    """
    values = model.inputs[0]
    for layer in model.layers[1:]:
        values = layer(values)
        if layer.name in rates:
            values = keras.layers.Dropout(rates[layer.name])(values)
    return keras.Model(model.inputs, values)
