"""Samples until the map is known well enough: against closed forms, and the errors that are told against real ones."""

import re
import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers as L
from zoo import ZOO, built

from kerasal import (
    GaussianNoiseSampler,
    GradientCalculator,
    InputExtractor,
    IntegratedGradientsCalculator,
    LayerExtractor,
    Saliency,
    recipes,
)

RNG = np.random.default_rng(4)
W = RNG.normal(size=(3, 5, 2)).astype("float32")
X = RNG.normal(size=(12, 3, 5, 2)).astype("float32") * np.geomspace(0.4, 3, 12).astype("float32")[:, None, None, None]
SIGMA = 0.5


def squares():
    """f = Σ w x²: under noise of SIGMA a gradient is 2 w x, give or take 2 w SIGMA."""
    x = keras.Input(W.shape)
    return keras.Model(x, L.Lambda(lambda x: tf.reduce_sum(W * x**2, (1, 2, 3))[:, None], output_shape=(1,))(x))


@pytest.fixture(scope="module")
def calculator():
    return GradientCalculator(squares(), 0)


NOISE = GaussianNoiseSampler(SIGMA, "absolute")
SLOPE = 2 * W * X
ERROR_OF_ONE = SIGMA * np.linalg.norm(W) / np.linalg.norm((W * X).reshape(12, -1), axis=1)  # relative, of one sample


def distance(values, truth):
    return np.linalg.norm((values - truth).reshape(len(truth), -1), axis=1) / np.linalg.norm(
        truth.reshape(len(truth), -1), axis=1
    )


def test_every_example_gets_the_samples_it_needs(calculator):
    """One sample is off by e, M by e/√M: M = (e/target)²."""
    saliency = calculator.explain(X, noise_sampler=NOISE, target_error=0.05)
    needed = (ERROR_OF_ONE / 0.05) ** 2
    many = needed > 40  # 32 are always drawn
    assert many.sum() > 5 and np.ptp(saliency.M) > 500 and np.all(np.asarray(saliency.M) % 16 == 0)
    assert np.all(saliency.relative_error <= 0.05)
    np.testing.assert_allclose(np.asarray(saliency.M)[many], needed[many], rtol=0.25)
    np.testing.assert_allclose(saliency.relative_error, ERROR_OF_ONE / np.sqrt(saliency.M), rtol=0.12)


@pytest.mark.parametrize("stratified", [False, True])
def test_the_error_is_the_one_promised(calculator, stratified):
    """Root mean square over examples and seeds, against the closed form of endless samples.

    Fewer than four blocks of stratified samples tell an upper bound, which is left out here.
    """
    noise = GaussianNoiseSampler(SIGMA, "absolute", stratified=stratified)
    ratios = []
    for seed in range(6):
        saliency = calculator.explain(X, noise_sampler=noise, target_error=0.02 if stratified else 0.08, seed=seed)
        told = np.broadcast_to(saliency.M, 12) >= (64 if stratified else 1)
        ratios.extend((distance(saliency.values, SLOPE) / saliency.relative_error)[told])
    assert len(ratios) > 20
    assert 0.8 < np.sqrt(np.mean(np.square(ratios))) < 1.2


def test_examples_that_stop_early_are_what_they_are_alone(calculator):
    saliency = calculator.explain(X, noise_sampler=NOISE, target_error=0.1, first_example=3, batch_size=5)
    for n in (0, 4, 11):
        alone = calculator.explain(X[n : n + 1], M=int(saliency[n].M), noise_sampler=NOISE, first_example=3 + n)
        np.testing.assert_allclose(saliency.values[n], alone.values[0], rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(saliency.std[n], alone.std[0], rtol=1e-3)
        np.testing.assert_allclose(saliency.scores[n], alone.scores[0], rtol=1e-5)


@pytest.mark.parametrize("name", ["cnn", "lstm", "two inputs", "subclassed logits", "nested"])
def test_every_kind_of_model_with_a_gap_and_dropout(name):
    """Means over different M of what each sample adds up to."""
    case, model = ZOO[name], built(name)
    target = LayerExtractor(case.target) if case.target else None
    calculator = IntegratedGradientsCalculator(model, case.score, target, steps=3)
    noise = GaussianNoiseSampler(scale=0.2)
    how = {"noise_sampler": noise, "train": case.dropout}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        saliency = calculator.explain(case.x, target_error=0.15, max_samples=160, **how)
        many = calculator.explain(case.x, M=160, **how)
    for n, M in enumerate(np.broadcast_to(saliency.M, len(saliency))):
        if M == 160:
            np.testing.assert_allclose(saliency.values[n], many.values[n], rtol=1e-3, atol=1e-5)
            np.testing.assert_allclose(saliency.completeness_gap[n], many.completeness_gap[n], rtol=1e-2, atol=1e-4)
        else:
            assert saliency.relative_error[n] <= 0.15


def test_several_methods_and_targets_are_all_known_well_enough(calculator):
    found = calculator.explain(X, noise_sampler=NOISE, target_error=0.1, method=("raw", "square"))
    assert all(np.all(each.relative_error <= 0.1) for each in found) and np.all(found[0].M == found[1].M)
    both = GradientCalculator(built("cnn"), target_extractor=[InputExtractor(0), LayerExtractor("inner")])
    for each in both.explain(ZOO["cnn"].x, train=True, target_error=0.2, method="abs"):
        assert np.all(each.relative_error <= 0.2)


def test_too_few_samples_are_told(calculator):
    with pytest.warns(UserWarning, match=r"target_error=0.01 is not reached with 48 samples.*example\(s\) 0, 1, "):
        saliency = calculator.explain(X, noise_sampler=NOISE, target_error=0.01, max_samples=48)
    assert saliency.M == 48
    with pytest.warns(UserWarning, match=r"M=4 samples is off by up to \d+%.*target_error=0.05") as told:
        calculator.explain(X[:2], M=4, noise_sampler=NOISE)
    assert told[0].filename == __file__  # the user's line
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        calculator.explain(X[-2:], M=200, noise_sampler=NOISE)
        calculator.explain(X[-2:])


def test_advice_about_samples_can_be_followed_where_it_is_given(calculator):
    """The number of samples that is named is enough, roughly; a `target_error` that is named is reached, by a recipe too."""
    with pytest.warns(UserWarning, match="is off by up to") as told:
        calculator.explain(X[:2], M=16, noise_sampler=NOISE)
    needed, error = re.search(
        r"to about (\d+) for 20%, or give explain, .*target_error=([.\d]+)", str(told[0].message)
    ).groups()
    assert np.all(calculator.explain(X[:2], M=int(needed), noise_sampler=NOISE).relative_error < 0.3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.all(
            calculator.explain(X[:2], noise_sampler=NOISE, target_error=float(error)).relative_error <= float(error)
        )
        recipes.smooth_grad(noise_sampler=NOISE, target_error=0.2).explain(calculator.model, X[:2])


@pytest.mark.parametrize(
    "given, message",
    [
        ({"target_error": 0}, r"between 0 and 1, or None. Received: target_error=0"),
        ({"target_error": 5}, r"between 0 and 1, or None. Received: target_error=5. Give e.g. 0.05"),
        ({"target_error": 0.1, "M": 9}, r"Received: M=9 too. Leave one out"),
        ({"target_error": 0.1, "method": "var"}, r"Received: method='var'. Give M instead"),
        ({"target_error": 0.1, "method": ("raw", "mean_abs")}, r"Received: method='mean_abs'"),
        ({"target_error": 0.1, "noise_sampler": None}, r"needs something random"),
        (
            {"target_error": 0.1, "max_samples": 0},
            r"max_samples is an integer ≥ 1 and below 2\*\*31. Received: max_samples=0",
        ),
    ],
)
def test_what_cannot_be_meant(calculator, given, message):
    with pytest.raises(ValueError, match=message):
        calculator.explain(X, **{"noise_sampler": NOISE, **given})


def test_different_samples_are_kept_and_indexed(calculator, tmp_path):
    saliency = calculator.explain(X, noise_sampler=NOISE, target_error=0.1)
    saliency.save(tmp_path / "some.npz")
    loaded = Saliency.load(tmp_path / "some.npz")
    np.testing.assert_array_equal(loaded.M, saliency.M)
    np.testing.assert_array_equal(loaded.standard_error, saliency.standard_error)
    one = saliency[3]
    assert one.M == saliency.M[3] and f"M={one.M}," in repr(one)
    np.testing.assert_allclose(one.standard_error, saliency.std[3] / np.sqrt(saliency.M[3]), rtol=1e-6)
    np.testing.assert_allclose(one.relative_error, saliency.relative_error[3])
    assert f"M={saliency.M.min()} to {saliency.M.max()}" in repr(saliency)


def test_progress_counts_finished_examples(calculator, capsys):
    calculator.explain(X, noise_sampler=NOISE, target_error=0.1, show_progress=True)
    assert "12/12" in capsys.readouterr().out
