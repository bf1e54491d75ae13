"""Deletion, insertion, infidelity and sensitivity-n against closed forms, over kinds of models, and by plain loops."""

import dataclasses

import keras
import numpy as np
import pytest
from three_parts import refused
from zoo import ZOO

from kerasal import GaussianNoiseSampler, GradientCalculator, InputExtractor, IntegratedGradientsCalculator
from kerasal.metrics import Deletion, Infidelity, Insertion, SensitivityN, Squares
from kerasal.samplers import NoiseSampler

W = np.array([1.0, 3.0, 2.0], "float32")
X = np.array([[1.0, 5.0, 8.0], [2.0, -1.0, 0.5]], "float32")


def linear(weights=W):
    model = keras.Sequential(
        [keras.Input(weights.shape), keras.layers.Flatten(), keras.layers.Dense(1, use_bias=False)]
    )
    model.set_weights([weights.reshape(-1, 1)])
    return model


def test_the_closed_forms_of_deletion_and_insertion():
    maps = X * W  # (1, 15, 16) and (2, -3, 1)
    deleted, inserted = Deletion(linear())(X, maps), Insertion(linear())(X, maps)
    np.testing.assert_allclose(deleted.curve.y, [[32, 16, 1, 0], [0, -2, -3, 0]], atol=1e-5)
    np.testing.assert_allclose(inserted.curve.y, [[0, 16, 31, 32], [0, 2, 3, 0]], atol=1e-5)
    np.testing.assert_allclose(deleted.values, [11, (-2 - 3) / 3], rtol=1e-6)
    np.testing.assert_allclose(inserted.values, [21, 5 / 3], rtol=1e-6)
    np.testing.assert_allclose(deleted.curve.x[0], [0, 1 / 3, 2 / 3, 1])
    # of an additive score the two add up to f(x) + f(b), whatever the order, the map and what hides
    maps = np.random.default_rng(0).normal(size=X.shape)
    for fill in (0.0, 2.0, np.array([0.5, -1.0, 3.0], "float32"), "mean"):
        base = X.mean(1) * W.sum() if isinstance(fill, str) else np.broadcast_to(fill, (2, 3)) @ W
        both = Deletion(linear(), fill=fill)(X, maps).values + Insertion(linear(), fill=fill)(X, maps).values
        np.testing.assert_allclose(both, X @ W + base, rtol=1e-5)


def test_ties_go_by_position_and_the_least_salient_first():
    deleted = Deletion(linear(), order="least")(X[:1], [[1.0, 0.0, 0.0]])
    np.testing.assert_allclose(deleted.curve.y, [[32, 17, 1, 0]], atol=1e-5)  # the second and third are equal
    assert deleted.higher_is_better and "least first" in deleted.name


def by_hand(model, x, maps, steps, fill, score):
    """The deletion curve, element by element, of maps with an axis of channels that go together."""
    count = maps[0].size
    order = np.argsort(-maps.reshape(len(x), -1), 1, kind="stable")
    curves = []
    for step in range(steps + 1):
        hidden = np.argsort(order, 1) < int(np.floor(step * count / steps + 0.5))
        stand_in = x.mean((1, 2), keepdims=True) if fill == "mean" else fill
        curves.append(score(model, np.where(hidden.reshape(*maps.shape, 1), stand_in, x)))
    return np.stack(curves, 1)


@pytest.mark.parametrize(("fill", "steps"), [(0.0, 7), ("mean", 18), (0.3, 5)])
def test_pictures_pixel_by_pixel(fill, steps):
    case = ZOO["cnn"]
    model, x = case.build(), np.asarray(case.x)
    result = IntegratedGradientsCalculator(model, steps=8).explain(x, ch_axis=-1)
    chosen = np.argmax(case.logits(model, x), 1)

    def score(model, points):
        return np.take_along_axis(np.asarray(case.logits(model, points)), chosen[:, None], 1)[:, 0]

    found = Deletion(model, fill=fill, steps=steps)(x, result, batch_size=3)
    assert found.values.shape == (len(x),)
    wanted = by_hand(model, x, result.values, steps, fill, score)
    np.testing.assert_allclose(found.curve.y, wanted, rtol=1e-4, atol=1e-4)
    again = Deletion(model, fill=fill, steps=steps)(x, result)
    np.testing.assert_allclose(again.values, found.values, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", ["cnn", "lstm", "attention", "subclassed logits", "two inputs", "sigmoid", "nested"])
def test_every_kind_of_model(name):
    """Measured curves begin at the score of the clean input and end at that of what hides; deletion and insertion mirror each other."""
    case = ZOO[name]
    model, x = case.build(), case.x
    target = {"target_extractor": case.target} if case.target else {}
    result = GradientCalculator(model, score=case.score, multiply_target=True, **target).explain(x)
    deleted = Deletion(model, case.score, steps=4, **target)(x, result)
    inserted = Insertion(model, case.score, steps=4, order="least", **target)(x, result)
    np.testing.assert_allclose(deleted.curve.y[:, 0], result.scores, rtol=1e-4, atol=1e-5)
    exact = deleted.curve.x.shape == inserted.curve.x.shape and (deleted.curve.x == 1 - inserted.curve.x[:, ::-1]).all()
    if exact:  # the least salient shown first is the most salient hidden last
        np.testing.assert_allclose(deleted.curve.y, inserted.curve.y[:, ::-1], rtol=1e-4, atol=1e-5)
    assert np.isfinite(deleted.values).all()


def test_groups_go_by_their_sums():
    groups = [0, 1, 0]
    found = Deletion(linear(), groups=groups)(X[:1], [[1.0, 15.0, 16.0]])
    np.testing.assert_allclose(found.curve.y, [[32, 15, 0]], atol=1e-5)  # 17 before 15
    found = Deletion(linear(), groups=[0, -1, 1])(X[:1], [[1.0, 99.0, 16.0]])
    np.testing.assert_allclose(found.curve.y, [[32, 16, 15]], atol=1e-5)  # the one in no group stays
    each = Deletion(linear(), groups=[[0, 1, 1], [1, 1, 0]])(X, np.ones((2, 3)))
    np.testing.assert_allclose(each.curve.y, [[32, 1, 0], [0, 1, 0]], atol=1e-5)


def test_what_is_missing_is_neither_hidden_nor_counted():
    model = keras.Sequential(
        [
            keras.Input((5,), dtype="int32"),
            keras.layers.Embedding(9, 3, mask_zero=True, name="embed"),
            keras.layers.GlobalAveragePooling1D(),
            keras.layers.Dense(1, use_bias=False),
        ]
    )
    ids = np.array([[3, 4, 0, 0, 0], [5, 6, 7, 8, 0]])
    words = model.get_layer("embed")(ids).numpy() @ model.layers[-1].get_weights()[0][:, 0]  # (2, 5), of one word alone
    each = words * (ids > 0) / (ids > 0).sum(1, keepdims=True)
    found = Deletion(model, target_extractor="embed", steps=4)(ids, each)
    for n, real in enumerate((2, 4)):
        ordered = np.sort(each[n, :real])[::-1]
        left = np.append(ordered[::-1].cumsum()[::-1], 0)  # what is left after k words
        counts = [int(np.floor(step * real / 4 + 0.5)) for step in range(5)]
        np.testing.assert_allclose(found.curve.y[n], left[counts], rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(found.curve.x[n], np.array(counts) / real)


def test_the_closed_forms_of_infidelity():
    maps, off = np.repeat(W[None], 2, 0), np.array([0.5, -1.0, 2.0])
    model, deviation = linear(), 0.3
    noise = GaussianNoiseSampler(mode="absolute", scale=deviation)
    np.testing.assert_allclose(Infidelity(model, perturbation=noise)(X, maps).values, 0, atol=1e-9)
    found = Infidelity(model, perturbation=noise, samples=4096)(X, maps + off)
    expected = deviation**2 * np.sum(off**2)
    assert np.all(np.abs(found.values - expected) < 4 * found.standard_error)
    assert np.all(found.standard_error < 0.05 * expected)
    scaled = Infidelity(model, perturbation=noise, normalize=True)(X, maps * [[3.0], [0.1]])
    np.testing.assert_allclose(scaled.values, 0, atol=1e-8)
    np.testing.assert_allclose(scaled.details["factor"], [1 / 3, 10], rtol=1e-4)
    windows = Infidelity(model, perturbation=Squares(2, fill=1.0))(X, maps)
    np.testing.assert_allclose(windows.values, 0, atol=1e-8)


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Speckle(NoiseSampler):
    """Noise in proportion to the target."""

    contrast: float = 0.1

    def place(self, target, spread, drawn):
        return target * (1 + self.contrast * drawn)


def test_infidelity_perturbs_as_the_sampler_does():
    """Of a map that is wrong by 1 in the units of a linear score, infidelity is the mean square of what is taken."""
    model, x = linear(np.ones(1, "float32")), np.array([[0.0], [3.0]], "float32")
    clipped = GaussianNoiseSampler(0.5, mode="absolute", clip=(-10.0, 0.0))  # at 0 half the noise is cut off
    for sampler, row, expected in (
        (clipped, 0, 0.5**2 / 2),
        (Speckle(mode="absolute", contrast=0.2), 1, (0.2 * 3) ** 2),
    ):
        found = Infidelity(model, perturbation=sampler, samples=4096)(x, np.full((2, 1), 2.0))
        assert abs(found.values[row] - expected) < 4 * found.standard_error[row] < 0.2 * expected
    np.testing.assert_allclose(found.values[0], 0, atol=1e-9)  # a share of nothing


def test_draws_depend_on_seed_and_position_alone():
    case = ZOO["cnn"]
    model, x = case.build(), case.x
    maps = GradientCalculator(model).explain(x)
    for measure in (
        Infidelity(model, samples=8),
        Infidelity(model, perturbation=Squares((3, 2)), samples=6),
        SensitivityN(model, samples=5),
    ):
        found = measure(x, maps, seed=4)
        np.testing.assert_allclose(measure(x, maps, seed=4, batch_size=2).values, found.values, rtol=1e-4, atol=1e-6)
        assert not np.allclose(measure(x, maps, seed=5).values, found.values)


def test_the_closed_forms_of_sensitivity_n():
    weights = np.random.default_rng(1).normal(size=(6, 2)).astype("float32")
    x = np.random.default_rng(2).normal(size=(3, 6, 2)).astype("float32")
    found = SensitivityN(linear(weights), fill=0.5)(x, weights * (x - 0.5))
    np.testing.assert_allclose(found.curve.y, 1, rtol=1e-5)
    against = SensitivityN(linear(weights), fill=0.5)(x, -weights * (x - 0.5))
    np.testing.assert_allclose(against.values, -1, rtol=1e-5)
    noise = np.random.default_rng(3).normal(size=(200, 6, 2)).astype("float32")
    chance = SensitivityN(linear(weights), samples=40)(np.repeat(x[:1], 200, 0), noise)
    assert abs(chance.mean) < 4 * chance.mean_error and np.median(chance.standard_error) > 0.05
    assert np.isnan(SensitivityN(linear(weights))(x, np.zeros_like(x)).values).all()


def test_errors():
    model = linear()
    with refused("(N, 3)", "shape (2, 4)"):
        Deletion(model)(X, np.ones((2, 4)))
    with refused("one entry per example", "3 entries"):
        Deletion(model)(X, np.ones((3, 3)))
    with refused("NaN"):
        Insertion(model)(X, np.full((2, 3), np.nan))
    with refused("score='all'", "one class"):
        Deletion(model, "all")
    with refused("'most'"):
        Deletion(model, order="best")
    with refused("steps"):
        Deletion(model, steps=0)
    with refused("ch_axis"):
        case = ZOO["cnn"]
        Infidelity(case.build())(case.x, GradientCalculator(case.build()).explain(case.x, ch_axis=-1))
    with refused("perturbation"):
        Infidelity(model, perturbation="noise")
    with refused("shares"):
        SensitivityN(model, shares=(0.5, 1.0))
    with refused("batch"):
        Deletion(model)(X, GradientCalculator(model).explain(X)[0])
    with refused("one target"):
        Deletion(model, target_extractor=[InputExtractor(0), InputExtractor(0)])


@pytest.mark.parametrize("measure", [Deletion, Insertion, SensitivityN])
def test_one_measure_takes_maps_with_channels_and_without_in_any_order(measure):
    """A map (H, W, 1) hides whole pixels, one (H, W, C) single numbers: programs of their own."""
    rng = np.random.default_rng(3)
    model, x = linear(rng.normal(size=(3, 2, 2)).astype("float32")), rng.normal(size=(2, 3, 2, 2)).astype("float32")
    maps = [rng.normal(size=(2, 3, 2, channels)) for channels in (2, 1, 2)]
    one = measure(model)
    for each in maps:
        np.testing.assert_array_equal(one(x, each).values, measure(model)(x, each).values)
