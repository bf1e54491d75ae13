"""Small transformers of words and of patches, with what they attend to beside their answer."""

import functools

import keras
import numpy as np
import tensorflow as tf
from keras import layers as L
from zoo import randomised

WORDS = np.random.default_rng(0).integers(1, 30, (4, 7)).astype("int32")
PADDED = np.where(np.arange(7) < np.array([[7], [3], [5], [2]]), WORDS, 0)
IMAGES = np.random.default_rng(1).normal(size=(3, 12, 8, 3)).astype("float32")
GRID = (3, 4)  # of patches of 4 × 2


class Place(L.Layer):
    """A learned position of every token, beside it."""

    def build(self, shape):
        self.place = self.add_weight(name="place", shape=tuple(shape[1:]), initializer="random_normal")

    def call(self, x):
        return x + self.place


class ClassToken(L.Layer):
    """A learned token in front of the others."""

    def build(self, shape):
        self.token = self.add_weight(name="token", shape=(1, 1, shape[-1]), initializer="random_normal")

    def call(self, x):
        return tf.concat([tf.repeat(self.token, tf.shape(x)[0], 0), x], 1)


class Given(L.Layer):
    """Attention of given probabilities (heads, tokens, tokens) of the tokens, whatever they are; values are the tokens."""

    def __init__(self, probabilities):
        super().__init__()
        self.probabilities = np.array(probabilities, "float32")

    def call(self, x):
        products = 0.0 * tf.einsum("btf,bsf->bts", x, x)[:, None] + np.log(self.probabilities)
        return tf.reduce_mean(tf.einsum("bhts,bsf->bhtf", tf.nn.softmax(products), x), 1)


def encoder(x, attended=None, *, first=True, dropout=0.0):
    """A block, with its normalization first or last; its attention, (rows, heads, tokens, tokens), is appended to `attended`."""
    normal = L.LayerNormalization()(x) if first else x
    layer = L.MultiHeadAttention(2, 3, dropout=dropout)
    if attended is None:
        found = layer(normal, normal)
    else:
        found, scores = layer(normal, normal, return_attention_scores=True)
        attended.append(scores)
    x = L.Add()([x, L.Dropout(dropout)(found)])
    x = x if first else L.LayerNormalization()(x)
    inner = L.LayerNormalization()(x) if first else x
    x = L.Add()([x, L.Dense(6)(L.Dense(8, "gelu")(inner))])
    return x if first else L.LayerNormalization()(x)


def _token(number):
    return L.Lambda(lambda x: x[:, number])


def _finished(inputs, answer, attended):
    """(the model; the same with its attentions as further outputs)."""
    model = randomised(keras.Model(inputs, answer))
    return model, keras.Model(inputs, [answer, *attended]) if attended else None


@functools.cache
def words(*, first=True, masks=False, read="mean", told=True, dropout=0.0):
    """A classifier of token numbers; `read` is "mean", "max", "flat" or the number of a token."""
    inputs, attended = keras.Input((7,), dtype="int32"), [] if told else None
    x = L.Embedding(30, 6, mask_zero=masks, name="embed")(inputs)
    x = x if masks else Place()(x)
    for _ in range(2):
        x = encoder(x, attended, first=first, dropout=dropout)
    x = (_token(read) if isinstance(read, int) else READ[read]())(x)
    return _finished(inputs, L.Dense(3, name="head")(L.Dropout(dropout)(x)), attended)


READ = {"mean": L.GlobalAveragePooling1D, "max": L.GlobalMaxPooling1D, "flat": L.Flatten}


@functools.cache
def patches(*, first=True, token=True, told=True):
    """A classifier of images (12, 8, 3) by 3 × 4 patches, with a class token or the mean of all."""
    inputs, attended = keras.Input((12, 8, 3)), [] if told else None
    x = L.Reshape((12, 6))(L.Conv2D(6, (4, 2), strides=(4, 2), name="patches")(inputs))
    x = Place()(ClassToken()(x) if token else x)
    for _ in range(2):
        x = encoder(x, attended, first=first)
    x = L.LayerNormalization()(x)
    x = (_token(0) if token else L.GlobalAveragePooling1D())(x)
    return _finished(inputs, L.Dense(3, activation="softmax", name="head")(x), attended)
