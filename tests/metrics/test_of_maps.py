"""Measures of a map alone and of a map and a mask, against closed forms and scikit-learn."""

import keras
import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score
from three_parts import refused

from kerasal import FullGradientCalculator, GradientCalculator, IntegratedGradientsCalculator
from kerasal.metrics import (
    AveragePrecision,
    Completeness,
    Complexity,
    Measurement,
    PointingGame,
    RelevanceMass,
    RelevanceRank,
    RocAuc,
    Sparseness,
)

RNG = np.random.default_rng(0)
MAPS = RNG.integers(-3, 4, (6, 4, 7)).astype("float32")  # with equal numbers
MASK = RNG.random((6, 4, 7)) < 0.3


def one_hot(d, n=2):
    return np.eye(n, d)


@pytest.mark.parametrize("d", [2, 5, 28])
def test_spread(d):
    np.testing.assert_allclose(Complexity()(None, np.full((2, d), -3.0)).values, np.log(d))
    np.testing.assert_allclose(Complexity()(None, one_hot(d)).values, 0, atol=1e-12)
    np.testing.assert_allclose(Sparseness()(None, np.full((2, d), 2.0)).values, 0, atol=1e-12)
    np.testing.assert_allclose(Sparseness()(None, -one_hot(d)).values, 1 - 1 / d)
    maps = RNG.normal(size=(3, d))
    size = np.abs(maps)  # the mean difference of all pairs over twice the mean
    gini = np.abs(size[:, :, None] - size[:, None]).mean((1, 2)) / (2 * size.mean(1))
    np.testing.assert_allclose(Sparseness()(None, maps).values, gini)
    assert np.isnan(Sparseness()(None, np.zeros((2, d))).values).all()


def test_rankings_are_those_of_scikit_learn():
    for kind, wanted in ((RocAuc, roc_auc_score), (AveragePrecision, average_precision_score)):
        by_sklearn = [wanted(mask.ravel(), own.ravel()) for mask, own in zip(MASK, MAPS, strict=True)]
        np.testing.assert_allclose(kind(MASK)(None, MAPS).values, by_sklearn, rtol=1e-12)
        both = kind([MASK, ~MASK])(None, MAPS).values  # each is right: the best one counts
        other = [wanted(~mask.ravel(), own.ravel()) for mask, own in zip(MASK, MAPS, strict=True)]
        np.testing.assert_allclose(both, np.maximum(by_sklearn, other), rtol=1e-12)


def test_relevance():
    mask = MASK[0]
    np.testing.assert_allclose(RelevanceMass(MASK)(None, MASK.astype(float)).values, 1)
    np.testing.assert_allclose(RelevanceRank(MASK)(None, MASK.astype(float)).values, 1)
    only_one = np.zeros((1, 4, 7))
    only_one[0][tuple(np.argwhere(mask)[0])] = 1
    np.testing.assert_allclose(RelevanceMass(mask)(None, only_one).values, 1)
    share = mask.mean()
    for kind in (RelevanceMass, RelevanceRank, AveragePrecision):
        np.testing.assert_allclose(kind(mask)(None, np.ones((2, 4, 7))).values, share)
    np.testing.assert_allclose(RocAuc(mask)(None, np.ones((2, 4, 7))).values, 0.5)
    positive = np.maximum(MAPS, 0)
    np.testing.assert_allclose(
        RelevanceMass(MASK)(None, MAPS).values, (positive * MASK).sum((1, 2)) / positive.sum((1, 2))
    )
    assert np.isnan(RelevanceMass(MASK)(None, -np.ones((6, 4, 7))).values).all()


def test_pointing_game():
    maps = np.zeros((3, 5, 6))
    maps[0, 2, 3] = maps[1, 0, 0] = maps[2, 4, 5] = 1
    mask = np.zeros((5, 6), bool)
    mask[2, 3] = True
    np.testing.assert_array_equal(PointingGame(mask)(None, maps).values, [1, 0, 0])
    np.testing.assert_array_equal(PointingGame(mask, 2)(None, maps).values, [1, 0, 1])
    np.testing.assert_array_equal(PointingGame(mask, 9)(None, maps).values, [1, 1, 1])
    maps[0, 0, 0] = 1  # two largest elements, one of them inside
    np.testing.assert_array_equal(PointingGame(mask)(None, maps).values, [0.5, 0, 0])


def test_examples_without_an_answer_have_no_value():
    mask = np.zeros((3, 4), bool)
    mask[0, 1], mask[2] = True, True
    found = RocAuc(mask)(None, RNG.normal(size=(3, 4)))
    assert np.isnan(found.values).tolist() == [False, True, True]
    assert "2 without a value" not in repr(found) and len(found) == 3


@pytest.mark.parametrize("kind", [PointingGame, RelevanceMass, RelevanceRank, AveragePrecision, RocAuc])
def test_what_is_padding_is_not_counted(kind):
    """As of the short maps alone; padding would be the largest here."""
    maps, mask = RNG.normal(size=(4, 3, 5)), RNG.random((4, 3, 5)) < 0.4
    padded = np.full((4, 5, 9), np.nan)
    padded[:, :3, :5] = mask
    long = np.full((4, 5, 9), 9.0)
    long[:, :3, :5] = maps
    alone = kind(mask)(None, maps)
    np.testing.assert_allclose(kind(padded)(None, long).values, alone.values)
    assert not np.allclose(kind(np.nan_to_num(padded))(None, long).values, alone.values)


def test_completeness_is_what_the_result_tells():
    model = keras.Sequential(
        [
            keras.Input((6, 5, 2)),
            keras.layers.Conv2D(3, 3, activation="relu"),
            keras.layers.Flatten(),
            keras.layers.Dense(2),
        ]
    )
    x = RNG.random((4, 6, 5, 2)).astype("float32")
    for calculator in (IntegratedGradientsCalculator(model, steps=4), FullGradientCalculator(model)):
        result = calculator.explain(x)
        found = Completeness()(None, result)
        np.testing.assert_array_equal(found.values, result.relative_gap)
        np.testing.assert_array_equal(found.details["gap"], result.completeness_gap)
    with refused("integrated gradients"):
        Completeness()(None, GradientCalculator(model).explain(x))


def test_the_mean_and_its_error():
    values = np.array([1.0, 2.0, 6.0, np.nan])
    found = Measurement("M", values, higher_is_better=True)
    assert found.mean == 3 and np.isclose(found.mean_error, np.std([1, 2, 6], ddof=1) / np.sqrt(3))
    assert repr(found) == "M: 3 ± 1.5 (mean over 3 examples ± standard error; 1 without a value; higher is better)"
    assert np.isnan(Measurement("M", values[:1]).mean_error) and "1 example" in repr(Measurement("M", values[:1]))


def test_errors():
    with refused("True", "int64"):
        RocAuc(np.array([3, 4]))
    with refused("shape (6, 4, 7)", "mask[..., None]", "ch_axis=-1"):  # as it was given
        RelevanceMass(MASK)(None, np.ones((6, 4, 7, 3)))
    with refused("shape (6, 4, 7)", "mask.any(-1, keepdims=True)"):
        RelevanceMass(MASK)(None, np.ones((6, 4, 1)))


def test_the_ways_out_of_a_mask_that_does_not_fit():
    rows = np.repeat(MAPS[..., None], 3, -1)
    found = RelevanceMass(MASK[..., None])(None, rows).values
    np.testing.assert_allclose(found, RelevanceMass(MASK)(None, MAPS).values, rtol=1e-6)
    folded = RelevanceMass(MASK.any(-1, keepdims=True))(None, MAPS[..., :1]).values
    np.testing.assert_allclose(folded, RelevanceMass(MASK.any(-1))(None, MAPS[..., 0]).values)
    with refused("tolerance"):
        PointingGame(MASK, -1)
    with refused("batch"):
        Complexity()(None, [1.0, 2.0])
