"""Attention found in traced graphs: networks of other forms, and those that are refused by name."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers as L
from three_parts import refused
from transformers import WORDS, Place, encoder, words
from zoo import ZOO, normal

from kerasal import GradientRolloutCalculator, InputExtractor, LayerExtractor, RolloutCalculator

X = normal(6, 4)


def attending(x, key_dim=3):
    return L.MultiHeadAttention(2, key_dim)(x, x)


def pooled(inputs, x):
    return keras.Model(inputs, L.Dense(2)(L.GlobalAveragePooling1D()(x)))


class Block(L.Layer):
    """A block with attention as people write it: one product for queries, keys and values, heads split by a reshape."""

    def __init__(self, width):
        super().__init__()
        self.width, self.three, self.out = width, L.Dense(3 * width), L.Dense(width)

    def build(self, shape):
        self.three.build(shape)
        self.out.build((*shape[:-1], self.width))

    def call(self, x):
        parts = tf.reshape(self.three(x), [-1, x.shape[1], 3, 2, self.width // 2])
        q, k, v = tf.unstack(tf.transpose(parts, [2, 0, 3, 1, 4]))
        weights = tf.nn.softmax(tf.matmul(q, k, transpose_b=True) / 1.4)
        mixed = tf.transpose(tf.matmul(weights, v), [0, 2, 1, 3])
        return x + self.out(tf.reshape(mixed, [-1, x.shape[1], self.width]))


class Network(keras.Model):
    """Blocks in a subclassed model."""

    def __init__(self):
        super().__init__()
        self.blocks, self.head = [Block(4), Block(4)], L.Dense(2)

    def call(self, x):
        for block in self.blocks:
            x = block(x)
        return self.head(x[:, -1])


class Pictures(L.Layer):
    """Attention of all places of a picture, (rows, height, width, channels), which stays one."""

    def call(self, x):
        flat = tf.reshape(x, [-1, x.shape[1] * x.shape[2], x.shape[3]])
        weights = tf.nn.softmax(tf.matmul(flat, flat, transpose_b=True))
        return x + tf.reshape(tf.matmul(weights, flat), [-1, *x.shape[1:]])


def alone(x):
    """Attention without a layer."""
    return x + tf.matmul(tf.nn.softmax(tf.matmul(x, x, transpose_b=True)), x)


class Grouped(L.Layer):
    """Two queries for each key and value, as in large language models."""

    def call(self, x):
        q = tf.stack([tf.stack([x, 2 * x], 2), tf.stack([-x, x + 1], 2)], 2)  # (rows, tokens, keys, queries of each, 4)
        k = v = tf.stack([x, 0.5 * x], 2)
        weights = tf.nn.softmax(tf.einsum("btkgh,bskh->bkgts", q, k))
        return x + tf.reduce_mean(tf.einsum("bkgts,bskh->btkgh", weights, v), [2, 3])


def called(kind):
    """A maker of models of a class, called once."""

    def make():
        model = kind()
        model(X)
        return model

    return make


def nested():
    inner_in = keras.Input((6, 4))
    inner = keras.Model(inner_in, encoder(encoder(L.Dense(6)(inner_in))))
    return keras.Sequential([keras.Input((6, 4)), inner, L.GlobalAveragePooling1D(), L.Dense(2)])


def plain(make):
    inputs = keras.Input((6, 4))
    return pooled(inputs, make(inputs))


def picture():
    inputs = keras.Input((4, 3, 2))
    return keras.Model(inputs, L.Dense(2)(L.GlobalAveragePooling2D()(Pictures()(L.Conv2D(4, 1)(inputs)))))


FOUND = {  # name: (model, x, blocks)
    "nested": (nested, X, 2),
    "subclassed": (called(Network), X, 2),
    "a picture": (picture, normal(4, 3, 2), 1),
    "grouped queries": (lambda: plain(Grouped()), X, 1),
    "without heads": (lambda: plain(lambda x: L.Add()([x, L.Attention()([x, x])])), X, 1),
    "a sum for a product": (lambda: plain(lambda x: L.Add()([x, L.AdditiveAttention()([x, x])])), X, 1),
    "causal": (lambda: plain(lambda x: L.Add()([x, L.MultiHeadAttention(2, 3)(x, x, use_causal_mask=True)])), X, 1),
    "the zoo's": (ZOO["attention"].make, ZOO["attention"].x, 2),
    "in parallel with the dense layers": (
        lambda: plain(lambda x: L.Add()([x, attending(L.LayerNormalization()(x)), L.Dense(4, "relu")(x)])),
        X,
        1,
    ),
    "after a recurrent layer's output": (lambda: plain(lambda x: encoder(L.Dense(6)(x))), X, 1),
}


@pytest.mark.parametrize("name", FOUND)
def test_networks_of_other_forms(name):
    make, x, blocks = FOUND[name]
    model = make()
    found = RolloutCalculator(model).explain(x)
    assert found.about["blocks"] == blocks
    np.testing.assert_allclose(found.values.reshape(len(x), -1).sum(1), 1, rtol=1e-5)


def test_earlier_tokens_know_no_later_ones():
    inputs = keras.Input((6, 4))
    x = L.Add()([inputs, L.MultiHeadAttention(2, 3)(inputs, inputs, use_causal_mask=True)])
    found = RolloutCalculator(keras.Model(inputs, L.Dense(2)(x[:, 2]))).explain(X)
    assert np.all(found.values[:, 3:] == 0) and np.all(found.values[:, :3] > 0)


def two_inputs():
    words_in, others_in = keras.Input((6, 4), name="a"), keras.Input((6, 4), name="b")
    y = encoder(L.Dense(6)(others_in))
    return keras.Model(
        [words_in, others_in], L.Dense(2)(L.GlobalAveragePooling1D()(L.MultiHeadAttention(2, 3)(y, words_in) + y))
    )


def streams():
    inputs = keras.Input((6, 4))
    parts = [L.Add()([x, attending(x)]) for x in (L.Dense(4)(inputs), L.Dense(4)(inputs))]
    return pooled(inputs, L.Add()(parts))


def windows(x):
    rows = L.Lambda(lambda x: tf.reshape(x, [-1, 3, 4]))(x)
    back = L.Lambda(lambda x: tf.reshape(x, [-1, 6, 4]))(attending(rows))
    return L.Add()([x, back])


def backwards(x):
    """Keys in another order than queries."""
    return L.Add()([x, L.MultiHeadAttention(2, 3)(x, x[:, ::-1])])


REFUSED = {  # name: (model, word)
    "no attention": (lambda: plain(L.Dense(4)), "no attention"),
    "a convolution between": (
        lambda: plain(lambda x: encoder(L.Conv1D(6, 3, padding="same")(encoder(L.Dense(6)(x))))),
        "mixes",
    ),
    "tokens mixed by a dense layer": (
        lambda: plain(lambda x: encoder(L.Permute((2, 1))(L.Dense(6)(L.Permute((2, 1))(encoder(L.Dense(6)(x))))))),
        "mixes",
    ),
    "pooling between": (lambda: plain(lambda x: encoder(L.AveragePooling1D(2)(encoder(L.Dense(6)(x))))), "mixes"),
    "some tokens left out": (lambda: plain(lambda x: encoder(encoder(L.Dense(6)(x))[:, 1:])), "other tokens"),
    "shifted tokens": (
        lambda: plain(lambda x: encoder(L.Lambda(lambda x: tf.roll(x, 1, 1))(encoder(L.Dense(6)(x))))),
        "another order",
    ),
    "keys of less tokens": (lambda: plain(lambda x: L.MultiHeadAttention(2, 3)(x, L.MaxPooling1D(2)(x)) + x), "mixes"),
    "keys of some tokens": (lambda: plain(lambda x: L.MultiHeadAttention(2, 3)(x, x[:, :4]) + x), "in order"),
    "keys in another order": (lambda: plain(backwards), "in order"),
    "windows": (lambda: plain(windows), "in order"),
    "queries of the network": (
        lambda: plain(lambda x: L.MultiHeadAttention(2, 3)(Place()(L.Lambda(lambda x: 0 * x[:, :3])(x)), x)),
        "in order",
    ),
    "several streams": (streams, "several streams"),
    "attention in a function": (lambda: plain(L.Lambda(tf.function(alone))), "looked into"),
    "a recurrent layer between": (
        lambda: plain(lambda x: encoder(L.LSTM(6, return_sequences=True)(encoder(L.Dense(6)(x))))),
        "lstm",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_by_name(name):
    make, word = REFUSED[name]
    with refused(word, "Attention rollout", "GradientCalculator"):
        RolloutCalculator(make()).explain(X)


def test_the_keys_of_another_input():
    model = two_inputs()
    with refused("cross-attention"):
        RolloutCalculator(model, target_extractor=InputExtractor("a")).explain([X, X])
    own = RolloutCalculator(model, target_extractor=InputExtractor("b")).explain([X, X])  # these attend to one another
    np.testing.assert_allclose(own.values.sum((1, 2)), 1, rtol=1e-5)


def test_a_target_behind_what_is_refused():
    inputs = keras.Input((6, 4))
    x = L.Conv1D(6, 3, padding="same", name="conv")(encoder(L.Dense(6)(inputs)))
    model = pooled(inputs, encoder(x))
    with refused("conv"):
        RolloutCalculator(model).explain(X)
    assert RolloutCalculator(model, target_extractor=LayerExtractor("conv")).explain(X).shape == (5, 6, 1)


@pytest.mark.parametrize("read", ["max", "flat"])
def test_what_else_is_made_of_the_tokens_is_asked_for(read):
    model, _ = words(read=read, told=False)
    kind = GradientRolloutCalculator if read == "max" else RolloutCalculator
    with refused("row=0", 'row="mean"', {"max": "Max", "flat": "MatMul"}[read]):
        kind(model).explain(WORDS)
    named = kind(model, row="mean").explain(WORDS)
    first = kind(model, row=0).explain(WORDS)
    assert (named.about["row"], first.about["row"]) == ("mean of all tokens", "token 0")


def test_readings_that_differ_are_asked_for():
    inputs = keras.Input((6, 4))
    x = encoder(L.Dense(6)(inputs))
    both = keras.Model(inputs, L.Dense(2)(L.Concatenate()([x[:, 0], L.GlobalAveragePooling1D()(x)])))
    with refused("several at once", "token 0", "mean of all"):
        RolloutCalculator(both).explain(X)
    some = keras.Model(inputs, L.Dense(2)(L.GlobalAveragePooling1D()(x[:, 2:])))
    found = RolloutCalculator(some).explain(X)
    assert found.about["row"] == "mean of 4 tokens"
    each = [RolloutCalculator(some, row=row).explain(X).values for row in range(2, 6)]
    np.testing.assert_allclose(found.values, np.mean(each, 0), rtol=1e-5)


def test_weights_that_the_network_learns_are_asked_for():
    inputs = keras.Input((6, 4))
    x = encoder(L.Dense(6)(inputs))
    weights = L.Softmax(axis=1)(L.Dense(1)(x))
    pools = [
        L.Lambda(lambda both: tf.reduce_sum(both[0] * both[1], 1))([x, weights]),
        L.Dot(axes=(1, 1))([weights, x]),
    ]
    for pool in pools:
        with refused("row="):
            RolloutCalculator(keras.Model(inputs, L.Dense(2)(L.Flatten()(pool)))).explain(X)
