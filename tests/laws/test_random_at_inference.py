"""What draws random numbers in inference is keyed, or named in a warning, and refused where points are compared."""

import functools
import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf
from by_hand import distance
from keras import layers as L
from three_parts import refused
from zoo import normal

from kerasal import (
    GradientCalculator,
    IntegratedGradientsCalculator,
    LayerExtractor,
    OcclusionCalculator,
    scores,
)

KERAS_3 = not keras.__version__.startswith("2.")
X = np.abs(normal(4)) + 1


class Draws(L.Layer):
    """Multiplies by what a function draws."""

    def __init__(self, draw, **kwargs):
        super().__init__(**kwargs)
        self.draw = draw

    def call(self, x):
        return x * self.draw(x)


def looped(x):
    return tf.while_loop(lambda i, _: i < 2, lambda i, y: (i + 1, y * tf.random.uniform(tf.shape(x))), (0, 1 + 0 * x))[
        1
    ]


GENERATOR = tf.random.Generator.from_seed(1)
DRAWS = {
    "normal": lambda x: tf.random.normal(tf.shape(x)),
    "a seed of its own": lambda x: tf.random.uniform(tf.shape(x), seed=7),
    "stateless": lambda x: tf.random.stateless_normal(tf.shape(x), [1, 2]),
    "stateless truncated": lambda x: tf.random.stateless_truncated_normal(tf.shape(x), [1, 2]),
    "generator": lambda x: GENERATOR.normal(tf.shape(x)),
    "dropout": lambda x: tf.nn.dropout(1 + 0 * x, 0.3),
    "categorical": lambda x: tf.one_hot(tf.random.categorical(x, 1)[:, 0], 4),
    "gumbel": lambda x: tf.nn.softmax(x - tf.math.log(-tf.math.log(tf.random.uniform(tf.shape(x), 0.01, 0.99)))),
    "shuffle": lambda x: tf.transpose(tf.random.shuffle(tf.transpose(x))),
    "stochastic depth": lambda x: tf.floor(0.8 + tf.random.uniform([tf.shape(x)[0], 1])),
    "poisson": lambda x: tf.stop_gradient(tf.random.poisson([], x)),
    "in a function": tf.function(lambda x: tf.random.normal(tf.shape(x))),
    "in a loop": looped,
    "in a branch": lambda x: tf.cond(tf.reduce_sum(x) > 0, lambda: tf.random.normal(tf.shape(x)), lambda: x),
}
QUIET = {
    "unused": lambda x: (tf.random.normal(tf.shape(x)), x)[1],
    "unused in a function": tf.function(lambda x: (tf.random.normal(tf.shape(x)), x)[1]),
    "its shape": lambda x: x + tf.cast(tf.shape(tf.random.normal([3]))[0], x.dtype),
    "a branch not taken": lambda x: tf.cond(tf.constant(False), lambda: tf.random.normal(tf.shape(x)), lambda: x),
}


def drawing(draw, how="functional", **kwargs):
    """A model with a layer "selfish" that draws."""
    layer, head = Draws(draw, name="selfish", **kwargs), L.Dense(2, kernel_initializer="ones")
    if how == "sequential":
        model = keras.Sequential([keras.Input((4,)), layer, head])
    elif how == "nested":
        a, b = keras.Input((4,)), keras.Input((4,))
        model = keras.Model(b, head(keras.Model(a, layer(a), name="inside")(b)))
    elif how == "subclassed":
        model = Own(layer, head)
        model(X)
    else:
        a = keras.Input((4,))
        model = keras.Model(a, head(layer(a)))
    return model


class Own(keras.Model):
    """Two layers in a row."""

    def __init__(self, layer, head):
        super().__init__()
        self.layer, self.head = layer, head

    def call(self, x, training=False):
        return self.head(self.layer(x))


def warned(explain):
    """The result, after a warning that names what draws."""
    with pytest.warns(UserWarning, match="'selfish' draws"):
        return explain()


@pytest.mark.parametrize("kind", DRAWS)
def test_every_kind_of_draw_is_found_and_named(kind):
    model = drawing(DRAWS[kind])
    score = None if kind in ("categorical",) else 0
    target = LayerExtractor("selfish") if kind == "categorical" else None
    found = warned(lambda: GradientCalculator(model, score, target).explain(X, M=3))
    assert found.unpaired == ("selfish",) and found.M == 3
    with refused("selfish", "GradientCalculator"):
        IntegratedGradientsCalculator(model, score, target).explain(X)


@pytest.mark.parametrize("how", ["sequential", "nested", "subclassed"])
def test_in_every_kind_of_model(how):
    model = drawing(DRAWS["normal"], how)
    found = warned(lambda: GradientCalculator(model, 0).explain(X))
    assert found.M == 30 and np.all(found.std > 0)  # every sample draws anew
    for calculator in (IntegratedGradientsCalculator(model, 0), OcclusionCalculator(model, 0, size=2, slide_axis=1)):
        with refused("selfish"):
            calculator.explain(X)


@pytest.mark.parametrize("kind", QUIET)
def test_draws_that_the_score_does_not_depend_on_are_none(kind):
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        found = GradientCalculator(drawing(QUIET[kind]), 0).explain(X)
    assert found.M == 1 and found.unpaired == ()


def test_a_unit_before_the_draw_is_not_random():
    a = keras.Input((4,))
    model = keras.Model(a, L.Dense(2)(Draws(DRAWS["normal"], name="selfish")(L.Dense(3, name="before")(a))))
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        found = IntegratedGradientsCalculator(model, scores.Unit("before", 1)).explain(X)
    np.testing.assert_allclose(found.values, X * np.asarray(model.get_layer("before").kernel)[:, 1], rtol=1e-4)


@pytest.mark.parametrize("where", ["eval_fun", "score"])
def test_draws_of_functions_are_named_too(where):
    model = drawing(QUIET["unused"])
    noise = lambda outputs: outputs[:, 0] * tf.random.uniform(tf.shape(outputs)[:1])
    settings = {"score": noise} if where == "score" else {"eval_fun": lambda x: noise(model(x))}
    with pytest.warns(UserWarning, match=f"'{where}' draws"):
        assert GradientCalculator(model, **settings).explain(X, M=4).unpaired == (where,)
    with refused(where):
        IntegratedGradientsCalculator(model, **settings).explain(X)


def test_draws_of_images():
    body = [L.RandomFlip(name="flip"), L.Conv2D(2, 2), L.GlobalAveragePooling2D(), L.Dense(1)]
    a = keras.Input((6, 5, 1))
    flipped = body[0](a, training=True)
    model = keras.Model(a, body[3](body[2](body[1](flipped))))
    images = normal(6, 5, 1)
    own = Own(functools.partial(body[0], training=True), keras.Sequential(body[1:]))
    own(images)
    for each in [own] if KERAS_3 else [own, model]:  # inference of Keras 3 overrules what a functional model was given
        with pytest.warns(UserWarning, match="draws"):
            GradientCalculator(each).explain(images, M=2)
        with refused("draws"):
            OcclusionCalculator(each, size=2).explain(images)
    for quiet in [model, Own(*body[:1], keras.Sequential(body[1:]))] if KERAS_3 else [keras.Sequential(body)]:
        assert not np.any(quiet(images, training=False) - quiet(images, training=False))
        assert GradientCalculator(quiet).explain(images).M == 1


def test_dropout_of_a_nested_model_that_is_called_in_training_mode():
    """Keyed: the node of the dropout itself knows nothing of it."""
    a, b = keras.Input((6,)), keras.Input((6,))
    inside = keras.Model(a, L.Dropout(0.25)(a))
    model = keras.Model(b, L.Dense(1, use_bias=False, kernel_initializer="ones")(inside(b, training=True)))
    x = np.abs(normal(6)) + 1
    samples = GradientCalculator(model).compute(x, M=20)
    assert set(np.unique(samples.round(4)).tolist()) == {0.0, np.float32(1.3333)}
    assert distance(GradientCalculator(model).compute(x, M=20, batch_size=3), samples) < 1e-6
    assert distance(IntegratedGradientsCalculator(model).compute(x, M=20), samples * x) < 1e-5


def test_train_tells_of_both():
    a = keras.Input((4,))
    model = keras.Model(a, L.Dense(2)(Draws(DRAWS["normal"], name="selfish")(L.Dropout(0.5)(a))))
    found = warned(lambda: GradientCalculator(model, 0).explain(X, M=4, train=True))
    assert found.unpaired == ("selfish",)
    for train in (True, {"selfish": 0.5}):
        with refused("selfish"):
            IntegratedGradientsCalculator(model, 0).explain(X, M=4, train=train)


def test_the_advice_for_a_sampling_layer():
    """The mean in its place; and the gradient over draws, whose mean is that of the mean, since all behind is linear."""
    a = keras.Input((4,))
    mean, spread = L.Dense(2, name="mean")(a), L.Dense(2)(a)
    head, draws = L.Dense(1), L.Lambda(lambda both: both[0] + both[1] * tf.random.normal(tf.shape(both[0])))
    model = keras.Model(a, head(draws([mean, spread])))
    with refused("the mean in its place"):
        IntegratedGradientsCalculator(model).explain(X)
    of_mean = keras.Model(a, head(mean))
    found = IntegratedGradientsCalculator(of_mean).explain(X)
    slope = np.asarray(of_mean.get_layer("mean").kernel) @ np.asarray(head.kernel)
    np.testing.assert_allclose(found.values, X * slope[:, 0], rtol=1e-4)
    with pytest.warns(UserWarning, match="draws"):
        over_draws = GradientCalculator(model).explain(X, M=400)
    assert np.all(np.abs(over_draws.values - slope[:, 0]) < 5 * over_draws.standard_error)


@pytest.mark.skipif(not KERAS_3, reason="keras.random came with Keras 3")
@pytest.mark.parametrize("attribute", ["seed_generator", "seeds"])
def test_draws_of_keras_random(attribute):
    class Noisy(L.Layer):
        def build(self, shape):
            setattr(self, attribute, keras.random.SeedGenerator(3))

        def call(self, x):
            return x + keras.random.normal(keras.ops.shape(x), seed=getattr(self, attribute))

    model = keras.Sequential([keras.Input((4,)), Noisy(name="selfish"), L.Dense(1)])
    before = [np.array(value) for value in model.variables]
    warned(lambda: GradientCalculator(model).explain(X))
    assert all(np.array_equal(one, value) for one, value in zip(before, model.variables, strict=True))
