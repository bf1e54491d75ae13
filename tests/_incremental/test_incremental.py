"""Occlusion that computes only what a window changes gives the numbers of whole passes, and is used where it pays."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hidden_windows import IMAGE, by_keras, made, sequential, without_cuts
from keras import layers as L
from traced import programs_of

import kerasal.calculators.occlusion
from kerasal import GaussianNoiseSampler, LayerExtractor, OcclusionCalculator
from kerasal._engine.sample_loop import SampleLoop
from kerasal._incremental.passes import Incremental
from kerasal._incremental.reach import Reach, Slide
from kerasal._network import shared_tensors

WINDOWS = (
    {"size": 8, "stride": 4},
    {"size": (7, 5), "stride": (3, 2)},
    {"size": 9, "stride": 7, "fill": 0.5},  # the last ones of an axis are on no grid
    {"size": 6, "stride": 6, "fill": "mean"},
)


def residual():
    """Strided, padded, depthwise and joined, with BatchNormalization; most of the work is late."""
    x = inputs = keras.Input(IMAGE)
    x = L.ReLU(6.0)(L.BatchNormalization()(L.Conv2D(8, 3, strides=2, padding="same", use_bias=False)(x)))
    y = L.BatchNormalization()(L.DepthwiseConv2D(3, padding="same")(x))
    x = L.Activation("tanh")(L.Add()([x, y]))
    x = L.Conv2D(12, 3, strides=2, activation="relu")(L.ZeroPadding2D(((0, 1), (1, 0)))(x))
    x = L.Concatenate()([x, L.Conv2D(4, 1)(x)])
    x = L.Conv2D(100, 3, padding="same", activation="relu")(L.MaxPooling2D(2, padding="same")(x))
    return keras.Model(inputs, L.Dense(4)(L.GlobalAveragePooling2D()(x)))


def subclassed():
    class Network(keras.Model):
        def __init__(self):
            super().__init__()
            self.first, self.second = L.Conv2D(8, 3, padding="same"), L.Conv2D(8, 3, strides=2, padding="same")
            self.late, self.head = L.Conv2D(100, 3, padding="same"), L.Dense(3)

        def call(self, x):
            x = tf.nn.relu(self.first(2.0 * x - 1.0))
            x = tf.nn.relu(self.second(x) + 0.1)
            return self.head(tf.reduce_mean(tf.nn.relu(self.late(x)), [1, 2]))

    model = Network()
    model(np.zeros((1, *IMAGE), "float32"))
    return model


def nested():
    inputs, inner = keras.Input(IMAGE), keras.Input(IMAGE)
    body = keras.Model(inner, L.Conv2D(8, 3, strides=2, activation="tanh")(L.Conv2D(8, 3, activation="tanh")(inner)))
    return keras.Model(inputs, L.Dense(3)(L.Flatten()(L.Conv2D(60, 3, activation="tanh")(body(inputs)))))


def past_the_layers():
    """The picture itself reaches the head too."""
    inputs = keras.Input(IMAGE)
    x = L.Conv2D(8, 3, padding="same", activation="tanh")(inputs)
    x = L.Conv2D(8, 3, strides=2, activation="tanh")(x)
    means = L.Concatenate()([L.GlobalAveragePooling2D()(x), L.GlobalMaxPooling2D()(inputs)])
    return keras.Model(inputs, L.Dense(3)(means))


def handed_on():
    """A layer hands on what it is given, and the layer before it is read by others too."""
    inputs = keras.Input(IMAGE)
    x = L.Conv2D(32, 7, padding="same", activation="tanh")(inputs)
    x = L.Conv2D(8, 3, strides=2, padding="same", activation="tanh")(x)
    y = L.Conv2D(8, 13, padding="same", activation="tanh")(L.Dropout(0.5)(x))  # which a window changes nearly all of
    x = L.Conv2D(6, 3, strides=2, activation="tanh")(L.Add()([x, y]))
    return keras.Model(inputs, L.Dense(3)(L.GlobalAveragePooling2D()(x)))


def squeezed():
    """The mean of the whole picture changes every position."""
    inputs = keras.Input(IMAGE)
    x = L.Conv2D(8, 3, padding="same", activation="tanh")(inputs)
    weights = L.Reshape((1, 1, 8))(L.Dense(8, activation="sigmoid")(L.GlobalAveragePooling2D()(x)))
    x = L.Conv2D(8, 3, strides=2, activation="tanh")(L.Multiply()([x, weights]))
    return keras.Model(inputs, L.Dense(3)(L.GlobalAveragePooling2D()(x)))


CUT = {each.__name__: each for each in (residual, sequential, subclassed, nested, handed_on)}
WHOLE = {each.__name__: each for each in (past_the_layers, squeezed)}


@pytest.fixture
def cuts(monkeypatch):
    """The layers that occlusion cuts at, as it runs."""
    found = []

    class Seen(Incremental):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            found.append(self.layer)

    monkeypatch.setattr(kerasal.calculators.occlusion, "Incremental", Seen)
    return found


@pytest.mark.parametrize("name", CUT)
def test_the_map_is_that_of_pictures_hidden_one_by_one(name, cuts):
    model, x = made(CUT[name])
    for windows in WINDOWS if name in ("residual", "sequential") else WINDOWS[1:2]:
        found = OcclusionCalculator(model, 1, **windows).explain(x).values
        truth = by_keras(model, x, **windows)
        np.testing.assert_allclose(found, truth, rtol=1e-4, atol=1e-5 * np.abs(truth).max())
    assert all(cuts), "some passes were whole"


@pytest.mark.parametrize("name", CUT)
def test_the_picture_as_it_is_is_computed_once(name, monkeypatch):
    """Before the loop over windows, in calls of any number of rows."""
    model, x = made(CUT[name])
    graphs, maps = [], []
    for worth in (10**9, 0):
        monkeypatch.setattr(shared_tensors, "_WORTH_AS_IT_IS", worth)
        calculator = OcclusionCalculator(model, 1, size=8, stride=4)
        maps.append([calculator.explain(x, batch_size=rows).values for rows in (1, 2, 64)])
        graphs += [loop.compiled.graph for loop in programs_of(calculator, SampleLoop)]
    np.testing.assert_allclose(maps[1], maps[0], rtol=1e-6, atol=1e-8)
    before = [sum(operation.type == "Conv2D" for operation in graph.get_operations()) for graph in graphs]
    assert before[0] == 0 < before[1]


@pytest.mark.parametrize("name", WHOLE)
def test_what_reaches_the_score_past_a_layer_is_not_lost(name, cuts):
    model, x = made(WHOLE[name])
    found = OcclusionCalculator(model, 1, size=8, stride=4).explain(x).values
    truth = by_keras(model, x, 8, 4)
    np.testing.assert_allclose(found, truth, rtol=1e-4, atol=1e-5 * np.abs(truth).max())
    assert name != "past_the_layers" or cuts == [None]


def test_samples_classes_and_functions_of_the_users_are_as_in_whole_passes(monkeypatch):
    def maps():
        model, x = made(residual)
        noise = GaussianNoiseSampler(scale=0.1)
        inner = LayerExtractor(model.layers[3].name)
        every = OcclusionCalculator(model, "all", size=8, stride=8)
        own = OcclusionCalculator(model, eval_fun=lambda x: model(2.0 * x)[:, 2], size=8, stride=8)
        return [
            every.explain(x, M=3, noise_sampler=noise, batch_size=7).values,
            every.explain(x, M=2, train={model.layers[-3].name: 0.5}).values,
            own.explain(x).values,
            OcclusionCalculator(model, 1, inner, size=4, stride=4).explain(x).values,
            OcclusionCalculator(model, size=(40, 4), stride=4, overlap="sum").explain(x).values,
        ]

    cut = maps()
    without_cuts(monkeypatch)
    for one, whole in zip(cut, maps(), strict=True):
        np.testing.assert_allclose(one, whole, rtol=1e-4, atol=1e-5 * np.abs(whole).max())


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("kernel, stride", [(3, 1), (3, 2), (5, 2), (1, 2), (2, 2), (4, 3)])
def test_a_reach_is_what_a_convolution_changes(kernel, stride, padding):
    """Against differences of a convolution of ones, at every start that is a multiple of the stride."""
    length, size = 24, 5
    convolve = L.Conv1D(1, kernel, strides=stride, padding=padding, kernel_initializer="ones")
    clean = np.zeros((1, length, 1), "float32")
    outputs = np.asarray(convolve(clean))
    before = max(0, (outputs.shape[1] - 1) * stride + kernel - length) // 2 if padding == "same" else 0
    reach = Reach(1, 0, size).after(Slide(kernel, stride, before))
    for start in range(0, length - size + 1, stride):
        changed = clean.copy()
        changed[:, start : start + size] = 1.0
        at = np.flatnonzero(np.asarray(convolve(changed))[0, :, 0])
        first = start // reach.jump + reach.offset
        expected = [n for n in range(first, first + reach.count) if 0 <= n < outputs.shape[1]]
        assert at.tolist() == expected
    sources = reach.sources(Slide(kernel, stride, before))
    assert sources.jump == 1 and sources.count == (reach.count - 1) * stride + kernel
