"""Gradients against closed forms and against tapes written by hand."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from by_hand import distance, hand_gradient, into
from closed_forms import linear, summed
from keras import layers as L
from zoo import ZOO, Case, built, normal

from kerasal import GaussianNoiseSampler, GradientCalculator, LayerExtractor

LINE = np.array([[1.0, 5.0, 8.0], [2.0, -1.0, 0.5]], "float32")
X = np.array([[0.0, 1.0, 4.0], [-1.0, 2.0, 5.0]], "float32")  # ranges 4 and 6
SIGMA = 0.15 * np.array([[4.0], [6.0]])
M = 4000


@pytest.mark.parametrize("target", [None, LayerExtractor("linear", timing="pre")])
def test_linear_model(target):
    model = linear([1, 3, 2])
    gradient = GradientCalculator(model, target_extractor=target).explain(LINE)
    np.testing.assert_allclose(gradient.values, [[1, 3, 2], [1, 3, 2]], rtol=1e-6)
    product = GradientCalculator(model, target_extractor=target, multiply_target=True).explain(LINE)
    np.testing.assert_allclose(product.values, [[1, 15, 16], [2, -3, 1]], rtol=1e-6)


AGGREGATES = [  # (method, ch_reduce, per example by hand)
    ("raw", "sum", [0, 4]),
    ("abs", "sum", [3, 8]),
    ("square", "sum", [5, 33]),
    ("mean_abs", "sum", [0, 4]),
    ("var", "sum", [2 + 8, 2 + 32]),
    ("std", "sum", [2**0.5 + 8**0.5, 2**0.5 + 32**0.5]),
    ("raw", "max", [1.5, 4.5]),
    ("abs", "max", [2, 4.5]),
    ("raw", "mean", [0, 2]),
    ("raw", "l2", [5**0.5, (5 + 41**0.5) / 2]),
    (lambda s: s * s * s, "sum", [0, 76]),
]


@pytest.mark.parametrize("method, ch_reduce, expected", AGGREGATES)
@pytest.mark.parametrize("ch_axis", [2, -1])
def test_aggregate_table(method, ch_reduce, expected, ch_axis):
    samples = np.array([[[1, -2], [3, 4]], [[-1, 2], [5, -4]]], "float32")  # (M, N, channels)
    saliency = GradientCalculator(linear([1, 1])).aggregate(samples, method, ch_axis=ch_axis, ch_reduce=ch_reduce)
    np.testing.assert_allclose(saliency.values, expected, rtol=1e-6)
    if method == "raw" and ch_reduce == "sum":  # per sample -1, 1 and 7, 1
        np.testing.assert_allclose(saliency.std, [2**0.5, 18**0.5], rtol=1e-6)
        np.testing.assert_allclose(saliency.standard_error, [1, 3], rtol=1e-6)


@pytest.fixture(scope="module")
def squares():
    return GradientCalculator(summed(shape=(3,), power=2))


def assert_near(values, mean, sd, draws=M, sigmas=6):
    """`values` are means of `draws` independent numbers of that mean and standard deviation."""
    assert np.all(np.abs(values - mean) < sigmas * sd / np.sqrt(draws))


def test_smoothgrad_of_a_sum_of_squares(squares):
    smooth = squares.explain(X, M=M, noise_sampler=GaussianNoiseSampler())
    assert_near(smooth.values, 2 * X, 2 * SIGMA)
    np.testing.assert_allclose(smooth.std, np.broadcast_to(2 * SIGMA, X.shape), rtol=6 / np.sqrt(2 * M))
    absolute = squares.explain(X, M=M, noise_sampler=GaussianNoiseSampler(mode="absolute", scale=0.5))
    np.testing.assert_allclose(absolute.std, np.ones_like(X), rtol=6 / np.sqrt(2 * M))


def test_squaregrad_and_vargrad(squares):
    noise = GaussianNoiseSampler()
    square = squares.explain(X, M=M, noise_sampler=noise, method="square")
    assert_near(
        square.values, 4 * X**2 + 4 * SIGMA**2, np.sqrt(2 * (2 * SIGMA) ** 4 + 4 * (2 * X) ** 2 * (2 * SIGMA) ** 2)
    )
    var = squares.explain(X, M=M, noise_sampler=noise, method="var")
    np.testing.assert_allclose(var.values, np.broadcast_to(4 * SIGMA**2, X.shape), rtol=6 * np.sqrt(2 / M))
    assert var.std is None


def test_gradient_times_the_noisy_point():
    calculator = GradientCalculator(summed(shape=(3,), power=2), multiply_target=True)
    product = calculator.explain(X, M=M, noise_sampler=GaussianNoiseSampler())  # 2 (x + e)^2
    assert_near(product.values, 2 * (X**2 + SIGMA**2), 2 * np.sqrt(2 * SIGMA**4 + 4 * X**2 * SIGMA**2))


def test_bayesgrad_of_dropout():
    calculator = GradientCalculator(summed(L.Dropout(0.25), shape=(3,)))
    samples = calculator.compute(X, M=M, train=True)
    assert samples.shape == (M, 2, 3)
    assert set(np.unique(samples.round(5))) == {np.float32(0), np.float32(4 / 3).round(5)}
    bayes = calculator.explain(X, M=M, train=True)
    assert_near(bayes.values, 1, 3**-0.5)
    np.testing.assert_allclose(bayes.std**2, np.full_like(X, 1 / 3), rtol=0.15)
    assert_near(calculator.explain(X, M=M, train=True, method="square").values, 4 / 3, (16 / 9 * 3**-0.5))


def test_bayesgrad_with_smoothgrad():
    """y = Σ dropout(x)²: dy/dx = 2 (x + e) (4/3)² where kept, which three quarters are."""
    calculator = GradientCalculator(summed(L.Dropout(0.25), shape=(3,), power=2))
    both = calculator.explain(X, M=M, noise_sampler=GaussianNoiseSampler(), train=True)
    second = (2 * 16 / 9) ** 2 * 0.75 * (X**2 + SIGMA**2)
    variance = second - (2 * 4 / 3 * X) ** 2
    assert_near(both.values, 2 * 4 / 3 * X, np.sqrt(variance))
    np.testing.assert_allclose(both.std**2, variance, rtol=0.15)


@pytest.mark.parametrize("name", [name for name, case in ZOO.items() if not case.target])
def test_input_gradient_of_every_kind_of_model(name):
    case = ZOO[name]
    values = GradientCalculator(built(name), case.score).explain(case.x).values
    assert distance(values, hand_gradient(case, built(name))[0]) < case.rtol


@pytest.mark.parametrize("name", ZOO)
def test_layer_gradient_of_every_kind_of_model(name):
    case = ZOO[name]
    calculator = GradientCalculator(built(name), case.score, LayerExtractor("inner"), multiply_target=name == "cnn")
    gradient, target = hand_gradient(case, built(name), layer="inner")
    assert distance(calculator.explain(case.x).values, gradient * target if name == "cnn" else gradient) < case.rtol


@pytest.mark.parametrize("call, timing", [(0, "post"), (1, "post"), (0, "pre"), (1, "pre")])
def test_each_call_of_a_shared_layer(call, timing):
    case, model = ZOO["shared"], built("shared")
    calculator = GradientCalculator(model, target_extractor=LayerExtractor("shared", timing, call))
    expected, _ = hand_gradient(case, model, layer="shared", call=call, timing=timing)
    assert distance(calculator.explain(case.x).values, expected) < 1e-5


def test_the_class_explained_is_the_clean_one_for_every_sample():
    kernel = np.array([[1.0, -2.0, 0.5], [3.0, 1.0, -1.0]], "float32")
    x = np.array([[0.6, 0.1], [-1.0, 0.1], [0.5, -0.6], [-0.1, 0.1]], "float32")
    clean = (x @ kernel).argmax(-1)
    noise = np.random.default_rng(0).normal(size=(500, *x.shape))
    flips = ((x + noise) @ kernel).argmax(-1) != clean
    assert set(clean) == {0, 1, 2} and flips.mean(0).min() > 0.1  # such noise changes the prediction often
    calculator = GradientCalculator(linear(kernel))
    samples = calculator.compute(x, M=50, noise_sampler=GaussianNoiseSampler(mode="absolute", scale=1.0), batch_size=7)
    np.testing.assert_allclose(samples, np.broadcast_to(kernel.T[clean], samples.shape), rtol=1e-6)


def test_the_class_explained_is_the_clean_one_under_dropout():
    model = keras.Sequential([keras.Input((2,)), L.Dropout(0.5), L.Dense(3, use_bias=False)])
    kernel = np.array([[1.0, -2.0, 0.5], [3.0, 1.0, -1.0]], "float32")
    model.set_weights([kernel])
    x = np.array([[0.6, 0.1], [-1.0, 0.1], [0.5, -0.6]], "float32")
    samples = GradientCalculator(model).compute(x, M=60, train=True) / kernel.T[(x @ kernel).argmax(-1)]
    assert set(np.unique(samples.round(5))) == {0, 2}


def _reshaped():
    inputs = keras.Input((6,))
    x = L.Softmax(name="softmax")(L.Dense(3, name="inner")(inputs))
    return keras.Model(inputs, L.Reshape((3,))(L.Reshape((1, 3))(x)))


def _ensemble():
    inputs = keras.Input((6,))
    return keras.Model(inputs, L.Average()([L.Dense(3, activation="softmax")(inputs) for _ in range(2)]))


def _of_ensemble(model, x):
    """Numbers whose softmax is the mean, and which are a member's logits where the members are one."""
    members = [x @ layer.kernel + layer.bias for layer in model.layers if isinstance(layer, L.Dense)]
    mean = tf.reduce_mean([tf.nn.softmax(logits) for logits in members], 0)
    return tf.math.log(mean) + tf.reduce_mean([tf.reduce_logsumexp(each, 1, keepdims=True) for each in members], 0)


def _gate():
    """A softmax over features that only weighs them: not a head."""
    inputs = keras.Input((3,))
    return keras.Model(inputs, L.Multiply()([inputs, L.Dense(3, activation="softmax")(inputs)]))


FOUND = {
    "reshaped after the softmax": Case(_reshaped, normal(6), into("softmax")),
    "an average of softmaxes": Case(_ensemble, normal(6), _of_ensemble),
    "a gate is not a head": Case(_gate, normal(3)),
}


@pytest.mark.parametrize("what", FOUND)
def test_logits_are_found_where_there_are_any(what):
    model = FOUND[what].build()
    assert (
        distance(GradientCalculator(model).explain(FOUND[what].x).values, hand_gradient(FOUND[what], model)[0]) < 1e-5
    )


@pytest.mark.parametrize("name", ["cnn", "sigmoid"])
def test_logits_false_explains_the_probability(name):
    case, model = Case(ZOO[name].make, ZOO[name].x), built(name)
    found = GradientCalculator(model, logits=False).explain(case.x).values
    assert distance(found, hand_gradient(case, model)[0]) < 1e-5
