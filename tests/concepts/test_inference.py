"""The fit against scikit-learn's, p-values against SciPy's, parts that share nothing."""

import numpy as np
import pytest
from by_hand import distance

from kerasal._folds.student import half_width, two_sided
from kerasal.concepts.inference import holm, of_runs
from kerasal.concepts.linear import separating_vector
from kerasal.concepts.parts import parts_of

RNG = np.random.default_rng(0)


@pytest.mark.parametrize(("positive", "negative", "numbers"), [(30, 30, 4), (6, 6, 500), (12, 40, 30), (3, 2, 2)])
@pytest.mark.parametrize("ridge", [0.01, 1.0])
def test_the_fit_is_that_of_scikit_learn(positive, negative, numbers, ridge):
    from sklearn.linear_model import LogisticRegression

    here, there = RNG.normal(0.4, 3, (positive, numbers)), RNG.normal(5, 3, (negative, numbers))
    vector, bias = separating_vector(here, there, ridge)
    both = np.concatenate([here, there])
    square = np.square(both - both.mean(0)).sum(1).mean()
    penalty = 1 / (len(both) * ridge * square)
    theirs = LogisticRegression(C=penalty, tol=1e-12, max_iter=20_000, solver="newton-cg")
    theirs.fit(both, np.repeat([1, 0], [positive, negative]))
    assert distance(vector, theirs.coef_[0]) < 1e-5 and abs(bias - theirs.intercept_[0]) < 1e-5 * (1 + abs(bias))
    scaled, moved = separating_vector(7 * here + 3, 7 * there + 3, ridge)  # in other units
    assert distance(7 * scaled, vector) < 1e-7 and abs(moved + 3 * scaled.sum() - bias) < 1e-6 * (1 + abs(bias))
    turned, _ = separating_vector(there, here, ridge)
    assert distance(-turned, vector) < 1e-7


def test_a_layer_that_gives_one_thing_has_no_vector():
    vector, bias = separating_vector(np.ones((3, 5)), np.ones((6, 5)), 0.1)
    assert not vector.any() and abs(bias - np.log(0.5)) < 1e-12


def test_p_values_are_those_of_scipy():
    from scipy import stats

    values = RNG.normal(0.3, 1, (4, 12))
    for rows in (values, np.sign(values), np.round(values)):
        exact = [
            stats.permutation_test((row,), np.sum, permutation_type="samples", n_resamples=np.inf).pvalue
            for row in rows
        ]
        np.testing.assert_allclose(of_runs(rows), exact, rtol=1e-12)
    assert np.array_equal(of_runs(values.astype("float32")), of_runs(values.astype("float32").astype("float64")))
    assert of_runs(np.full((1, 15), 0.77, "float32")) == 2**-14
    ones = np.sign(np.arange(40) - 11.5)[None]  # 12 of 40 runs
    assert abs(of_runs(ones)[0] / stats.binomtest(12, 40).pvalue - 1) < 1e-9
    t = np.array([0, 0.3, -2.0, 5, 40])
    for freedom in (1, 5, 14, 200):
        np.testing.assert_allclose(two_sided(t, freedom), 2 * stats.t.sf(np.abs(t), freedom), rtol=1e-8)
        assert abs(half_width(freedom) - stats.t.ppf(0.975, freedom)) < 1e-6
    assert of_runs(np.ones((1, 8))).tolist() == [2**-7] and of_runs(np.zeros((1, 8))).tolist() == [1]
    p = np.array([0.04, 0.001, 0.03, 0.02])
    assert np.allclose(holm(p), [0.06, 0.004, 0.06, 0.06])


@pytest.mark.parametrize(("examples", "random", "size"), [(60, 300, 4), (100, 60, 2), (31, 61, 2), (500, 301, 10)])
def test_parts_share_nothing(examples, random, size):
    parts = parts_of(examples, random, 15, seed=3, place=1)
    assert parts.size == size and parts.concept.shape == parts.others.shape == (15, size)
    assert len(np.unique(parts.concept)) == 15 * size and parts.concept.max() < examples
    drawn = np.concatenate([parts.control.ravel(), parts.others.ravel()])
    assert len(np.unique(drawn)) == 30 * size and drawn.max() < random
    again = parts_of(examples, random, 15, seed=3, place=1)
    assert all(np.array_equal(*pair) for pair in zip(parts, again, strict=True))
    assert not np.array_equal(parts.concept, parts_of(examples, random, 15, seed=-3, place=1).concept)
