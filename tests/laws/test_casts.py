"""Numbers keep the precision of the model, and integers their value, from the input to the map."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers as L
from logged_training import everything
from three_parts import refused

from kerasal import (
    Background,
    GaussianNoiseSampler,
    GradientCalculator,
    InputExtractor,
    IntegratedGradientsCalculator,
    LayerExtractor,
    OcclusionCalculator,
    Saliency,
    load_run,
    scores,
)

FAR = 1e9  # where float32 has steps of 64
W = np.array([[1.0, -2.0], [-3.0, 1.0], [0.5, 4.0], [2.0, -1.0]])
X = FAR + np.random.default_rng(0).random((3, 4)) * 4
WIDE = "float64"


class Own(keras.Model):
    """A linear model, subclassed."""

    def __init__(self):
        super().__init__(dtype=WIDE)
        self.dense = L.Dense(2, use_bias=False, dtype=WIDE)

    def call(self, x):
        return self.dense(x)


def sequential():
    model = keras.Sequential([keras.Input((4,), dtype=WIDE), L.Dense(2, use_bias=False, dtype=WIDE)])
    model.set_weights([W])
    return model, X


def nested():
    inner, x = sequential()
    given = keras.Input((2, 2), dtype=WIDE)
    return keras.Model(given, inner(L.Reshape((4,), dtype=WIDE)(given))), x.reshape(3, 2, 2)


def subclassed():
    model = Own()
    model(X)
    model.set_weights([W])
    return model, X


def two_inputs():
    a, b = keras.Input((3,), dtype=WIDE), keras.Input((1,), dtype=WIDE)
    joined = L.Concatenate(dtype=WIDE)([a, b])
    model = keras.Model([a, b], L.Dense(2, use_bias=False, dtype=WIDE)(joined))
    model.set_weights([W])
    return model, [X[:, :3], X[:, 3:]]


def convolution():
    parts = [L.Conv2D(2, (2, 1), use_bias=False, dtype=WIDE), L.Flatten(dtype=WIDE)]
    model = keras.Sequential([keras.Input((2, 1, 2), dtype=WIDE), *parts])
    model.set_weights([W.reshape(2, 1, 2, 2)])
    return model, X.reshape(3, 2, 1, 2)


MODELS = {each.__name__: each for each in (sequential, nested, subclassed, two_inputs, convolution)}


def flat(maps):
    """Maps of all inputs side by side, (N, 4)."""
    maps = maps if isinstance(maps, list) else [maps]
    return np.concatenate([np.reshape(np.asarray(each), (3, -1)) for each in maps], 1)


@pytest.mark.parametrize("kind", MODELS)
def test_a_model_of_float64_is_explained_in_float64(kind):
    model, x = MODELS[kind]()
    by_hand = W[:, 1] * (X - FAR)
    targets = [InputExtractor(0), InputExtractor(1)] if isinstance(x, list) else None
    settings = {"score": 1, "target_extractor": targets}
    hidden = OcclusionCalculator(model, fill=FAR, slide_axis=(1, 2, 3) if kind == "convolution" else None, **settings)
    if kind != "nested":  # whose rows are hidden whole
        np.testing.assert_allclose(flat(hidden.explain(x)), by_hand, rtol=1e-6, atol=2e-6)  # scores of 4e9 end at 5e-7
    background = None if isinstance(x, list) else Background(np.full((2, *x.shape[1:]), FAR))
    for extra in ({}, {"baseline": background}, {"completeness_tolerance": 0.01}):
        if isinstance(x, list) and "baseline" in extra:
            continue
        path = IntegratedGradientsCalculator(model, **{"baseline": FAR, **settings, **extra}).explain(x)
        np.testing.assert_allclose(flat(path), by_hand, rtol=1e-6)
        one = path[0] if isinstance(path, list) else path
        assert np.abs(one.completeness_gap).max() < 1e-5
        np.testing.assert_allclose(one.scores, X @ W[:, 1], rtol=1e-15)
        assert one.values.dtype == np.float32
    noisy = GradientCalculator(model, multiply_target=True, **settings)
    moved = noisy.explain(x, noise_sampler=GaussianNoiseSampler(mode="absolute", scale=0.1), M=3)
    np.testing.assert_allclose(flat(moved), W[:, 1] * X, rtol=1e-7)


@pytest.fixture
def floatx():
    """Numbers of float64 by default, of losses of Keras 3 too."""
    keras.backend.set_floatx(WIDE)
    yield
    keras.backend.set_floatx("float32")


def test_losses_differ_by_their_last_digits(floatx):
    model, x = sequential()
    model.compile("sgd", keras.losses.MeanAbsoluteError())
    y = x @ W + [[0.25, 0.0]]
    calculator = OcclusionCalculator(model, score=scores.Loss(), fill=FAR)
    found = calculator.explain(x[:1], y[:1])
    assert found.scores.dtype == np.float64
    np.testing.assert_allclose(found.scores, [0.125], rtol=1e-5)
    hidden = np.where(np.eye(4, dtype=bool), FAR, x[0])
    np.testing.assert_allclose(found.values[0], 0.125 - np.abs(hidden @ W - y[0]).mean(1), rtol=1e-5)


def test_scores_keep_their_precision(tmp_path):
    """Also in files, of one example, and in a log."""
    kept = Saliency([[1.0], [2.0]], scores=np.array([FAR + 0.5, 1]))
    kept.save(tmp_path / "kept.npz")
    assert kept[0].scores == Saliency.load(tmp_path / "kept.npz").scores[0] == FAR + 0.5
    assert Saliency([[1.0]], scores=np.ones(1, "float32")).scores.dtype == np.float32
    model, x = sequential()
    model.compile(keras.optimizers.SGD(0.0), "mse")
    logger = everything(tmp_path, x, name="wide", calculator=lambda model: GradientCalculator(model, score=1))
    model.fit(x, np.zeros((3, 2)), verbose=0, callbacks=[logger])
    np.testing.assert_allclose(load_run(tmp_path, "wide").scores[-1], x @ W[:, 1], rtol=1e-15)


def test_a_model_of_float32_stays_one():
    model = keras.Sequential([keras.Input((4,)), L.Dense(2)])
    found = GradientCalculator(model, score=0).explain(X)
    assert found.values.dtype == found.scores.dtype == np.float32


# Integers


def tokens(dtype="int32", **settings):
    """A model of tokens, whose output is linear in the embeddings."""
    keras.utils.set_random_seed(0)
    parts = [L.Embedding(9, 4, name="embedding", **settings), L.Flatten(), L.Dense(2)]
    return keras.Sequential([keras.Input((5,), dtype=dtype), *parts])


T = np.random.default_rng(0).integers(0, 9, (2, 5))


@pytest.mark.parametrize("bad", [2**31, 2**32 + 1, -(2**31) - 1, np.uint64(2**63), 4294967297.0, 1e300])
@pytest.mark.parametrize("way", ["gradient", "occlusion", "data set"])
def test_ids_do_not_wrap(bad, way):
    x = T.astype(np.asarray(bad).dtype)
    x[1, 2] = bad
    if way == "data set":
        x = tf.data.Dataset.from_tensor_slices(x).batch(1)
    at_layer = LayerExtractor("embedding")
    occludes = way == "occlusion"
    calculator = (OcclusionCalculator if occludes else GradientCalculator)(
        tokens(), score=0, target_extractor=None if occludes else at_layer
    )
    with refused():
        calculator.explain(x)


def test_unsigned_numbers_do_not_wrap():
    parts = [L.Rescaling(1 / 255, name="scaled"), L.Flatten(), L.Dense(2)]
    model = keras.Sequential([keras.Input((3, 2, 1), dtype="uint8"), *parts])
    for bad in (-1, 256):
        with refused("uint8", str(bad)):
            OcclusionCalculator(model, score=0).explain(np.full((2, 3, 2, 1), bad))
        with refused("uint8", str(bad), "fill"):
            OcclusionCalculator(model, score=0, fill=bad).explain(np.ones((2, 3, 2, 1), "uint8"))
    x = np.random.default_rng(0).integers(0, 256, (2, 3, 2, 1))
    by_float = keras.Sequential(
        [keras.Input((3, 2, 1)), *[type(part).from_config(part.get_config()) for part in parts]]
    )
    by_float.set_weights(model.get_weights())
    found, expected = (OcclusionCalculator(m, score=0, fill=7).explain(x).values for m in (model, by_float))
    np.testing.assert_allclose(found, expected, rtol=1e-5)


@pytest.mark.parametrize("dtype", ["int64", "uint64"])
def test_large_ids_stay_what_they_are(dtype):
    """Each has digits that no real number has: what a lookup makes of it, occlusion must meet."""
    ids = np.array([2**62 + 1, 2**62 + 2, 2**62 + 3, 5], dtype)
    weights = tf.constant([10.0, 20.0, 40.0, 0.0])

    class Names(L.Layer):
        def call(self, x):
            return tf.matmul(tf.cast(x[..., None] == tf.constant(ids), tf.float32), weights[:, None])[..., 0]

    given = keras.Input((3,), dtype=dtype)
    model = keras.Model(given, L.Dense(1, use_bias=False)(Names()(given)))
    model.set_weights([np.array([[1.0], [2.0], [3.0]])])
    found = OcclusionCalculator(model, fill=5).explain(ids[None, [0, 1, 2]])
    np.testing.assert_allclose(found.values, [[10, 40, 120]])
    found = OcclusionCalculator(model, fill=2**62 + 3).explain(ids[None, [0, 1, 2]])
    np.testing.assert_allclose(found.values, [[10 - 40, 40 - 80, 0]])


@pytest.mark.parametrize(
    "names", [[0, 0, 2**32, 2**32 + 1], [7, 7, 2**63 - 1, 2**63 - 2], [5, 5, 6, 9], np.array([1, 1, 2, 3], "uint8")]
)
def test_groups_are_names(names):
    model = keras.Sequential([keras.Input((4,)), L.Dense(3)])
    x = np.random.default_rng(0).normal(size=(2, 4)).astype("float32")
    w = model.get_weights()[0][:, 0]
    by_hand = np.stack([w[:2] @ x[:, :2].T, w[:2] @ x[:, :2].T, w[2] * x[:, 2], w[3] * x[:, 3]], 1)
    for groups in (np.asarray(names), np.stack([names, names])):
        found = OcclusionCalculator(model, score=0, groups=groups).explain(x).values
        np.testing.assert_allclose(found, by_hand, rtol=1e-5)
    if np.asarray(names).dtype.kind == "i":  # a negative one is in no group
        found = OcclusionCalculator(model, score=0, groups=[-5, -(2**40), names[2], names[3]]).explain(x).values
        np.testing.assert_allclose(found, by_hand * [0, 0, 1, 1], rtol=1e-5)


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "uint32", "int64", "uint64", "float64", "float16"])
def test_labels_of_any_dtype(dtype):
    model = keras.Sequential([keras.Input((4,)), L.Dense(3)])
    x = np.ones((2, 4), "float32")
    found = GradientCalculator(model, score=scores.Label()).explain(x, np.array([2, 0], dtype)).values
    np.testing.assert_allclose(found, model.get_weights()[0][:, [2, 0]].T)
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    losses = [
        GradientCalculator(model, score=scores.Loss()).explain(x, np.array([2, 0], t)).values for t in (dtype, int)
    ]
    np.testing.assert_array_equal(*losses)


@pytest.mark.parametrize("bad", [3, 2**31, 2**32, np.uint64(2**63), -1])
def test_labels_do_not_wrap(bad):
    model = keras.Sequential([keras.Input((4,)), L.Dense(3)])
    with refused(str(int(bad))):
        GradientCalculator(model, score=scores.Label()).explain(
            np.ones((2, 4)), np.array([0, bad], np.asarray(bad).dtype)
        )
