"""What cannot be meant as x or y is refused in words: numbers that no layer knows, labels that are no class, sources without an order."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers as L
from three_parts import refused

from kerasal import (
    GaussianNoiseSampler,
    GradientCalculator,
    IntegratedGradientsCalculator,
    LayerExtractor,
    OcclusionCalculator,
    scores,
)

SEQUENCE = getattr(keras.utils, "PyDataset", None) or keras.utils.Sequence
NOISE = GaussianNoiseSampler(scale=0.1)
X = np.random.default_rng(0).normal(size=(6, 4)).astype("float32")


@pytest.fixture(scope="module")
def words():
    inputs = keras.Input((5,), dtype="int32")
    x = L.GlobalAveragePooling1D()(L.Embedding(9, 4, name="embed")(inputs))
    return keras.Model(inputs, L.Dense(3, "softmax")(x))


@pytest.fixture(scope="module")
def table():
    model = keras.Sequential([keras.Input((4,)), L.Dense(3, "softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model


def of_words():
    yield "gradient", lambda model: GradientCalculator(model, target_extractor=LayerExtractor("embed")), {}
    yield "noise", lambda model: GradientCalculator(model, target_extractor="embed"), {"M": 3, "noise_sampler": NOISE}
    yield "path", lambda model: IntegratedGradientsCalculator(model, target_extractor="embed", steps=2), {}
    yield "occlusion", lambda model: OcclusionCalculator(model), {}


@pytest.mark.parametrize("make, how", [pytest.param(*rest, id=name) for name, *rest in of_words()])
@pytest.mark.parametrize("number", [9, 1000])
def test_words_that_an_embedding_does_not_know(words, make, how, number):
    x = np.arange(20).reshape(4, 5) % 9
    x[2, 3] = number
    with refused("from 0 to 8", str(number), "in example 2"):
        make(words).explain(x, **how)


@pytest.mark.parametrize("label", [3, 7, -1])
def test_labels_of_a_loss_that_are_no_class(table, label):
    y = np.array([0, 1, 2, label, 0, 1])
    for how in ({}, {"M": 2, "noise_sampler": NOISE}):
        with refused("classes, from 0 to 2", str(label)):
            GradientCalculator(table, scores.Loss()).explain(X, y, **how)


@pytest.mark.parametrize(
    "y",
    [
        ["cat", "dog", "cat", "cat", "dog", "dog"],
        np.array([b"a"] * 6),
        np.array([None] * 6),
        np.array([1j] * 6),
        np.array(["2026-11-28"] * 6, "datetime64[D]"),
    ],
    ids=["texts", "bytes", "none", "complex", "dates"],
)
def test_a_loss_compares_numbers(table, y):
    with refused("A loss compares the output with numbers", error=TypeError):
        GradientCalculator(table, scores.Loss()).explain(X, y)


def sequence(length):
    class Data(SEQUENCE):
        def __len__(self):
            return length()

        def __getitem__(self, position):
            return X[2 * position : 2 * position + 2]

    return Data()


def raises():
    raise NotImplementedError("later")


@pytest.mark.parametrize(
    "length", [raises, lambda: -1, lambda: 2.5, lambda: "3"], ids=["none", "negative", "fraction", "text"]
)
def test_a_sequence_says_how_long_it_is(table, length):
    with refused("says how many batches it has"):
        GradientCalculator(table).explain(sequence(length))


def test_a_sequence_of_a_length_is_explained(table):
    np.testing.assert_array_equal(
        GradientCalculator(table, 1).explain(sequence(lambda: 3)).values, GradientCalculator(table, 1).explain(X).values
    )


def changing():
    data = tf.data.Dataset.from_tensor_slices(X)
    yield "shuffled", data.shuffle(6).batch(3)
    yield "drawn anew", data.map(lambda row: row + tf.random.normal([4])).batch(3)
    shuffled = sequence(lambda: 3)
    shuffled.shuffle = True
    yield "shuffles itself", shuffled


@pytest.mark.filterwarnings("ignore:x is a data set")
@pytest.mark.parametrize("data", [pytest.param(data, id=name) for name, data in changing()])
def test_what_belongs_to_examples_needs_an_order_that_stays(table, data):
    mask = np.tile([True, False, True, True], (6, 1))
    mask[0] = True
    calls = [
        lambda: GradientCalculator(table, [0, 1, 2, 0, 1, 2]).explain(data),
        lambda: IntegratedGradientsCalculator(table, 1, baseline=np.arange(24.0).reshape(6, 4), steps=2).explain(data),
        lambda: GradientCalculator(table, 1).explain(data, M=2, noise_sampler=GaussianNoiseSampler(mask=mask)),
    ]
    for call in calls:
        with refused("need an order that stays", "with one entry per example"):
            call()
    assert GradientCalculator(table, 1).explain(data).shape == (6, 4)


def test_an_order_that_stays_is_fine(table):
    data = tf.data.Dataset.from_tensor_slices(X).batch(4)
    kept = tf.data.Dataset.from_tensor_slices(X).shuffle(6, seed=1).cache().batch(4)
    for each in (data, kept):
        classes = [0, 1, 2, 0, 1, 2]
        result = GradientCalculator(table, classes).explain(each)
        np.testing.assert_allclose(
            result.values, GradientCalculator(table, classes).explain(result.inputs).values, rtol=1e-5
        )
