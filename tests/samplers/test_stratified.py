"""Stratified noise: a Latin hypercube in blocks of 16, each sample distributed as ever."""

from math import erf, sqrt

import numpy as np
import pytest
import tensorflow as tf
from zoo import ZOO, built

from kerasal import GaussianNoiseSampler, GradientCalculator, UniformNoiseSampler
from kerasal._keyed_random import Rows, key_of, stratified_draws

SIZE, EXAMPLES = 40, 3
to_unit = {"normal": np.vectorize(lambda z: (1 + erf(z / sqrt(2))) / 2), "uniform": lambda u: u}


def drawn(distribution, samples, seed=0, first=0, examples=EXAMPLES, size=SIZE):
    """(S, N, size)"""
    rows = Rows(tf.constant(key_of(seed)), tf.range(*samples, dtype=tf.int64), tf.constant(first, tf.int64), examples)
    return stratified_draws(rows, distribution, "noise", size).numpy().reshape(-1, examples, size)


@pytest.mark.parametrize("distribution", ["normal", "uniform"])
def test_a_block_visits_every_sixteenth_once(distribution):
    unit = to_unit[distribution](drawn(distribution, (0, 64)).astype("float64"))
    strata = np.floor(unit * 16).astype(int).reshape(4, 16, EXAMPLES, SIZE)
    np.testing.assert_array_equal(np.sort(strata, 1), np.broadcast_to(np.arange(16)[:, None, None], strata.shape))
    orders = strata.transpose(0, 2, 3, 1).reshape(-1, 16)
    assert len(np.unique(orders, axis=0)) > 110  # of 8 · 16 orders, among 480 numbers


@pytest.mark.parametrize("distribution, moments", [("normal", (0, 1, 0, 3)), ("uniform", (1 / 2, 1 / 3, 1 / 4, 1 / 5))])
def test_each_sample_is_distributed_as_without_strata(distribution, moments):
    """First four moments of one sample's numbers, which do not go together."""
    sample = drawn(distribution, (5, 6), examples=400, size=100)[0].astype("float64")
    found = [np.mean(sample**power) for power in (1, 2, 3, 4)]
    np.testing.assert_allclose(found, moments, atol=0.06)
    correlations = np.corrcoef(sample.T)[np.triu_indices(100, 1)]
    assert abs(np.mean(correlations)) < 2e-3 and np.std(correlations) == pytest.approx(1 / sqrt(400), rel=0.05)
    assert np.isfinite(sample).all()


def test_draws_are_a_function_of_sample_and_position():
    whole = drawn("normal", (0, 48))
    np.testing.assert_array_equal(drawn("normal", (7, 21), first=1, examples=2), whole[7:21, 1:])
    assert np.abs(drawn("normal", (0, 48), seed=1) - whole).mean() > 0.5


@pytest.mark.parametrize("sampler", [GaussianNoiseSampler, UniformNoiseSampler])
def test_batches_change_nothing(sampler):
    case, calculator = ZOO["cnn"], GradientCalculator(built("cnn"), 1)
    noise = sampler(scale=0.2, stratified=True)
    whole = calculator.compute(case.x, M=40, noise_sampler=noise)
    part = calculator.compute(case.x[1:3], M=40, noise_sampler=noise, batch_size=5, first_example=1)
    np.testing.assert_allclose(part, whole[:, 1:3], rtol=1e-3, atol=1e-5)
    for batch_size in (None, 7):  # boxes that cut blocks
        saliency = calculator.explain(case.x, M=72, noise_sampler=noise, batch_size=batch_size)
        samples = calculator.compute(case.x, M=72, noise_sampler=noise)
        blocks = samples[:64].reshape(4, 16, *samples.shape[1:]).mean(1)
        np.testing.assert_allclose(saliency.values, samples.mean(0), rtol=1e-3, atol=1e-5)
        np.testing.assert_allclose(saliency.std, samples.std(0, ddof=1), rtol=1e-3, atol=1e-5)
        np.testing.assert_allclose(saliency.standard_error, blocks.std(0, ddof=1) / 2, rtol=1e-2, atol=1e-5)
    fewer = calculator.explain(case.x, M=63, noise_sampler=noise)
    np.testing.assert_allclose(fewer.standard_error, fewer.std / sqrt(63))


def test_a_mean_of_what_is_linear_in_the_noise_is_known_far_better():
    """Of uniform noise a block's mean has 1/256 of the variance that 16 independent draws would give it."""
    blocks = drawn("uniform", (0, 160)).reshape(10, 16, EXAMPLES, SIZE).mean(1)
    assert np.var(blocks) * 16 == pytest.approx(1 / 12 / 256, rel=0.15)


def test_what_is_no_flag_is_refused():
    with pytest.raises(TypeError, match="stratified is True or False. Received: stratified=16"):
        GaussianNoiseSampler(stratified=16)
    assert "stratified=True" in repr(GaussianNoiseSampler(stratified=True))
