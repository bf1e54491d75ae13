"""The axes that a network slides over and mixes, however it is written."""

import keras
import pytest
import tensorflow as tf
from keras import layers as L

from kerasal._network.graphs import traced
from kerasal._network.layout import layout_of

SERIES, IMAGE, GREY = ({1}, 2), ({1, 2}, 3), ({1, 2}, None)


def body(*layers):
    return [*layers, L.Flatten(), L.Dense(1)]


NETWORKS = {
    "convolution over time": ((24, 3), body(L.Conv1D(4, 3, dilation_rate=2, padding="causal")), SERIES),
    "separable": ((24, 3), body(L.SeparableConv1D(4, 3)), SERIES),
    "pooling": ((24, 3), body(L.MaxPooling1D(2)), SERIES),
    "mean over time": ((24, 3), [L.GlobalAveragePooling1D(), L.Dense(1)], SERIES),
    "LSTM": ((24, 3), body(L.Masking(), L.LSTM(4)), SERIES),
    "GRU": ((24, 3), body(L.GRU(4)), SERIES),
    "unrolled": ((24, 3), body(L.SimpleRNN(4, unroll=True)), SERIES),
    "normalized": ((24, 3), body(L.LayerNormalization(), L.BatchNormalization(), L.Conv1D(4, 3)), SERIES),
    "dense at each step": ((24, 3), body(L.Dense(4)), SERIES),
    "dense over time": ((24, 3), body(L.TimeDistributed(L.Dense(4))), SERIES),
    "nested": ((24, 3), body(keras.Sequential([keras.Input((24, 3)), L.Conv1D(3, 3)])), SERIES),
    "kernel as wide as a step": ((28, 9), body(L.Reshape((28, 9, 1)), L.Conv2D(3, (3, 9))), ({1}, None)),
    "all at once": ((24, 3), body(), (set(), None)),
    "grey image": ((28, 28), body(L.Rescaling(2.0), L.Reshape((28, 28, 1)), L.ZeroPadding2D(), L.Conv2D(3, 3)), GREY),
    "image": ((28, 20, 3), body(L.Conv2D(3, 3, strides=2)), IMAGE),
    "depthwise": ((28, 20, 3), body(L.Resizing(32, 32), L.DepthwiseConv2D(3)), IMAGE),
    "mean over pixels": ((28, 20, 3), [L.GlobalAveragePooling2D(), L.Dense(1)], IMAGE),
    "dense at each pixel": ((28, 20, 3), body(L.Dense(3)), IMAGE),
    "patches": (
        (28, 20, 3),
        body(L.Reshape((7, 4, 5, 4, 3)), L.Permute((1, 3, 2, 4, 5)), L.Reshape((35, 48)), L.Dense(2)),
        IMAGE,
    ),
    "channels first, turned": ((3, 28, 20), body(L.Permute((2, 3, 1)), L.Conv2D(3, 3)), ({2, 3}, 1)),
}


def layout(model):
    found = []

    def run(x):
        output = model(x, training=False)
        found.append(layout_of(x))
        return output

    traced(model, run, tf.TensorSpec([None, *model.input_shape[1:]]))
    return found[0]


@pytest.mark.parametrize("name", NETWORKS)
def test_the_axes_of_a_network(name):
    shape, layers, (positions, channels) = NETWORKS[name]
    assert layout(keras.Sequential([keras.Input(shape), *layers])) == (frozenset(positions), channels)


def test_attention_is_over_positions_and_of_two_ways_the_one_over_more_axes_counts():
    series = keras.Input((24, 8))
    attended = L.MultiHeadAttention(2, 4)(series, series)
    assert layout(keras.Model(series, L.Dense(1)(L.Flatten()(attended)))) == (frozenset({1}), 2)
    grey = keras.Input((24, 24))
    seen = L.Flatten()(L.Conv2D(2, 3)(L.Reshape((24, 24, 1))(grey)))
    assert layout(keras.Model(grey, L.Dense(1)(L.Concatenate()([L.Flatten()(grey), seen])))) == (
        frozenset({1, 2}),
        None,
    )
