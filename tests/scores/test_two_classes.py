"""One unit as a classifier of two classes: by its sigmoid, or by the loss it is compiled with."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf
from three_parts import refused

from kerasal import GradientCalculator, IntegratedGradientsCalculator, OcclusionCalculator, scores

L, losses = keras.layers, keras.losses
X = np.random.default_rng(0).normal(size=(4, 3)).astype("float32")
KERNEL = np.array([1.0, -2.0, 0.5], "float32")
LABELS = np.array([0, 1, 1, 0])


def unit(activation=None, loss=None, **compiled):
    model = keras.Sequential([keras.Input((3,)), L.Dense(1, activation=activation)])
    model.set_weights([KERNEL[:, None], np.array([0.25], "float32")])
    if loss is not None:
        model.compile("sgd", loss, **compiled)
    return model


class OfLogits(losses.Loss):
    def call(self, y, z):
        return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(tf.cast(y, z.dtype), z), -1)


def of_logits(y, z):
    return losses.binary_crossentropy(y, z, from_logits=True)


def mean_of_logits(y, z):
    return tf.reduce_mean(of_logits(y, z))


CLASSIFIERS = {
    "sigmoid": lambda: unit("sigmoid"),
    "sigmoid, compiled": lambda: unit("sigmoid", "binary_crossentropy"),
    "object": lambda: unit(None, losses.BinaryCrossentropy(from_logits=True)),
    "label smoothing": lambda: unit(None, losses.BinaryCrossentropy(from_logits=True, label_smoothing=0.1)),
    "focal": lambda: unit(None, losses.BinaryFocalCrossentropy(from_logits=True)),
    "a list of one": lambda: unit(None, [losses.BinaryCrossentropy(from_logits=True)]),
    "function": lambda: unit(None, of_logits),
    "function of a mean": lambda: unit(None, mean_of_logits),
    "partial": lambda: unit(None, functools.partial(losses.binary_crossentropy, from_logits=True)),
    "own object": lambda: unit(None, OfLogits()),
    "weighted": lambda: unit(None, lambda y, z: tf.nn.weighted_cross_entropy_with_logits(y, z, 3.0)),
    "hinge": lambda: unit(None, "hinge"),
}


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_a_classifier(name):
    model, logit = CLASSIFIERS[name](), X @ KERNEL + 0.25
    sides = 2 * LABELS - 1
    for score, y, side in (
        (0, None, -np.ones(4)),
        (1, None, np.ones(4)),
        (None, None, np.ones(4)),
        (LABELS, None, sides),
        ([1, 0, scores.Margin(1, 0), scores.Margin(0, 1)], None, np.array([1, -1, 1, -1])),
        (scores.Label(), LABELS, sides),
        (scores.Margin(1, 0), None, np.ones(4)),
        (scores.Margin(0, 1), None, -np.ones(4)),
    ):
        found = GradientCalculator(model, score).explain(X, y)
        np.testing.assert_allclose(found.values, np.outer(side, KERNEL), rtol=1e-6)
        np.testing.assert_allclose(found.scores, side * logit, rtol=1e-5)
    assert GradientCalculator(model).explain(X).score_name == "logit of class 1"
    every = GradientCalculator(model, "all").explain(X)
    np.testing.assert_allclose(every.values, np.tile([-KERNEL, KERNEL], (4, 1, 1)), rtol=1e-6)
    np.testing.assert_allclose(every.scores, np.stack([-logit, logit], 1), rtol=1e-5)


@pytest.mark.parametrize("model", [unit("sigmoid"), unit("hard_sigmoid", "binary_crossentropy")])
def test_probabilities(model):
    """p and 1 − p, also of a unit that is known by its loss alone."""
    slope = GradientCalculator(model, lambda outputs: outputs[:, 0]).explain(X).values
    p = np.asarray(model(X))[:, 0]
    for score, factor, values in (
        (1, 1, p),
        (None, 1, p),
        (0, -1, 1 - p),
        (scores.Margin(1, 0), 2, 2 * p - 1),
        (scores.Margin(0, 1), -2, 1 - 2 * p),
    ):
        found = GradientCalculator(model, score, logits=False).explain(X)
        np.testing.assert_allclose(found.values, factor * slope, rtol=1e-5, atol=1e-7)
        np.testing.assert_allclose(found.scores, values, rtol=1e-5, atol=1e-6)
    assert GradientCalculator(model, 0, logits=False).explain(X).score_name == "probability of class 0"


@pytest.mark.parametrize("loss", [None, "mse", "mae", "poisson", "mean_squared_logarithmic_error", losses.Huber()])
def test_a_regression(loss):
    """The output as it is; there is no class 1, and the way out that the message names is one."""
    model = unit(None, loss)
    for score in (None, 0, [0, 0, 0, 0]):
        np.testing.assert_allclose(GradientCalculator(model, score).explain(X).values, [KERNEL] * 4, rtol=1e-6)
    assert GradientCalculator(model).explain(X).score_name == "output"
    for score, y in ((1, None), (scores.Margin(1, 0), None), (scores.Label(), LABELS)):
        with refused("one unit", "score=None", "BinaryCrossentropy(from_logits=True)"):
            GradientCalculator(model, score).explain(X, y)
        model.compile("sgd", keras.losses.BinaryCrossentropy(from_logits=True))
        GradientCalculator(model, score).explain(X, y)
        model = unit(None, loss)


def test_one_of_several_outputs_by_its_own_loss():
    inputs = keras.Input((3,))
    outputs = [
        L.Dense(1, name="sick")(inputs),
        L.Dense(1, name="age")(inputs),
        L.Dense(1, "sigmoid", name="old")(inputs),
    ]
    model = keras.Model(inputs, outputs)
    logits, crossentropy = losses.BinaryCrossentropy(from_logits=True), losses.BinaryCrossentropy()
    sick, age, old = (model.get_layer(name).get_weights()[0][:, 0] for name in ("sick", "age", "old"))
    for given in ([logits, "mse", crossentropy], {"sick": logits, "age": "mse", "old": crossentropy}):
        model.compile("sgd", given)
        for score, wanted in (({"sick": 0}, -sick), ({"age": 0}, age), ({"old": 0}, -old), ({0: 0}, -sick)):
            np.testing.assert_allclose(GradientCalculator(model, score).explain(X).values, [wanted] * 4, rtol=1e-6)
    y = {"sick": LABELS, "old": LABELS[::-1]}
    found = GradientCalculator(model, {"sick": scores.Label(), "old": scores.Label()}).explain(X, y)
    wanted = np.outer(2 * LABELS - 1, sick) + np.outer(2 * LABELS[::-1] - 1, old)
    np.testing.assert_allclose(found.values, wanted, rtol=1e-5, atol=1e-6)
    assert found.score_name == "logit of the label at sick + logit of the label at old"


def test_other_methods():
    """Both sides by windows and along a path: linear, so x times the slope."""
    for kind in (OcclusionCalculator, IntegratedGradientsCalculator):
        for score, side in ((0, -1), (1, 1)):
            found = kind(unit("sigmoid"), score).explain(X).values
            np.testing.assert_allclose(found, side * X * KERNEL, rtol=1e-4, atol=1e-5)


def test_a_loss_is_tried_without_a_trace():
    """The trial changes no variable of a loss, and is silent where the loss takes no single unit."""
    count = tf.Variable(0.0)

    def counting(y, z):
        count.assign_add(1.0)
        return of_logits(y, z)

    model = unit(None, counting)
    GradientCalculator(model).explain(X)
    assert count.numpy() == 0
    assert GradientCalculator(unit(None, "categorical_crossentropy")).explain(X).score_name == "output"
