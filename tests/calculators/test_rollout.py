"""Attention rollout against products by hand, and against NumPy over the scores that Keras' attention returns."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf
from by_hand import distance
from keras import layers as L
from three_parts import refused
from transformers import GRID, IMAGES, PADDED, WORDS, Given, patches, words

from kerasal import GradientRolloutCalculator, ImageVisualizer, LayerExtractor, RolloutCalculator, recipes, scores

FIRST = [[[0.5, 0.5], [0.2, 0.8]], [[0.7, 0.3], [0.6, 0.4]]]  # two heads; their mean [[.6 .4] [.4 .6]]
SECOND = [[[0.9, 0.1], [0.3, 0.7]], [[0.1, 0.9], [0.3, 0.7]]]  # mean [[.5 .5] [.3 .7]]
# (mean + 1) / 2: [[.8 .2] [.2 .8]], [[.75 .25] [.15 .85]]; the second times the first:
ROLLED = [[0.65, 0.35], [0.29, 0.71]]
X = np.random.default_rng(3).normal(size=(3, 2, 4)).astype("float32")


def given(read, skips=(True, True)):
    """Two layers of given attention of two tokens."""
    inputs = x = keras.Input((2, 4))
    for probabilities, skip in zip((FIRST, SECOND), skips, strict=True):
        found = Given(probabilities)(x)
        x = L.Dense(4, "relu")(L.Add()([x, found]) if skip else found)
    return keras.Model(inputs, L.Dense(2)(read(x)))


@pytest.mark.parametrize("token", [0, 1])
def test_two_layers_of_given_attention(token):
    found = RolloutCalculator(given(lambda x: x[:, token])).explain(X)
    np.testing.assert_allclose(found.values[..., 0], [ROLLED[token]] * 3, rtol=1e-5)
    assert found.about["row"] == f"token {token}" and found.about["blocks"] == 2


def test_the_mean_of_the_tokens():
    model = given(L.GlobalAveragePooling1D())
    found = RolloutCalculator(model).explain(X)
    np.testing.assert_allclose(found.values[..., 0], [[0.47, 0.53]] * 3, rtol=1e-5)
    for row, expected in ((0, ROLLED[0]), (-1, ROLLED[1])):
        np.testing.assert_allclose(RolloutCalculator(model, row=row).explain(X).values[0, :, 0], expected, rtol=1e-5)


def test_a_block_without_a_skip_has_its_attention_alone():
    found = RolloutCalculator(given(lambda x: x[:, 0], (False, True))).explain(X)
    expected = np.array([0.75, 0.25]) @ [[0.6, 0.4], [0.4, 0.6]]
    np.testing.assert_allclose(found.values[0, :, 0], expected, rtol=1e-5)


@pytest.mark.parametrize("heads", ["max", "min"])
def test_the_largest_or_least_of_the_heads(heads):
    expected = np.eye(2)
    for probabilities in (FIRST, SECOND):
        joined = getattr(np, heads)(probabilities, 0) + np.eye(2)
        expected = joined / joined.sum(1, keepdims=True) @ expected
    found = RolloutCalculator(given(lambda x: x[:, 1]), heads=heads).explain(X)
    np.testing.assert_allclose(found.values[0, :, 0], expected[1], rtol=1e-5)
    assert found.about["heads"] == heads and recipes.attention_rollout(heads)["heads"] == heads


def rolled(attended, weights, gradients=None):
    """The rows weighed (rows, tokens), by the definition; of attention (rows, heads, tokens, tokens) for each block."""
    found = np.eye(attended[0].shape[-1])[None]
    for place, attention in enumerate(attended):
        if gradients is None:
            matrix = (attention.mean(1) + np.eye(attention.shape[-1])) / 2
        else:
            matrix = np.maximum(attention * gradients[place], 0).mean(1) + np.eye(attention.shape[-1])
        found = matrix @ found
    return np.einsum("nt,nts->ns", weights, found)


def by_tape(told, x, index):
    """Attention of the blocks, and the gradient of a logit of each example with respect to it."""
    with tf.GradientTape(watch_accessed_variables=True) as tape:
        answer, *attended = told(x)
        score = tf.reduce_sum(answer[:, index])
    return [each.numpy() for each in attended], [each.numpy() for each in tape.gradient(score, attended)]


CASES = {
    "words, a class token": (lambda told: words(read=0, told=told), WORDS, 0),
    "words, normalized last": (lambda told: words(first=False, read=2, told=told), WORDS, 2),
    "words with padding": (lambda told: words(masks=True, told=told, dropout=0.1), PADDED, "mask"),
}


@functools.cache
def explained(name, kind, score="all"):
    """The layers as they compute by themselves, of all classes."""
    make, x, _ = CASES[name]
    return kind(make(False)[0], score=score).explain(x)


@pytest.mark.parametrize("name", CASES)
def test_rollouts_of_words(name):
    """What is expected is of layers that return what they attend to. Rollout knows no classes, and gradients do."""
    make, x, row = CASES[name]
    (model, _), (_, told) = make(False), make(True)
    told.set_weights(model.get_weights())
    weights = np.eye(7)[[row] * 4] if isinstance(row, int) else (x > 0) / (x > 0).sum(1, keepdims=True)
    found, weighed = (explained(name, kind) for kind in (RolloutCalculator, GradientRolloutCalculator))
    for index in (0, 2):
        attended, gradients = by_tape(told, x, index)
        assert distance(found.values[:, index], rolled(attended, weights)) < 1e-5
        assert distance(weighed.values[:, index], rolled(attended, weights, gradients)) < 1e-5
    np.testing.assert_allclose(found.values.sum(-1), 1, rtol=1e-5)
    assert distance(weighed.values[:, 0], weighed.values[:, 2]) > 0.01
    for each in (found, weighed):
        assert np.all(each.values.transpose(0, 2, 1)[x == 0] == 0)
        assert (row == "mask") == ("not masked" in each.about["row"])


def test_the_target_may_be_the_embedding():
    model, _ = words(read=0, told=False)
    found = RolloutCalculator(model, target_extractor=LayerExtractor("embed")).explain(WORDS)
    of_numbers = explained("words, a class token", RolloutCalculator).values[:, 1]
    np.testing.assert_allclose(found.values[..., 0], of_numbers, rtol=1e-5)


@pytest.mark.parametrize("token, first", [(True, True), (False, False)])
def test_rollouts_of_patches(token, first, tmp_path):
    """A map over the grid, enlarged to the image; what the class token keeps is no place of it."""
    (model, _), (_, told) = patches(token=token, first=first, told=False), patches(token=token, first=first)
    told.set_weights(model.get_weights())
    logits = keras.Model(told.inputs, [told.get_layer("head").input, *told.outputs[1:]])
    kernel = told.get_layer("head").get_weights()[0]
    with tf.GradientTape() as tape:
        read, *attended = logits(IMAGES)
        score = tf.reduce_sum(read @ kernel[:, 2:3])
    gradients = [each.numpy() for each in tape.gradient(score, attended)]
    weights = np.eye(13)[[0] * 3] if token else np.full((3, 12), 1 / 12)
    cases = [
        (RolloutCalculator(model, grid=None if token else GRID), rolled([each.numpy() for each in attended], weights))
    ]
    if token:
        weighed = rolled([each.numpy() for each in attended], weights, gradients)
        cases.append((GradientRolloutCalculator(model, score=2), weighed))
    for made, expected in cases:
        found = made.explain(IMAGES)
        grid = expected[:, token:].reshape(3, *GRID, 1)
        assert distance(found.values, tf.image.resize(grid, (12, 8)).numpy()) < 1e-5
        assert ImageVisualizer().visualize(found[0], save_filepath=tmp_path / "map.png") is not None


def test_one_token_of_a_network_of_tokens():
    """The score says which row is wanted."""
    inputs = x = keras.Input((2, 4))
    x = L.Add()([x, Given(FIRST)(x)])
    model = keras.Model(inputs, L.Dense(3, name="tag")(x))
    for token in (0, 1):
        found = RolloutCalculator(model, score=scores.Unit("tag", 1, position=(token,))).explain(X)
        np.testing.assert_allclose(found.values[0, :, 0], [[0.8, 0.2], [0.2, 0.8]][token], rtol=1e-5)


def test_settings():
    model = given(lambda x: x[:, 0])
    for kind in (RolloutCalculator, GradientRolloutCalculator):
        for row in (1.5, True, "cls", [0], np.nan):
            with refused("row"):
                kind(model, row=row)
        for row in (2, -3):
            with refused("row", "2 tokens"):
                kind(model, row=row).explain(X)
    for heads in ("median", None, 3, ["mean"]):
        with refused("heads"):
            RolloutCalculator(model, heads=heads)
