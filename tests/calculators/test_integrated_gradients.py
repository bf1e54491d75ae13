"""Integrated gradients against closed forms, slow loops over tapes, and every form of baseline."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf
from by_hand import distance
from closed_forms import linear, summed
from keras import layers as L
from three_parts import refused
from zoo import ZOO, built, normal
from zoo_layers import DrawsByItself, Sum

from kerasal import Background, GaussianNoiseSampler, GradientCalculator, LayerExtractor
from kerasal import IntegratedGradientsCalculator as IntegratedGradients

LINE = np.array([[1.0, 5.0, 8.0], [2.0, -1.0, 0.5]], "float32")
X = np.random.default_rng(3).normal(0.5, 1, (5, 4, 3)).astype("float32")


def integrated(model, x, **kwargs):
    return IntegratedGradients(model, **kwargs).explain(x)


@pytest.mark.parametrize("target", [None, LayerExtractor("linear", timing="pre")])
@pytest.mark.parametrize("steps, quadrature", [(3, "linspace"), (1, "midpoint"), (2, "trapezoid")])
def test_linear_model(target, steps, quadrature):
    found = integrated(linear([1, 3, 2]), LINE, target_extractor=target, steps=steps, quadrature=quadrature)
    np.testing.assert_allclose(found.values, [[1, 15, 16], [2, -3, 1]], rtol=1e-5)


CUBE = {  # what the rule with n nodes gives for x³ from 0, over x³
    "linspace": lambda n: (2 * n - 1) / (2 * (n - 1)),
    "trapezoid": lambda n: 1 + 1 / (2 * (n - 1) ** 2),
    "midpoint": lambda n: 1 - 1 / (4 * n**2),
    "gauss_legendre": lambda n: 1,
}


@functools.cache
def cubes():
    return summed(shape=(4, 3), power=3)


@pytest.mark.parametrize("quadrature", CUBE)
@pytest.mark.parametrize("steps", [2, 3, 25])
def test_cubes(quadrature, steps):
    found, factor = integrated(cubes(), X, steps=steps, quadrature=quadrature), CUBE[quadrature](steps)
    np.testing.assert_allclose(found.values, factor * X**3, rtol=2e-5, atol=1e-7)
    owed = np.sum(X**3, (1, 2))
    np.testing.assert_allclose(found.completeness_gap, (factor - 1) * owed, atol=2e-5 * np.abs(owed).max())
    np.testing.assert_allclose(found.relative_gap, [abs(factor - 1)] * 5, rtol=1e-4, atol=1e-5)


@functools.cache
def cube_of_sum():
    """(Σx)³: every element's share depends on all the others."""
    inputs = keras.Input((4, 3))
    total = Sum()(inputs)
    return keras.Model(inputs, L.Multiply()([total, total, total]))


def exact(x, b):
    """∫ of 3 (Σ point)² along the line, times the way: (x − b)(s² + s t + t²) with the sums s and t of x and b."""
    x, b = np.broadcast_arrays(np.float64(x), np.float64(b))
    s, t = (np.sum(a, (-2, -1), keepdims=True) for a in (x, b))
    return (x - b) * (s * s + s * t + t * t)


EACH = normal(4, 3, seed=7)
BASELINES = {  # as given -> as an array that broadcasts to X
    "zeros": (None, 0),
    "number": (0.5, 0.5),
    "one example": (EACH[0], EACH[0]),
    "trailing axes": ([1.0, -2.0, 0.5], np.array([1.0, -2.0, 0.5])),
    "axis of size 1": (EACH[0, :, :1], EACH[0, :, :1]),
    "one per example": (EACH, EACH),
    "function": (lambda target: 0.25 * target - 1.0, 0.25 * X - 1),
    "function of rows": (lambda target: tf.reduce_max(target, [1, 2], keepdims=True), X.max((1, 2), keepdims=True)),
}


@pytest.mark.parametrize("form", BASELINES)
def test_baselines(form):
    given, array = BASELINES[form]
    found = integrated(cube_of_sum(), X, baseline=given, steps=2, quadrature="gauss_legendre")
    assert distance(found.values, exact(X, array)) < 1e-5 and np.all(found.relative_gap < 1e-4)


def test_background_averaged():
    background = Background(EACH[:3])
    found = integrated(cube_of_sum(), X, baseline=background, steps=2, quadrature="gauss_legendre")
    assert distance(found.values, np.mean([exact(X, b) for b in EACH[:3]], 0)) < 1e-5
    assert np.all(found.relative_gap < 1e-4) and found.M == 1


def test_background_drawn():
    maps = np.stack([exact(X, b) for b in EACH[:3]])
    drawing = IntegratedGradients(
        cube_of_sum(), baseline=Background(EACH[:3], drawn=True), steps=2, quadrature="gauss_legendre"
    )
    M = 300
    samples = drawing.compute(X, M=M)
    far = np.abs(samples[:, None] - maps).max((3, 4)) / np.abs(maps).max((0, 2, 3))  # (M, D, N)
    which = far.argmin(1)
    assert far.min(1).max() < 1e-4, "every sample has one of the baselines, of all its elements"
    frequencies = np.stack([(which == d).mean(0) for d in range(3)])
    assert np.all(np.abs(frequencies - 1 / 3) < 5 * np.sqrt(2 / 9 / M)), frequencies
    assert np.mean(which[:, 0] == which[:, 1]) < 0.6, "examples draw for themselves"
    mean = drawing.explain(X, M=M)
    error = 6 * mean.standard_error + 1e-4 * np.abs(maps).max()
    assert np.all(np.abs(mean.values - maps.mean(0)) < error) and np.all(mean.relative_gap < 1e-4)
    assert distance(drawing.compute(X, M=4, batch_size=7), samples[:4]) < 1e-5
    assert distance(drawing.compute(X[3:], M=4, first_example=3), samples[:4, 3:]) < 1e-5
    assert distance(drawing.compute(X, M=4, seed=1), samples[:4]) > 0.1


def test_baseline_per_example_in_batches():
    calculator = IntegratedGradients(cube_of_sum(), baseline=EACH, steps=2, quadrature="gauss_legendre")
    for x in (X, tf.data.Dataset.from_tensor_slices(X).batch(2)):
        for size in (1, 3, 4, None):
            assert distance(calculator.explain(x, batch_size=size).values, exact(X, EACH)) < 1e-5
    for x in (X[:4], tf.data.Dataset.from_tensor_slices(np.concatenate([X, X])).batch(4)):
        with refused("baseline", "5", error=ValueError):
            calculator.explain(x)


def test_gaps_with_noise_and_dropout():
    """Σ dropout(x)³: with one node, 3/4 of the cube; point and mask are known from gradients under the same draws."""
    how = {"M": 6, "noise_sampler": GaussianNoiseSampler(scale=0.5)}
    points = GradientCalculator(summed(shape=(4, 3), power=2)).compute(X, **how) / 2
    model = summed(L.Dropout(0.25), shape=(4, 3), power=3)
    mask = np.round(GradientCalculator(model).compute(X, train=True, **how) / (3 * points**2) * 27 / 64)
    assert set(np.unique(mask)) == {0, 1} and 0.15 < 1 - mask.mean() < 0.35
    cubed = (4 / 3 * mask * points) ** 3
    calculator = IntegratedGradients(model, steps=1)
    assert distance(calculator.compute(X, train=True, batch_size=7, **how), 0.75 * cubed) < 1e-5
    found, owed = calculator.explain(X, train=True, **how), cubed.sum((2, 3))
    np.testing.assert_allclose(found.completeness_gap, -0.25 * owed.mean(0), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(found.relative_gap, [0.25] * 5, rtol=1e-4)
    assert np.any(np.abs(owed.mean(0)) < 0.7 * np.abs(owed).mean(0)), "mean of absolute values, not of sums that cancel"


@pytest.mark.parametrize("quadrature", ["midpoint", "gauss_legendre"])
def test_no_gradient_at_the_ends(quadrature):
    """Of √x from 0 the gradient is infinite at the start."""
    x, steps = np.abs(X) + 0.1, 4
    nodes, weights = (np.arange(4) + 0.5) / 4, np.full(4, 0.25)
    if quadrature == "gauss_legendre":
        nodes, weights = (part / 2 for part in np.polynomial.legendre.leggauss(4))
        nodes += 0.5
    found = integrated(summed(shape=(4, 3), power=0.5), x, steps=steps, quadrature=quadrature)
    np.testing.assert_allclose(found.values, np.sqrt(x) * np.sum(weights / 2 / np.sqrt(nodes)), rtol=1e-4)
    assert np.all(np.isfinite(found.completeness_gap))


@pytest.mark.parametrize(
    "name, target, tolerance", [("cnn", None, 0.005), ("attention", None, 1e-4), ("lstm", "inner", 1e-4)]
)
def test_the_shares_add_up(name, target, tolerance):
    steps, quadrature = (512, "midpoint") if name == "cnn" else (24, "gauss_legendre")  # which has kinks
    extractor = target and LayerExtractor(target)
    found = integrated(
        built(name), ZOO[name].x, score=1, target_extractor=extractor, baseline=0.1, steps=steps, quadrature=quadrature
    )
    assert np.all(found.relative_gap < tolerance)


REFUSED = {  # arguments, words of the message
    "half a step": ({"steps": 2.5}, ["steps", "2.5"]),
    "one node of a trapezoid": ({"steps": 1, "quadrature": "trapezoid"}, ["trapezoid", "2", "steps=1"]),
    "unknown rule": ({"quadrature": "simpson"}, ["simpson", "midpoint"]),
    "NaN": ({"baseline": np.nan}, ["baseline", "NaN"]),
    "wrong shape": ({"baseline": np.zeros((4, 2))}, ["baseline", "(4, 2)", "(4, 3)"]),
    "a batch of another size": ({"baseline": np.zeros((4, 4, 3))}, ["baseline", "4", "5"]),
    "a function that drops an axis": ({"baseline": lambda target: target[:, 0]}, ["target", "(None, 3)"]),
    "a sum over examples": ({"eval_fun": lambda x: tf.reduce_sum(x)}, ["eval_fun", "one number per"]),
    "another background": ({"baseline": Background(np.zeros((3, 7)))}, ["background", "(7,)", "(4, 3)"]),
}


@pytest.mark.parametrize("what", REFUSED)
def test_refused(what):
    with refused(*REFUSED[what][1]):
        integrated(cubes(), X, **REFUSED[what][0])


def test_what_cannot_be_a_path():
    with refused("baselines", "(4,)"):
        Background(np.zeros(4))
    with refused("int32", "LayerExtractor", "inner"):
        integrated(built("lstm"), ZOO["lstm"].x)
    with refused("own", "dropout"), pytest.warns(UserWarning, match="own"):
        IntegratedGradients(summed(DrawsByItself(name="own"), shape=(4, 3))).explain(X, train=True)
