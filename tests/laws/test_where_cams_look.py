"""A class activation map looks at the last map of the target that all of the score passes through, however the network is written."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers as L
from three_parts import refused

from kerasal import FullGradientCalculator, GradCAMCalculator, LayerCAMCalculator, ScoreCAMCalculator
from kerasal._network.positions.paths import paths_between

KINDS = (GradCAMCalculator, LayerCAMCalculator, ScoreCAMCalculator)
STEPS = (tf.sin, tf.tanh, lambda z: 2 * z, lambda z: tf.reduce_mean(z, -1, keepdims=True) * z)


def random_network(seed):
    """A function of (x, cut) with branches and sums drawn from a seed; `cut` hides the tensor of that number from gradients."""
    rng = np.random.default_rng(seed)
    plan = [(rng.integers(len(STEPS)), rng.integers(0, n + 1), rng.integers(0, n + 1), rng.random()) for n in range(8)]

    def run(x, cut=None, kept=None):
        tensors = [x]
        for n, (step, one, other, how) in enumerate(plan):
            made = STEPS[step](tensors[max(one, n - 2)])
            made = made + tensors[max(other, n - 3)] if how < 0.4 else made
            made = tf.identity(made)
            if kept is not None:
                kept.append(made)
            tensors.append(tf.stop_gradient(made) if n == cut else made)
        return tf.reduce_sum(tensors[-1] + (tensors[-2] if plan[0][3] < 0.5 else 0.0), -1)

    return run


@pytest.mark.parametrize("seed", range(8))
def test_a_tensor_is_shared_if_the_gradient_ends_without_it(seed):
    run, x, found = random_network(seed), tf.constant(np.random.default_rng(seed).random((1, 3)), tf.float32), []

    @tf.function
    def look(x):
        kept = []
        scores = run(x, kept=kept)
        shared = {tensor.ref() for tensor in paths_between(x, scores).shared}
        found.extend(tensor.ref() in shared for tensor in kept)
        return scores

    look.get_concrete_function(tf.TensorSpec([1, 3]))
    for cut, is_shared in enumerate(found):
        with tf.GradientTape() as tape:
            tape.watch(x)
            scores = run(x, cut=cut)
        gradient = tape.gradient(scores, x)
        is_cut_off = gradient is None or not np.any(gradient)
        assert is_cut_off == is_shared, cut


def residual(seed, form):
    """A branching network of an image, its last map named by a layer if `form` is "named", else as code has it."""
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    channels = int(rng.integers(2, 5))
    image = keras.Input((9, 7, 2))
    z = L.Conv2D(channels, 3, padding="same", activation="relu")(image)
    for _ in range(3):
        branch = L.Conv2D(channels, 3, padding="same", activation="relu")(z)
        kind = rng.integers(3)
        z = z + branch if kind == 0 else z * branch if kind == 1 else L.Concatenate()([z, branch])
        channels *= 1 + (kind == 2)
    z = L.Activation("linear", name="map")(z) if form == "named" else z
    return keras.Model(image, L.Dense(3)(L.GlobalAveragePooling2D()(z)))


@pytest.mark.parametrize("seed", range(2))
def test_what_code_makes_is_found_as_if_a_layer_had_made_it(seed):
    x = np.random.default_rng(seed).random((2, 9, 7, 2), "float32")
    named, plain = residual(seed, "named"), residual(seed, "code")
    plain.set_weights(named.get_weights())
    for kind in (GradCAMCalculator, ScoreCAMCalculator):
        wanted = kind(named, 1, layer="map").explain(x)
        found = kind(plain, 1).explain(x)
        np.testing.assert_allclose(found.values, wanted.values, rtol=1e-4, atol=1e-6 * np.abs(wanted.values).max())


class Tokens(L.Layer):
    """Learned tokens put before others."""

    def build(self, shape):
        self.own = self.add_weight(name="own", shape=(1, 2, shape[-1]), initializer="random_normal")

    def call(self, z):
        return tf.concat([tf.repeat(self.own, tf.shape(z)[0], 0), z], 1)


def transformer(reads):
    """A transformer with two blocks, on patches of 4 of pictures of 12 x 20; (model, what leads to "mid", what follows it)."""
    keras.utils.set_random_seed(1)
    width = 6
    image = keras.Input((12, 20, 3))
    z = Tokens()(L.Reshape((15, width))(L.Conv2D(width, 4, strides=4)(image)))
    z = L.Add(name="mid")([z, L.MultiHeadAttention(2, 3)(z, z)])
    y = L.LayerNormalization()(z)
    tail = [z + L.MultiHeadAttention(2, 3)(y, y)]
    out = L.LayerNormalization(name="norm")(tail[0])
    out = out[:, 0] if reads == "class" else L.GlobalAveragePooling1D()(out[:, 2:])
    model = keras.Model(image, L.Dense(4)(out))
    place = "mid" if reads == "class" else "norm"
    return (
        model,
        keras.Model(image, model.get_layer(place).output),
        keras.Model(model.get_layer(place).output, model.output),
    )


@pytest.mark.parametrize("reads", ["class", "patches"])
@pytest.mark.parametrize("grid", [None, (3, 5)])
def test_the_patches_of_a_transformer_are_a_grid(reads, grid):
    """Behind the last attention nothing but the class token is read: its patches are looked at before that."""
    model, front, back = transformer(reads)
    x = np.random.default_rng(0).random((2, 12, 20, 3), "float32")
    tokens = tf.constant(front(x))
    with tf.GradientTape() as tape:
        tape.watch(tokens)
        score = back(tokens)[:, 1]
    gradient = tape.gradient(score, tokens)[:, 2:]
    weights = tf.reduce_mean(gradient, 1, keepdims=True)
    maps = tf.nn.relu(tf.reduce_sum(weights * tokens[:, 2:], -1))
    wanted = tf.image.resize(tf.reshape(maps, [2, 3, 5, 1]), (12, 20)).numpy()
    found = GradCAMCalculator(model, 1, grid=grid).explain(x)
    np.testing.assert_allclose(found.values, wanted, atol=1e-5 * wanted.max())
    assert ("mid" if reads == "class" else "norm") in found.about["layer"]


def test_a_grid_that_is_none():
    with refused("grid", "(rows, columns)", "(14, 14)"):
        GradCAMCalculator(transformer("class")[0], grid=14)
    with refused("spatial", "grid of (3, 5)"):
        GradCAMCalculator(transformer("class")[0], grid=(4, 4)).explain(np.zeros((1, 12, 20, 3), "float32"))


@pytest.mark.parametrize("kind", [*KINDS, FullGradientCalculator])
def test_channels_first_is_channels_last_turned(kind):
    def network(form):
        shape = (10, 9, 3) if form == "channels_last" else (3, 10, 9)
        body = [
            L.Conv2D(4, 3, activation="relu", data_format=form),
            L.BatchNormalization(axis=-1 if form == "channels_last" else 1),
            L.Conv2D(5, 2, activation="relu", data_format=form),
            L.GlobalAveragePooling2D(data_format=form),
        ]
        return keras.Sequential([keras.Input(shape), *body, L.Dense(4)])

    keras.utils.set_random_seed(2)
    last, first = network("channels_last"), network("channels_first")
    first.set_weights(last.get_weights())
    x = np.random.default_rng(0).random((2, 10, 9, 3), "float32")
    wanted, found = kind(last, 1).explain(x), kind(first, 1).explain(x.transpose(0, 3, 1, 2))
    assert found.shape == (2, 1, 10, 9)
    np.testing.assert_allclose(found.values[:, 0], wanted.values[..., 0], atol=1e-5 * wanted.values.max())


class ShiftedWindows(L.Layer):
    """Attention within windows of 2 x 3 of a map of 6 x 9, moved by a position, as in Swin transformers."""

    def __init__(self, shift, **kwargs):
        super().__init__(**kwargs)
        self.shift, self.mix = shift, L.Dense(4)

    def call(self, z):
        moved = tf.roll(tf.reshape(z, [-1, 6, 9, 4]), [-self.shift, -self.shift], [1, 2])
        windows = tf.transpose(tf.reshape(moved, [-1, 3, 2, 3, 3, 4]), [0, 1, 3, 2, 4, 5])
        windows = tf.reshape(windows, [-1, 6, 4])
        pairs = tf.nn.softmax(tf.matmul(windows, self.mix(windows), transpose_b=True))
        windows = tf.reshape(tf.matmul(pairs, windows), [-1, 3, 3, 2, 3, 4])
        moved = tf.reshape(tf.transpose(windows, [0, 1, 3, 2, 4, 5]), [-1, 6, 9, 4])
        return z + tf.reshape(tf.roll(moved, [self.shift, self.shift], [1, 2]), [-1, 54, 4])


def test_attention_in_windows_that_move_leaves_tokens_in_order():
    keras.utils.set_random_seed(0)
    image = keras.Input((12, 18, 3))
    z = L.Reshape((54, 4))(L.Conv2D(4, 2, strides=2)(image))
    tokens = ShiftedWindows(1)(ShiftedWindows(0)(z))
    dense = L.Dense(3)
    plain = keras.Model(image, dense(L.GlobalAveragePooling1D()(tokens)))
    same = keras.Model(image, dense(L.GlobalAveragePooling2D()(L.Reshape((6, 9, 4), name="grid")(tokens))))
    x = np.random.default_rng(0).random((2, 12, 18, 3), "float32")
    wanted = GradCAMCalculator(same, 1, layer="grid").explain(x)
    np.testing.assert_allclose(GradCAMCalculator(plain, 1).explain(x).values, wanted.values, atol=1e-5)


def test_channels_alone_are_no_positions():
    """A layer named as target, where the layer to look at was meant, is no map once it is averaged."""
    body = [L.Conv2D(4, 3, activation="relu", name="seen"), L.GlobalAveragePooling2D(), L.Dense(3)]
    model = keras.Sequential([keras.Input((8, 6, 2)), *body])
    x = np.random.default_rng(0).random((2, 8, 6, 2))
    with pytest.raises(ValueError, match="pass it as layer= and leave target_extractor out"):
        GradCAMCalculator(model, target_extractor="seen").explain(x)
    assert GradCAMCalculator(model, layer="seen").explain(x).shape == (2, 8, 6, 1)


def test_tokens_are_looked_up_whatever_integers_they_come_as():
    """An input of integers is handed to the table as it is, one of real numbers by way of a cast: the same map."""
    x, maps = np.arange(24).reshape(2, 12) % 9, []
    layers = [L.Embedding(9, 4), L.Conv1D(4, 3, padding="same", activation="relu"), L.GlobalAveragePooling1D()]
    layers += [L.Dense(2)]
    for dtype in ("int32", "float32"):
        answer = inputs = keras.Input((12,), dtype=dtype)
        for layer in layers:
            answer = layer(answer)
        maps.append(GradCAMCalculator(keras.Model(inputs, answer)).explain(x).values)
    np.testing.assert_allclose(maps[0], maps[1], rtol=1e-5)
    assert maps[0].max() > 0
