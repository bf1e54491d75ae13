"""Law: however a model writes its softmax or sigmoid, the logits behind it are scored, also where it is saturated."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from kerasal import GradientCalculator, scores

L = keras.layers
RNG = np.random.default_rng(0)
X = RNG.normal(size=(5, 4)).astype("float32")
KERNELS = [RNG.normal(size=(4, 3)).astype("float32") for _ in range(3)]
UNITS = [kernel[:, :1] for kernel in KERNELS]


class Written(keras.Model):
    """A function of logits x · kernel · scale, one for each kernel."""

    def __init__(self, write, kernels, scale):
        super().__init__()
        self.write, self.given, self.scale = write, kernels, scale

    def build(self, shape):
        self.kernels = [
            self.add_weight(name=f"k{k}", shape=each.shape, initializer="zeros") for k, each in enumerate(self.given)
        ]
        super().build(shape)

    def call(self, x):
        return self.write(*(self.scale * tf.matmul(x, tf.convert_to_tensor(kernel)) for kernel in self.kernels))


def written(write, kernels=KERNELS[:1], scale=1.0):
    model = Written(write, kernels, scale)
    model(X)
    model.set_weights(kernels)
    return model


softmax, sigmoid = tf.nn.softmax, tf.sigmoid


def by_hand(z):
    exps = tf.exp(z - tf.reduce_max(z, -1, keepdims=True))
    return exps / tf.reduce_sum(exps, -1, keepdims=True)


def twice(z):
    """Numerator and denominator computed apart."""
    return tf.exp(z) / tf.reduce_sum(tf.exp(z), -1, keepdims=True)


def sharpened(z):
    powers = softmax(z) ** 2.0
    return powers / tf.reduce_sum(powers, -1, keepdims=True)


SOFTMAXES = {  # how it is written: (function of logits, what they are multiplied with)
    "softmax": (softmax, 1),
    "temperature inside": (lambda z: softmax(z / 4.0), 0.25),
    "clip": (lambda z: tf.clip_by_value(softmax(z), 1e-7, 1 - 1e-7), 1),
    "minimum and maximum": (lambda z: tf.maximum(tf.minimum(softmax(z), 0.9999), 1e-4), 1),
    "relu": (lambda z: tf.nn.relu(softmax(z)), 1),
    "per cent": (lambda z: softmax(z) * 100.0, 1),
    "divided": (lambda z: softmax(z) / 3.0, 1),
    "by hand": (by_hand, 1),
    "by hand, twice": (twice, 1),
    "by hand, kept from 0": (lambda z: tf.exp(z - 3.0) / (tf.reduce_sum(tf.exp(z - 3.0), -1, keepdims=True) + 1e-7), 1),
    "by hand, without keepdims": (lambda z: tf.exp(z) / tf.reduce_sum(tf.exp(z), -1)[:, None], 1),
    "times a reciprocal": (lambda z: tf.exp(z) * tf.math.reciprocal(tf.reduce_sum(tf.exp(z), -1, keepdims=True)), 1),
    "exp of log_softmax": (lambda z: tf.exp(tf.nn.log_softmax(z)), 1),
    "exp of z - logsumexp": (lambda z: tf.exp(z - tf.reduce_logsumexp(z, -1, keepdims=True)), 1),
    "probability ** (1/T)": (sharpened, 2),
    "smoothed": (lambda z: 0.9 * softmax(z) + 0.1 / 3, None),
    "mean of equals": (lambda z: (softmax(z) + softmax(z)) / 2.0, 1),
    "mean of a stack": (lambda z: tf.reduce_mean(tf.stack([softmax(z), by_hand(z), softmax(z)]), 0), 1),
    "mean of a last axis": (lambda z: tf.reduce_mean(tf.stack([softmax(z), softmax(z)], 1), 1), 1),
    "weighted": (lambda z: 0.7 * softmax(z) + 0.3 * softmax(z), 1),
    "reshaped": (lambda z: tf.reshape(softmax(z[:, None]), [-1, 3]), 1),
    "squeezed": (lambda z: tf.squeeze(softmax(z[:, None]), 1), 1),
}


def check_log_ratios(model, scale=1.0):
    """The margin of two classes is log p_a / p_b, as is its gradient, where these can be computed."""
    if scale > 1:
        return
    with tf.GradientTape() as tape:
        tape.watch(x := tf.constant(X))
        ratio = tf.math.log(model(x)[:, 0] / model(x)[:, -1])
    found = GradientCalculator(model, scores.Margin(0, model(X).shape[1] - 1)).explain(X)
    np.testing.assert_allclose(found.scores, ratio, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(found.values, tape.gradient(ratio, x), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("scale", [1.0, 3000.0])
@pytest.mark.parametrize("how", SOFTMAXES)
def test_a_softmax(how, scale):
    write, factor = SOFTMAXES[how]
    model = written(write, scale=scale)
    classes = np.argmax(X @ KERNELS[0], -1)
    found = GradientCalculator(model).explain(X)
    assert found.score_name == "logit of the predicted class"
    check_log_ratios(model, scale)
    if factor is None and scale == 1:  # smoothed: those of the smoothed probabilities
        return
    wanted = scale * (factor or 1) * KERNELS[0].T[classes]
    np.testing.assert_allclose(found.values, wanted, rtol=2e-3, atol=1e-3 * scale)


ENSEMBLES = {
    "Average": lambda a, b, c: L.Average()([softmax(a), softmax(b), softmax(c)]),
    "weighted": lambda a, b, c: 0.5 * softmax(a) + 0.3 * softmax(b) + 0.2 * by_hand(c),
    "stacked": lambda a, b, c: tf.reduce_mean(tf.nn.softmax(tf.stack([a, b, c], 1)), 1),
    "clipped": lambda a, b, c: tf.clip_by_value((softmax(a) + softmax(b) + softmax(c)) / 3.0, 1e-7, 1.0),
    "a product of experts": lambda a, b, c: by_hand(tf.math.log(softmax(a)) + tf.math.log(softmax(b)) + c),
    "a normalised product": lambda a, b, c: normalised(softmax(a) * softmax(b) * softmax(c)),
    "normalised sigmoids": lambda a, b, c: normalised(sigmoid(a) + sigmoid(b)),
}


def normalised(p):
    return p / tf.reduce_sum(p, -1, keepdims=True)


@pytest.mark.parametrize("how", ENSEMBLES)
def test_an_ensemble(how):
    """A softmax of the logits is the output; the class that is predicted has a gradient where all members are saturated."""
    model = written(ENSEMBLES[how], KERNELS)
    every = GradientCalculator(model, "all").explain(X)
    np.testing.assert_allclose(softmax(every.scores), model(X), rtol=1e-4, atol=1e-6)
    assert every.score_name == "logit of each class"
    check_log_ratios(model)


def test_saturated_members_that_agree():
    """The gradient of the predicted class is the weighted mean of those of its logits."""
    model = written(lambda a, b: 0.75 * softmax(a) + 0.25 * softmax(2.0 * b), [KERNELS[0], KERNELS[0]], scale=3000.0)
    classes = np.argmax(X @ KERNELS[0], -1)
    found = GradientCalculator(model).explain(X).values
    np.testing.assert_allclose(found, 3000 * (0.75 + 0.25 * 2) * KERNELS[0].T[classes], rtol=1e-3)


SIGMOIDS = {  # how it is written: (function of a logit, what it is multiplied with)
    "sigmoid": (sigmoid, 1),
    "by hand": (lambda z: 1.0 / (1.0 + tf.exp(-z)), 1),
    "by hand, exp first": (lambda z: tf.exp(z) / (1.0 + tf.exp(z)), 1),
    "reciprocal": (lambda z: tf.math.reciprocal(1.0 + tf.exp(-z)), 1),
    "tanh": (lambda z: 0.5 * tf.tanh(z / 2.0) + 0.5, 1),
    "tanh, halved": (lambda z: (tf.tanh(z) + 1.0) / 2.0, 2),
    "clip": (lambda z: tf.clip_by_value(sigmoid(z), 1e-6, 1 - 1e-6), 1),
    "smoothed": (lambda z: 0.9 * sigmoid(z) + 0.05, 1),
    "one minus": (lambda z: 1.0 - sigmoid(z), -1),
    "twice one minus": (lambda z: 1.0 - (1.0 - sigmoid(z)), 1),
    "mean": (lambda z: (sigmoid(z) + sigmoid(z)) / 2.0, 1),
    "mean of a stack": (lambda z: tf.reduce_mean(tf.stack([sigmoid(z), 1.0 - sigmoid(-z)]), 0), 1),
    "weighted": (lambda z: 0.25 * sigmoid(z) + 0.75 * sigmoid(z), 1),
    "a column of a softmax": (lambda z: softmax(tf.concat([-z, z], -1))[:, 1:], 2),
    "reshaped": (lambda z: tf.reshape(tf.squeeze(sigmoid(z), -1), [-1, 1]), 1),
}


@pytest.mark.parametrize("scale", [1.0, 15.0])
@pytest.mark.parametrize("how", SIGMOIDS)
def test_a_sigmoid(how, scale):
    write, factor = SIGMOIDS[how]
    model = written(write, UNITS[:1], scale)
    for score, side in ((1, 1), (0, -1), (scores.Margin(1, 0), 1)):
        found = GradientCalculator(model, score).explain(X)
        np.testing.assert_allclose(found.scores, side * factor * scale * (X @ UNITS[0])[:, 0], rtol=1e-3, atol=1e-3)
        wanted = np.tile(side * factor * scale * UNITS[0].T, (5, 1))
        np.testing.assert_allclose(found.values, wanted, rtol=1e-3, atol=1e-3)
    assert GradientCalculator(model).explain(X).score_name == "logit of class 1"


def test_a_mean_of_sigmoids():
    """The log-odds of the mean, also of several labels."""
    for kernels in (UNITS, KERNELS):
        model = written(lambda a, b, c: (sigmoid(a) + sigmoid(b) + sigmoid(c)) / 3.0, kernels)
        with tf.GradientTape() as tape:
            tape.watch(x := tf.constant(X))
            p = model(x)[:, -1]
            odds = tf.math.log(p / (1 - p))
        found = GradientCalculator(model, 1 if kernels is UNITS else 2).explain(X)
        np.testing.assert_allclose(found.values, tape.gradient(odds, x), rtol=1e-3, atol=1e-4)
        np.testing.assert_allclose(found.scores, odds, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("scale", [1.0, 3000.0])
@pytest.mark.parametrize("turned", [False, True])
def test_p_and_one_minus_p_are_one_unit(turned, scale):
    """Each column is the log-odds of its class, as of one sigmoid unit; the predicted one by default."""

    def write(z):
        p = sigmoid(z)
        return tf.concat([p, 1.0 - p] if turned else [1.0 - p, p], -1)

    model = written(write, UNITS[:1], scale)
    one, other = (1, -1) if not turned else (-1, 1)
    for score, side in ((1, one), (0, other), (scores.Margin(1, 0), one), (scores.Margin(0, 1), other)):
        found = GradientCalculator(model, score).explain(X).values
        np.testing.assert_allclose(found, np.tile(side * scale * UNITS[0].T, (5, 1)), rtol=1e-4)
    predicted = GradientCalculator(model).explain(X)
    assert (predicted.scores > 0).all() and predicted.score_name == "logit of the predicted class"


OTHERS = {  # outputs that are no probabilities of classes
    "a rating": (lambda z: 5.0 * sigmoid(z), UNITS[:1], "output"),
    "a tanh": (tf.tanh, UNITS[:1], "output"),
    "half a sigmoid": (lambda z: 0.5 * sigmoid(z), UNITS[:1], "output"),
    "rates": (tf.exp, KERNELS[:1], "output of the predicted class"),
    "rates of classes": (
        lambda z: tf.exp(z[:, :1]) * softmax(z),
        KERNELS[:1],
        "output of the predicted class",
    ),
    "a clip that means something": (
        lambda z: tf.clip_by_value(softmax(z), 0.01, 0.99),
        KERNELS[:1],
        "output of the predicted class",
    ),
    "log-probabilities": (tf.nn.log_softmax, KERNELS[:1], "log-probability of the predicted class"),
    "log of a softmax": (lambda z: tf.math.log(by_hand(z)), KERNELS[:1], "log-probability of the predicted class"),
    "z - logsumexp": (
        lambda z: z - tf.reduce_logsumexp(z, -1, keepdims=True),
        KERNELS[:1],
        "log-probability of the predicted class",
    ),
}


@pytest.mark.parametrize("how", OTHERS)
def test_what_is_no_probability_is_scored_itself(how):
    write, kernels, name = OTHERS[how]
    model = written(write, kernels)
    found = GradientCalculator(model).explain(X)
    assert found.score_name == name
    np.testing.assert_allclose(found.scores, np.max(model(X), -1), rtol=1e-5)


def test_layers_and_nested_models():
    inputs = keras.Input((4,))
    member, other = (keras.Sequential([keras.Input((4,)), L.Dense(3), L.Softmax()], name=name) for name in "ab")
    mean = L.Average()([L.Dropout(0.5)(member(inputs)), other(inputs)])
    model = keras.Model(inputs, L.Reshape((3,))(L.Activation("linear")(mean)))
    found = GradientCalculator(model, "all").explain(X)
    np.testing.assert_allclose(softmax(found.scores), model(X), rtol=1e-4, atol=1e-6)
    assert found.score_name == "logit of each class"
