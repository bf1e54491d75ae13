"""Laws of the points that are looked at: what is masked stays, several targets move together, gaps are told."""

import contextlib
import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf
from by_hand import distance
from closed_forms import summed
from keras import layers as L
from three_parts import refused
from zoo import normal, randomised

from kerasal import GaussianNoiseSampler, GradientCalculator, IntegratedGradientsCalculator, UniformNoiseSampler


@contextlib.contextmanager
def heard(*words, count=1):
    """So many warnings, each with all words."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        warnings.filterwarnings("ignore", "The map of M=")
        yield
    texts = [str(each.message) for each in told if each.category is UserWarning]
    assert len(texts) == count and all(word in text for text in texts for word in words), texts


# A mask of the noise with one row per example


LENGTHS = np.array([4, 7, 2, 1, 6])
REAL = (np.arange(7) < LENGTHS[:, None])[..., None]  # (5, 7, 1)


@pytest.mark.parametrize("mode", ["relative", "absolute"])
@pytest.mark.parametrize("kind", [GaussianNoiseSampler, UniformNoiseSampler])
def test_a_mask_of_each_example_is_that_example_alone(kind, mode):
    """In every batch, also where its points are drawn until they are enough, and from a data set."""
    model, x = summed(shape=(7, 3), power=3), normal(7, 3)
    calculator, how = GradientCalculator(model), {"M": 4, "method": "abs", "seed": 2}
    whole = calculator.explain(x, noise_sampler=kind(mode, scale=0.2, mask=REAL), **how)
    for rows in (1, 2, 64):
        again = calculator.explain(x, noise_sampler=kind(mode, scale=0.2, mask=REAL), batch_size=rows, **how)
        assert distance(again.values, whole.values) < 1e-6
    data = tf.data.Dataset.from_tensor_slices(x).batch(2)
    found = calculator.explain(data, noise_sampler=kind(mode, scale=0.2, mask=REAL), **how)
    assert distance(found.values, whole.values) < 1e-6
    for n in range(5):
        alone = kind(mode, scale=0.2, mask=REAL[n])
        wanted = GradientCalculator(model).explain(x[n : n + 1], noise_sampler=alone, first_example=n, **how)
        np.testing.assert_allclose(whole.values[n], wanted.values[0], rtol=1e-5)
    plain = calculator.explain(x, method="abs").values
    np.testing.assert_allclose((whole.values / plain)[~REAL[..., 0]], 1, rtol=1e-5)


def test_a_mask_of_each_example_leaves_with_it():
    calculator, x = GradientCalculator(summed(shape=(7, 3), power=2)), normal(7, 3)
    sampler = GaussianNoiseSampler("absolute", scale=0.3, mask=REAL)
    found = calculator.explain(x, noise_sampler=sampler, target_error=0.04, batch_size=20)
    for n in range(5):
        alone = GaussianNoiseSampler("absolute", scale=0.3, mask=REAL[n])
        M = int(found[n].M)
        wanted = calculator.explain(x[n : n + 1], noise_sampler=alone, first_example=n, M=M).values[0]
        np.testing.assert_allclose(found.values[n], wanted, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("shape", [(5,), (5, 7), (4, 7, 1), (5, 6, 1), (5, 7, 2), (1, 5, 7, 3)])
def test_a_mask_that_fits_no_example_is_refused(shape):
    sampler = GaussianNoiseSampler(mask=np.ones(shape, bool))
    with refused("mask", "Received"):
        GradientCalculator(summed(shape=(7, 3))).explain(normal(7, 3), noise_sampler=sampler)


def test_a_mask_of_a_function_that_does_not_fit_is_refused():
    sampler = GaussianNoiseSampler(mask=lambda target: target[:, :2] > 0)
    with refused("mask", "(None, 2, 3)"):
        GradientCalculator(summed(shape=(7, 3))).explain(normal(7, 3), noise_sampler=sampler)


# Completeness


def cube():
    return summed(shape=(4, 3), power=3)


def test_a_gap_above_a_fifth_is_told_and_the_ways_out_work():
    """x³ with one node in the middle gives 3/4 of it: a quarter is missing."""
    x = np.abs(normal(4, 3))
    x[2] = 0  # nothing to explain, and no gap
    with heard("add up", "steps (now 1)", "completeness_tolerance", "example(s) 0, 1, 3, 4:", "0.25"):
        found = IntegratedGradientsCalculator(cube(), steps=1).explain(x)
    np.testing.assert_allclose(found.relative_gap, [0.25, 0.25, 0, 0.25, 0.25], atol=1e-4)
    for settings in ({"steps": 2}, {"completeness_tolerance": 0.05}):
        with heard(count=0):
            IntegratedGradientsCalculator(cube(), **settings).explain(x)


def test_a_gap_of_hardly_any_difference_says_so():
    """sin(2πx) + 100 from 0 to nearly 1: what should be missing is small, and the gap large beside that alone."""
    table = keras.Input((1,))
    model = keras.Model(table, L.Lambda(lambda x: 100 + tf.sin(2 * np.pi * x))(table))
    with heard("hardly differs", "completeness_gap"):
        IntegratedGradientsCalculator(model, steps=3, quadrature="linspace").explain(np.array([[0.98]]))


@pytest.mark.parametrize("how", [{}, {"M": 3, "noise_sampler": GaussianNoiseSampler(scale=0.01)}])
def test_a_gap_is_told_of_classes_and_samples_too(how):
    table = keras.Input((4,))
    model = randomised(keras.Model(table, L.Dense(3)(L.Lambda(lambda x: x**3)(table))))
    with heard("example(s) 0, 1, 2, 3, 4:", "relative gap"):
        IntegratedGradientsCalculator(model, "all", steps=1).explain(normal(4), **how)
