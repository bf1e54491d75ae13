"""A class activation map looks at the last map of the target that all of the score passes through, however the network is written."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers as L

from kerasal import GradCAMCalculator, LayerCAMCalculator, ScoreCAMCalculator
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


@pytest.mark.parametrize("seed", range(4))
def test_what_code_makes_is_found_as_if_a_layer_had_made_it(seed):
    x = np.random.default_rng(seed).random((2, 9, 7, 2), "float32")
    named, plain = residual(seed, "named"), residual(seed, "code")
    plain.set_weights(named.get_weights())
    for kind in KINDS:
        wanted = kind(named, 1, layer="map").explain(x)
        found = kind(plain, 1).explain(x)
        np.testing.assert_allclose(found.values, wanted.values, rtol=1e-4, atol=1e-6 * np.abs(wanted.values).max())
