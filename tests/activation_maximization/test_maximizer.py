"""The ascent: optima known without a computer, steps by hand, many images at once, any score, nothing left behind."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from by_hand import distance, find, spy
from closed_forms import linear
from keras import layers as L
from snapshots import prepared, unchanged
from three_parts import refused
from zoo import ZOO, built, randomised

from kerasal import ActivationMaximizer, LayerExtractor, scores
from kerasal.activation_maximization import (
    AnisotropicTotalVariation,
    Fourier,
    Jitter,
    Pixels,
    Rotate,
    SquaredNorm,
    presets,
)

KERNEL = np.array([[1.0, -1.0, 0.5], [-2.0, 0.3, 0.1], [0.5, 2.0, -0.2], [3.0, -0.1, 1.0]])  # 4 inputs, 3 classes


def image_model(shape=(9, 7, 3), activation="softmax"):
    body = [L.Conv2D(4, 3, activation="tanh", name="conv"), L.Conv2D(5, 2, activation="tanh", name="late")]
    return randomised(keras.Sequential([keras.Input(shape), *body, L.Flatten(), L.Dense(4, activation, name="head")]))


def climb(model, score, limits=(-1, 1), run=None, **settings):
    return ActivationMaximizer(model, score, limits, **settings).maximize(**(run or {}))


@pytest.mark.parametrize("limits", [(-1, 1), (0, 255), (-3, -2)])
def test_a_linear_score_is_largest_in_a_corner(limits):
    found = climb(linear(KERNEL), [0, 1, 2], limits)
    corner = np.where(KERNEL.T > 0, limits[1], limits[0])
    np.testing.assert_allclose(found.images, corner)
    np.testing.assert_allclose(found.scores, (corner * KERNEL.T).sum(1), rtol=1e-5)


@pytest.mark.parametrize("limits", [None, (-10, 10)])
def test_a_penalty_moves_the_optimum(limits):
    """w·x − λ Σ x² is largest at w / 2λ."""
    optimizer = keras.optimizers.SGD(0.2)
    found = climb(
        linear(KERNEL),
        [0, 1, 2],
        limits,
        optimizer=optimizer,
        regularizers={SquaredNorm(): 0.8},
        normalize_gradient=False,
    )
    np.testing.assert_allclose(found.images, KERNEL.T / 1.6, atol=1e-4)
    np.testing.assert_allclose(found.history["SquaredNorm()"][-1], (KERNEL**2).sum(0) / 1.6**2, rtol=1e-3)


def by_hand(model, classes, x, steps, moved):
    """The blog's steps, one image at a time, its gradients by a tape."""
    images = []
    for n, one in enumerate(x):
        one = tf.constant(one[None])
        for step in range(steps):
            if moved:
                one = moved(one, step, n)
            with tf.GradientTape() as tape:
                tape.watch(one)
                logit = tf.matmul(features(model, one), find(model, "head").kernel) + find(model, "head").bias
                loss = logit[0, classes[n]] - 0.1 * tf.reduce_sum(one**2)
                loss -= 0.1 * tf.reduce_sum(tf.image.total_variation(one)) / (one.shape[1] * one.shape[2])
            one = tf.clip_by_value(one + 0.3 * tf.math.l2_normalize(tape.gradient(loss, one)), -1, 1)
        images.append(one[0])
    return np.stack(images)


def features(model, x):
    with spy(find(model, "head")) as calls:
        model(x)
    return calls[0][0]


@pytest.mark.parametrize("moved", [False, True])
def test_steps_of_the_blog(moved):
    model, x = image_model(), np.random.default_rng(0).uniform(-0.9, 0.9, (3, 9, 7, 3)).astype("float32")
    settings = presets.blog(moved) | {"optimizer": keras.optimizers.SGD(0.3), "steps": 5}
    move = None
    if moved:  # what is not random in the draws: one roll
        settings["transforms"] = [lambda images: tf.roll(images, [2, -1], [1, 2])]
        move = lambda one, step, n: tf.roll(one, [2, -1], [1, 2])
    found = climb(model, [2, 0, 3], run={"x": x}, **settings)
    assert distance(found.images, by_hand(model, [2, 0, 3], x, 5, move)) < 1e-4
    assert found.history["score"].shape == (5, 3) and np.all(np.abs(found.images) <= 1)


def test_first_step_of_the_blog():
    """At 299 × 299 × 3 a step of length 10 is .0193 a pixel (root mean square); so it is at every size."""
    x = np.zeros((2, 8, 5, 3), "float32")
    settings = presets.blog(size=(8, 5)) | {"regularizers": {}, "steps": 1}
    model = keras.Sequential([keras.Input(x.shape[1:]), keras.layers.Flatten(), keras.layers.Dense(4)])
    found = climb(model, [0, 1], run={"x": x}, **settings)
    np.testing.assert_allclose(np.sqrt(np.mean(found.images**2, (1, 2, 3))), 0.0193, rtol=2e-3)


def test_first_step_of_keras_vis():
    """RMSProp with decay .95: ±1/√.05 = 4.472 a pixel for a range of 255, whatever the gradient."""
    x = np.full((2, 4), 100.0)
    settings = presets.keras_vis() | {"regularizers": {}, "transforms": [], "transform_image": False, "steps": 1}
    found = climb(linear(KERNEL), [0, 1], (0, 255), run={"x": x}, **settings)
    np.testing.assert_allclose(found.images - x, np.sign(KERNEL.T[:2]) * 0.05**-0.5, rtol=1e-3)


SETTINGS = {
    "pixels": {"regularizers": {AnisotropicTotalVariation(): 0.1}, "transforms": [Jitter(1), Rotate(0.1)]},
    "moved": presets.blog(moved=True) | {"optimizer": keras.optimizers.SGD(0.2)},
    "fourier": presets.fourier(pixels=1),
}


@pytest.mark.parametrize("how", SETTINGS)
def test_many_at_once_are_as_many_alone(how):
    """The third image of three is that of position 2; another seed gives another."""
    model, settings = image_model(), SETTINGS[how] | {"steps": 6}
    together = climb(model, [2, 0, 3], run={"seed": 5}, **settings)
    maximizer = ActivationMaximizer(model, [3], (-1, 1), **settings)
    assert distance(maximizer.maximize(seed=5, first_example=2).images[0], together.images[2]) < 1e-4
    assert distance(maximizer.maximize(seed=6, first_example=2).images[0], together.images[2]) > 0.05


def test_calls_of_any_length_are_the_same_ascent():
    model, settings = image_model(), SETTINGS["pixels"] | {"steps": 9}
    told = []

    def every_two(moment):
        told.append(moment.step)

    every_two.every = 2
    one = climb(model, [1, 2], **settings)
    cut = climb(model, [1, 2], run={"callbacks": [every_two]}, **settings)
    np.testing.assert_array_equal(one.images, cut.images)
    assert told == [2, 4, 6, 8, 9] and cut.steps == 9


def test_any_score_of_any_layer():
    """Each image is best at what it was made for."""
    model = image_model()
    wanted = [
        3,
        scores.Unit("conv", 1),
        scores.Unit("late", 4, position=(2, 1)),
        scores.Margin(0, 2),
        lambda y: y[:, 1],
    ]
    found = climb(model, wanted, steps=60)
    with spy(find(model, "conv")) as conv, spy(find(model, "late")) as late, spy(find(model, "head")) as head:
        y = model(found.images).numpy()
    logits = head[0][0] @ find(model, "head").kernel + find(model, "head").bias
    reached = [
        *(logits[:, 3], tf.reduce_mean(conv[0][1][..., 1], [1, 2]), late[0][1][:, 2, 1, 4]),
        *(logits[:, 0] - logits[:, 2], y[:, 1]),
    ]
    for n, values in enumerate(np.array([np.asarray(value) for value in reached])):
        np.testing.assert_allclose(found.scores[n], values[n], rtol=1e-4)
        assert values[n] == values.max()


def test_one_score_for_several_images():
    found = climb(image_model(), 2, run={"count": 3}, steps=30)
    assert len(found) == 3 and np.all(found.scores > found.history["score"][0])
    assert np.abs(found.images[0] - found.images[1]).max() > 0.05


@pytest.mark.parametrize("kind", [Pixels(), Fourier()], ids=repr)
@pytest.mark.parametrize("limits", [(0, 1), (-2, 5)])
def test_the_range_holds_at_every_step(kind, limits):
    extremes = []

    def look(moment):
        extremes.append((moment.images.min(), moment.images.max()))

    optimizer = keras.optimizers.SGD(50.0)
    climb(image_model(), [0, 1], limits, run={"callbacks": look}, parameterization=kind, optimizer=optimizer, steps=5)
    lows, highs = zip(*extremes, strict=True)
    assert len(lows) == 5 and min(lows) >= limits[0] and max(highs) <= limits[1]
    assert max(highs) > limits[1] - 0.1 * (limits[1] - limits[0])


OPTIMIZERS = {name: getattr(keras.optimizers, name) for name in ("SGD", "Adam", "RMSprop", "Adagrad", "Nadam", "Ftrl")}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_any_optimizer_and_none_is_used_up(name):
    optimizer = OPTIMIZERS[name](keras.optimizers.schedules.ExponentialDecay(0.05, 10, 0.5))
    maximizer = ActivationMaximizer(linear(KERNEL), 0, (-1, 1), optimizer=optimizer, steps=8)
    first, again = maximizer.maximize(), maximizer.maximize()
    assert int(np.asarray(optimizer.iterations)) == 0 and first.scores[0] > first.history["score"][0, 0] + 0.1
    np.testing.assert_array_equal(first.images, again.images)


@pytest.mark.parametrize("name", ["cnn", "nested", "subclassed softmax", "two inputs", "dict inputs", "mixed", "lstm"])
def test_kinds_of_models(name):
    """Every other input stays as given; integers are reached through the layer that embeds them."""
    case, model = prepared(name)
    target = LayerExtractor("inner") if case.target else None
    with unchanged(model):
        maximizer = ActivationMaximizer(model, 0, None, steps=5, target_extractor=target)
        found = maximizer.maximize(case.x)
    assert np.all(found.scores >= found.history["score"][0]) and np.any(found.scores > found.history["score"][0])


def test_the_first_of_two_inputs():
    image, table = ZOO["two inputs"].x
    found = climb(built("two inputs"), 1, None, run={"x": [image, table]}, steps=3)
    assert found.images.shape == image.shape
    with refused("x=None", "images to start from"):
        climb(built("two inputs"), 1, None)


def test_guided():
    """Of relu(x) and relu(−x) with weights 1 and −3, guided backpropagation sees only the first."""
    model = keras.Sequential([keras.Input((1,)), L.Dense(2, "relu", use_bias=False), L.Dense(1, use_bias=False)])
    model.set_weights([np.array([[1.0, 1.0]]), np.array([[1.0], [-3.0]])])
    settings = {"optimizer": keras.optimizers.SGD(0.1), "normalize_gradient": False, "steps": 1}
    plain = climb(model, 0, None, run={"x": np.ones((1, 1))}, **settings)
    guided = climb(model, 0, None, run={"x": np.ones((1, 1))}, relu_rule="guided", **settings)
    np.testing.assert_allclose([plain.images[0, 0], guided.images[0, 0]], [0.8, 1.1], rtol=1e-5)
