"""Shapley values against games that are known in closed form, enumeration in NumPy, and their own standard errors."""

import functools
import itertools
import math

import keras
import numpy as np
import pytest
import tensorflow as tf
from by_hand import distance
from closed_forms import linear, summed
from keras import layers as L
from three_parts import refused
from zoo import ZOO, built, normal, tokens

from kerasal import Background, GaussianNoiseSampler, LayerExtractor, OcclusionCalculator, ShapleyCalculator

X = np.array([[1.0, 2.0, 4.0, 7.0], [3.0, -1.0, 0.5, 2.0]], "float32")
HOW = {"exact": {}, "drawn": {"exact_up_to": 0}}


def values(score, x=X, M=None, exact_up_to=10, **settings):
    """Of a game: a score of the input itself."""
    game = ShapleyCalculator(linear(np.eye(x.shape[1])), score, exact_up_to=exact_up_to, **settings)
    return game.explain(x, M=M)


@pytest.mark.parametrize("how", HOW)
def test_an_additive_game(how):
    """What each adds, whatever is drawn."""
    found = values(lambda x: x @ [[1.0], [3.0], [-2.0], [0.0]], **HOW[how], M=None if how == "exact" else 3)
    np.testing.assert_allclose(found.values, X * [1, 3, -2, 0], rtol=1e-5, atol=1e-6)
    assert found.std is None if how == "exact" else found.std.max() < 1e-5
    np.testing.assert_allclose(found.base_scores, 0, atol=1e-6)


@pytest.mark.parametrize("how", HOW)
def test_a_symmetric_game_with_a_dummy(how):
    """The product of three of four, each of the three its third part; the dummy has 0 in every sample."""
    found = values(lambda x: x[:, 0] * x[:, 1] * x[:, 3], **HOW[how], M=None if how == "exact" else 4000)
    share = (X[:, 0] * X[:, 1] * X[:, 3])[:, None] / 3 * [1, 1, 0, 1]
    if how == "exact":
        np.testing.assert_allclose(found.values, share, rtol=1e-5, atol=1e-6)
    else:
        assert np.all(np.abs(found.values - share) <= 4 * found.standard_error)
        assert np.all(found.standard_error[:, [0, 1, 3]] > 0)
    assert not found.values[:, 2].any()


def test_a_product_from_a_fill_and_the_airport_game():
    """½ (x₁ − b)(b + x₂); and of a maximum: the players from the smallest on share what each adds to the one before."""
    found = values(lambda x: x[:, 0] * x[:, 1], fill=0.5)
    first = (X[:, 0] - 0.5) * (0.5 + X[:, 1]) / 2
    np.testing.assert_allclose(found.values[:, 0], first, rtol=1e-5)
    steps = [1 / 4, (2 - 1) / 3, (4 - 2) / 2, (7 - 4) / 1]
    found = values(lambda x: tf.reduce_max(x, 1), X[:1])
    np.testing.assert_allclose(found.values[0], np.cumsum(steps), rtol=1e-5)


def enumerated(score, x, fill):
    """By all subsets, one after another: score takes float32 (N, P) and gives (N,)."""
    count = x.shape[1]
    members = np.array(list(itertools.product([0, 1], repeat=count)))
    found = {tuple(m): np.float64(score(np.where(m, x, fill).astype("float32"))) for m in members}
    total = np.zeros(x.shape)
    for player, m in itertools.product(range(count), members):
        if not m[player]:
            joined = m + (np.arange(count) == player)
            total[:, player] += (found[tuple(joined)] - found[tuple(m)]) / (count * math.comb(count - 1, m.sum()))
    return total


@functools.cache
def network(width=10):
    keras.utils.set_random_seed(1)
    return keras.Sequential([keras.Input((width,)), L.Dense(16, "tanh"), L.Dense(3)])


def test_ten_parts_as_by_enumeration():
    """With a fill, and averaged over a background; target_error is met without drawing."""
    x, others = normal(10), normal(10, seed=3)[:2] / 2
    score = lambda at: np.asarray(network()(at))[:, 1]
    exact = ShapleyCalculator(network(), 1, fill=0.25).explain(x, target_error=0.05)
    assert distance(exact.values, enumerated(score, x, 0.25)) < 1e-6
    assert exact.M == 1 and exact.std is None and exact.about["exact"] and exact.about["parts"] == 10
    assert np.max(np.abs(exact.completeness_gap)) < 1e-5
    np.testing.assert_allclose(exact.base_scores, score(np.full((5, 10), 0.25, "float32")), rtol=1e-5)
    expected = np.mean([enumerated(score, x, other) for other in others], 0)
    mean = ShapleyCalculator(network(), 1, fill=Background(others))
    assert distance(mean.explain(x).values, expected) < 1e-6
    drawn = ShapleyCalculator(network(), 1, fill=Background(others, drawn=True)).explain(x, M=400)
    assert not drawn.about["exact"]
    assert np.all(np.abs(drawn.values - expected) < 4 * drawn.standard_error)
    assert np.max(drawn.relative_gap) < 1e-4


def test_the_error_is_what_is_told():
    """Over 64 examples of 12 parts; and target_error stops at it. Each sample adds up."""
    x = np.random.default_rng(5).normal(size=(64, 12)).astype("float32")
    exact = ShapleyCalculator(network(12), 1, exact_up_to=12).explain(x).values
    drawn = ShapleyCalculator(network(12), 1)
    found = drawn.explain(x, M=24)
    ratio = np.sqrt(np.mean((found.values - exact) ** 2) / np.mean(found.standard_error**2))
    assert 0.8 < ratio < 1.2 and not found.about["exact"]
    samples = drawn.compute(x, M=3)
    owed = found.scores - found.base_scores
    np.testing.assert_allclose(samples.sum(-1), np.broadcast_to(owed, (3, 64)), atol=1e-5)
    known = drawn.explain(x, target_error=0.03)
    relative = np.linalg.norm(known.values - exact, axis=1) / np.linalg.norm(exact, axis=1)
    assert np.max(known.relative_error) <= 0.03 and 0.5 < np.mean(relative) / np.mean(known.relative_error) < 1.2
    assert np.min(known.M) < np.max(known.M)


IMAGE = ZOO["cnn"].x  # (5, 7, 5, 2)


def test_tiles_and_groups_are_one():
    """Tiles are cut off at the edge; each group's value is shared among its elements; -1 is never hidden."""
    rows, columns = np.indices((7, 5)) // [[[4]], [[3]]]
    tiles = 2 * rows + columns
    by_size = ShapleyCalculator(built("cnn"), 1, size=(4, 3)).explain(IMAGE)
    by_groups = ShapleyCalculator(built("cnn"), 1, groups=tiles).explain(IMAGE)
    assert by_size.shape == (5, 7, 5, 1) and by_size.about["parts"] == 4
    np.testing.assert_allclose(by_groups.values, by_size.values, atol=1e-6)
    assert np.unique(by_size.values[0]).size == 4

    def score(shown):
        return np.asarray(ZOO["cnn"].logits(built("cnn"), IMAGE * shown[:, tiles][..., None]))[:, 1]

    expected = enumerated(score, np.ones((5, 4)), 0)
    sums = np.stack([by_size.values[:, tiles == part].sum((1, 2)) for part in range(4)], 1)
    assert distance(sums, expected) < 1e-5
    one_and_rest = ShapleyCalculator(built("cnn"), 1, groups=np.where(tiles == 2, 3, -1)).explain(IMAGE)
    alone = OcclusionCalculator(built("cnn"), 1, groups=np.where(tiles == 2, 0, -1)).explain(IMAGE)
    np.testing.assert_allclose(one_and_rest.values, alone.values / np.sum(tiles == 2), atol=1e-6)


@pytest.mark.parametrize("how", HOW)
def test_groups_of_each_example(how):
    """Of a sum, each group has its sum; in batches, from a data set, and with other numbers of groups."""
    x = normal(4, 3)
    groups = np.random.default_rng(2).integers(-1, 3, (5, 4))
    calculator = ShapleyCalculator(summed(shape=(4, 3)), groups=groups, **HOW[how])
    own = np.where(groups[..., None] < 0, 0, x.sum(-1, keepdims=True))
    for found in (
        calculator.explain(x, batch_size=3),
        calculator.explain(tf.data.Dataset.from_tensor_slices(x).batch(2)),
    ):
        assert found.shape == (5, 4, 1)
        for n, group in itertools.product(range(5), range(3)):
            here = groups[n] == group
            np.testing.assert_allclose(found.values[n, here].sum(), own[n, here].sum(), atol=1e-4)
        assert not found.values[groups < 0].any()
    with refused("groups", "5", "4"):
        calculator.explain(x[:4])
    with refused("groups", "dtype object", "[0, 1, 1]", "grouped"):  # names, as for the picture of a table
        ShapleyCalculator(calculator.model, groups={"colour": ["red", "blue"]})


def test_words():
    """Tokens hidden by another one, padding never; at the embedding by zeros."""
    model, ids = built("lstm"), tokens()
    found = ShapleyCalculator(model, 2, fill=7).explain(ids)

    def score(at):
        return np.asarray(ZOO["lstm"].logits(model, np.where(ids == 0, 0, at).astype(ids.dtype)))[:, 2]

    assert distance(found.values, enumerated(score, ids, 7)) < 1e-4
    assert not found.values[ids == 0].any() and found.about["exact"]
    inner = ShapleyCalculator(model, 2, LayerExtractor("inner"), size=3, exact_up_to=0).explain(ids)
    assert inner.shape == (5, 6, 1) and np.max(np.abs(inner.completeness_gap)) < 1e-5


def test_at_a_point_with_noise():
    """Each sample adds up to what its own ends differ by; all classes of one pass."""
    how = {"noise_sampler": GaussianNoiseSampler(), "M": 3, "seed": 4}
    every = ShapleyCalculator(network(), "all", size=3, exact_up_to=0).explain(normal(10), **how)
    assert every.shape == (5, 3, 10) and np.max(np.abs(every.completeness_gap)) < 1e-5
    one = ShapleyCalculator(network(), 1, size=3).explain(normal(10), **how)
    assert np.max(np.abs(one.completeness_gap)) < 1e-5 and one.about["exact"] and one.M == 3
    assert (
        np.max(np.abs(every.values[:, 1] - one.values) / np.hypot(every.standard_error[:, 1], one.standard_error)) < 5
    )


def test_one_part_and_two():
    """Alone it has all; of two, each pair of permutations is all there is."""
    whole = values(lambda x: tf.reduce_prod(x, 1), size=4, **HOW["drawn"])
    np.testing.assert_allclose(whole.values, np.repeat(X.prod(1, keepdims=True) / 4, 4, 1), rtol=1e-5)
    halves = values(lambda x: x[:, 0] * x[:, 3], size=2, **HOW["drawn"])
    np.testing.assert_allclose(halves.values, np.repeat(X[:, :1] * X[:, 3:] / 4, 4, 1), rtol=1e-5)


def test_refused():
    with refused("M=5", "10 parts", "exact_up_to=0"):
        ShapleyCalculator(network(), 1).explain(normal(10), M=5)
    assert ShapleyCalculator(network(), 1, exact_up_to=0).explain(normal(10), M=5).M == 5  # the way out
    with refused("Background", "(10,)", "(3,)"):
        ShapleyCalculator(network(), 1, fill=Background(np.zeros((2, 3)))).explain(normal(10))
    with pytest.warns(UserWarning, match="5000 parts takes 10000 passes"):
        ShapleyCalculator(linear(np.ones(5000))).explain(np.ones((1, 5000), "float32"), M=1)
