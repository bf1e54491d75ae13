"""Occlusion of networks that keep tensors, call functions, assign or draw: the numbers of whole passes."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hidden_windows import IMAGE, by_keras, made, sequential, without_cuts
from keras import layers as L

from kerasal import OcclusionCalculator


class Keeps(L.Layer):
    def __init__(self):
        super().__init__()
        self.kernel = self.add_weight(shape=(3, 3, 16, 8), initializer="glorot_uniform", name="kernel")

    def call(self, x):
        kept = tf.tanh(tf.nn.conv2d(x, tf.convert_to_tensor(self.kernel), 1, "SAME"))
        self.__dict__["kept"] = kept
        return kept


class KeepsForLater(keras.Model):
    def __init__(self):
        super().__init__()
        self.first, self.second = L.Conv2D(16, 3, padding="same", activation="tanh"), Keeps()
        self.third, self.head = L.Conv2D(6, 13, strides=2, activation="tanh"), L.Dense(3)

    def call(self, x):
        x = self.third(self.second(self.first(x)))
        kept = tf.reduce_max(self.second.kept, [1, 2])
        return self.head(tf.concat([tf.reduce_mean(x, [1, 2]), kept], 1))


class CallsAFunction(keras.Model):
    def __init__(self):
        super().__init__()
        self.body, self.head = L.Conv2D(8, 3, activation="tanh"), L.Dense(3)

    def call(self, x):
        return tf.function(lambda x: self.head(tf.reduce_mean(self.body(x), [1, 2])))(x)


class Assigns(keras.Model):
    def __init__(self):
        super().__init__()
        self.first, self.second = L.Conv2D(16, 3, activation="tanh"), L.Conv2D(6, 3, strides=2)
        self.head, self.seen = L.Dense(3), tf.Variable(0.0, trainable=False)

    def call(self, x):
        x = self.first(x)
        self.seen.assign(tf.reduce_sum(x))
        return self.head(tf.reduce_mean(self.second(x), [1, 2])) * tf.convert_to_tensor(self.seen)


class Ragged(L.Layer):
    def call(self, x):
        return tf.RaggedTensor.from_tensor(tf.reshape(x, [tf.shape(x)[0], -1]))


class HandsOnRagged(keras.Model):
    def __init__(self):
        super().__init__()
        self.body, self.ragged, self.head = L.Conv2D(8, 3, activation="tanh"), Ragged(), L.Dense(3)

    def call(self, x):
        self.ragged(x)
        return self.head(tf.reduce_mean(self.body(x), [1, 2]))


class Cuts(keras.Model):
    def __init__(self):
        super().__init__()
        self.kernel = self.add_weight(shape=(5, 5, 3, 8), initializer="glorot_uniform", name="kernel")
        self.norm, self.head, self.size = L.BatchNormalization(), L.Dense(3), tf.Variable(3, trainable=False)

    def call(self, x):
        kernel = tf.convert_to_tensor(self.kernel)[: self.size, : self.size]
        x = self.norm(tf.nn.conv2d(x, kernel, 1, "SAME"))  # a tanh here is more than TensorFlow 2.14 can run
        return self.head(tf.reduce_mean(tf.nn.softplus(x), [1, 2]))


def functional(build, shape):
    x = inputs = keras.Input(shape)
    return lambda: keras.Model(inputs, L.Dense(3)(L.GlobalAveragePooling2D()(build(x))))


def two_jumps(x):
    return L.Conv2D(60, 3, activation="tanh")(
        L.Concatenate()([x, L.ZeroPadding2D(((10, 10), (9, 9)))(L.MaxPooling2D(2)(x))])
    )


def no_reach(x):
    x = L.Conv2D(64, 1, strides=(4, 1), activation="tanh")(L.ZeroPadding2D(1)(x))
    return L.Conv2D(4, (1, 3), activation="tanh")(x)


@pytest.mark.parametrize("kind", [KeepsForLater, CallsAFunction, Assigns, HandsOnRagged, Cuts])
def test_layers_with_ways_of_their_own(kind):
    model, x = made(kind)
    model(x[:1])
    if kind is Assigns:
        x = x[:1]
    found = OcclusionCalculator(model, 1, size=8, stride=8).explain(x, batch_size=len(x)).values
    truth = by_keras(model, x, 8, 8)
    rounding = 4 * np.finfo("float32").eps * np.abs(model(x)).max()  # of the two scores that a fall is between
    np.testing.assert_allclose(found, truth, rtol=1e-4, atol=rounding)


@pytest.mark.parametrize("build, shape, size", [(two_jumps, IMAGE, 4), (no_reach, (2, 36, 3), 1)])
def test_parts_that_do_not_fit_together(build, shape, size):
    model, x = made(functional(build, shape))
    x = x[:2, : shape[0]]
    found = OcclusionCalculator(model, 1, size=size, stride=size).explain(x).values
    truth = by_keras(model, x, size, size)
    np.testing.assert_allclose(found, truth, rtol=1e-4, atol=1e-5 * np.abs(truth).max())


@pytest.mark.parametrize("behind", [1, 2, 4])
def test_dropout_behind_any_layer_is_as_in_whole_passes(behind, monkeypatch):
    def found():
        model, x = made(sequential)
        return (
            OcclusionCalculator(model, 1, size=4, stride=4)
            .explain(x, M=2, train={model.layers[behind].name: 0.5})
            .values
        )

    cut = found()
    without_cuts(monkeypatch)
    np.testing.assert_allclose(cut, found(), rtol=1e-4, atol=1e-6)
