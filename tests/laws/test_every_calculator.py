"""Laws of every calculator, over kinds of model, scores and targets."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf
from by_hand import distance
from closed_forms import levels, summed
from every_calculator import LABELS, METHODS, PAIRS, SCORES, TARGETS, WAYS, Probe, calculator, probe
from keras import layers as L
from snapshots import prepared, unchanged
from three_parts import refused
from zoo import IMAGE, ZOO, normal
from zoo_layers import DrawsByItself

from kerasal import (
    DeepLIFTCalculator,
    FullGradientCalculator,
    GaussianNoiseSampler,
    GradCAMCalculator,
    GradientCalculator,
    IntegratedGradientsCalculator,
    LayerCAMCalculator,
    LRPCalculator,
    OcclusionCalculator,
    ScoreCAMCalculator,
)
from kerasal.rules import Epsilon

NOISE = GaussianNoiseSampler(scale=0.2)
BOTH = {"noise_sampler": NOISE, "train": True}
EVERY = pytest.mark.parametrize("method", METHODS)
EVERY_WAY = pytest.mark.parametrize("method", WAYS)


@pytest.mark.parametrize("method, name", PAIRS)
def test_every_kind_of_model(method, name):
    """Nothing is left behind; batch size, neighbours and position never change a number; seeds do."""
    (case, model), entry = prepared(name), METHODS[method]
    how = {"noise_sampler": NOISE, "train": case.dropout, "seed": 2}
    with unchanged(model):
        calc = calculator(method, name, model)
        whole = calc.compute(case.x, M=5, batch_size=64, **how)
    assert whole.shape[:2] == (5, 5) and distance(whole[0], whole[1]) > 1e-3
    assert distance(calc.compute(case.x, M=3, batch_size=3, **how), whole[:3]) < case.rtol
    part = tf.nest.map_structure(lambda array: array[2:4], case.x)
    with unchanged(model):
        alone = calc.compute(part, M=3, first_example=2, batch_size=1, **how)
    assert distance(alone, whole[:3, 2:4]) < case.rtol
    if name == entry.models[0]:
        np.testing.assert_array_equal(calc.compute(case.x, M=5, batch_size=64, **how), whole)
        assert distance(calc.compute(case.x, M=5, batch_size=64, **{**how, "seed": 3}), whole) > 1e-2
        with unchanged(model):
            saliency = calc.explain(case.x, M=5, batch_size=7, **how)
        assert distance(saliency.values, calc.aggregate(whole).values) < case.rtol
        assert distance(saliency.std, calc.aggregate(whole).std) < 10 * case.rtol
        assert entry.gap is None or np.max(saliency.relative_gap) < entry.gap


@EVERY
def test_a_recipe_gives_the_same_numbers(method):
    """That of a result makes it again, bit by bit, from a model and x alone."""
    statistic = ("abs", "var")[list(METHODS).index(method) % 2]
    how = {**BOTH, "M": 3, "seed": 4, "method": statistic, "ch_axis": -1, "batch_size": 8}
    saliency = probing(method).explain(IMAGE, **how)
    again = saliency.recipe.explain(probe(), IMAGE)
    np.testing.assert_array_equal(again.values, saliency.values)
    assert again.recipe == saliency.recipe and again.recipe.arguments["seed"] == 4


def test_a_recipe_of_each_of_several_statistics_gives_the_same_numbers():
    for saliency in probing("guided").explain(IMAGE, M=3, seed=4, method=["abs", "var"], ch_axis=-1, **BOTH):
        again = saliency.recipe.explain(probe(), IMAGE)
        np.testing.assert_array_equal(again.values, saliency.values)
        assert again.recipe == saliency.recipe


def test_a_setting_changed_before_the_first_use_is_in_the_recipe():
    calc = IntegratedGradientsCalculator(summed(shape=(3,), power=2))
    calc.steps = 3
    found = calc.explain(normal(3))
    assert found.recipe.settings["steps"] == 3
    np.testing.assert_array_equal(found.recipe.explain(calc.model, normal(3)).values, found.values)


def test_arrays_that_programs_are_compiled_for_cannot_be_changed():
    """In 0.1 a baseline changed in place after use was ignored in silence."""
    calc = IntegratedGradientsCalculator(summed(shape=(3,), power=2), baseline=np.ones(3))
    before = calc.explain(normal(3)).values
    with pytest.raises(ValueError, match="read-only"):
        calc.baseline[...] = 5
    np.testing.assert_array_equal(calc.explain(normal(3)).values, before)


def test_every_kind_of_model_is_met():
    assert {name for _, name in PAIRS} == set(ZOO)


@functools.cache
def probing(method):
    return METHODS[method].make(probe(), 1)


class UsersError(Exception):
    pass


SAME = {
    "again": {},
    "a last partial batch": {"batch_size": 4},
    "one row a call": {"batch_size": 1},
    "another seed": {"seed": 9},
    "more samples": {"M": 7},
    "another position": {"first_example": 3},
}


@EVERY
def test_nothing_retraces(method):
    probing(method).explain(IMAGE, M=3, **BOTH)
    before = Probe.calls
    for what, change in SAME.items():
        probing(method).explain(IMAGE, **{"M": 3, **BOTH, **change})
        assert Probe.calls == before, what
    probing(method).explain(IMAGE[:2], M=3, **BOTH)
    assert Probe.calls == before, "fewer examples"


@EVERY_WAY
def test_several_methods_are_of_the_same_samples(method):
    """Each is what it is alone; one loop for all of them."""
    names = ("raw", "square", "std")
    found = probing(method).explain(IMAGE, M=3, method=names, **BOTH)
    before = Probe.calls
    probing(method).explain(IMAGE[:3], M=2, method=list(names), **BOTH)
    assert Probe.calls == before
    samples = probing(method).compute(IMAGE, M=3, **BOTH)
    for name, each in zip(names, found, strict=True):
        alone = probing(method).aggregate(samples, name)
        assert distance(each.values, alone.values) < 1e-5 and each.about["method"] == name
        assert each.std is None if name == "std" else distance(each.std, alone.std) < 1e-4


@EVERY_WAY
def test_an_interruption_leaves_nothing_behind(method, monkeypatch):
    expected = probing(method).explain(IMAGE, M=3, **BOTH).values

    def interrupt(*args, **kwargs):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, unchanged(probe()), pytest.raises(KeyboardInterrupt):
        patch.setattr(keras.utils.Progbar, "update", interrupt)
        probing(method).explain(IMAGE, M=3, **BOTH, show_progress=True)
    np.testing.assert_array_equal(probing(method).explain(IMAGE, M=3, **BOTH).values, expected)


@EVERY
@pytest.mark.parametrize("when", ["score", "eval_fun"])
def test_an_error_of_the_users_leaves_nothing_behind(method, when):
    def breaks(given):
        if when == "eval_fun":
            probe()(given)
        raise UsersError("the user's")

    with unchanged(probe()), pytest.raises(UsersError, match="the user's"):
        METHODS[method].make(probe(), **{when: breaks}).explain(IMAGE, M=2, **BOTH)


@functools.cache
def of_all(method):
    """(M, N, classes, ...)"""
    return METHODS[method].make(probe(), "all").compute(IMAGE, M=2, batch_size=16, **BOTH)


METHOD_SCORE_TARGET = [
    pytest.param(method, score, TARGETS[(i + j) % 5], id=f"{method}-{score[0]}-{TARGETS[(i + j) % 5]!r}")
    for i, method in enumerate(METHODS)
    for j, score in enumerate(SCORES)
    if (i + 2 * j) % 7 == 0 and (METHODS[method].linear or score[0] != "margin")
]


@pytest.mark.parametrize("method, score, target", METHOD_SCORE_TARGET)
def test_the_same_score_and_target_by_another_name(method, score, target):
    _, arguments, takes_y, pick = score
    calc = METHODS[method].make(probe(), target_extractor=target, **arguments())
    found = calc.compute(IMAGE, LABELS if takes_y else None, M=2, batch_size=64, **BOTH)
    assert distance(found, pick(of_all(method))) < 1e-5


@EVERY
def test_a_layer_that_draws_by_itself(method):
    entry = METHODS[method]
    model = summed(
        L.Conv2D(2, 2, activation="relu", name="inner"), DrawsByItself(name="selfish"), shape=IMAGE.shape[1:], power=2
    )
    explain = functools.partial(entry.make(model).explain, IMAGE, M=2, train=True)
    if entry.compares or method == "fullgrad":
        with pytest.warns(UserWarning, match="selfish"), refused("selfish"):
            explain()
        return
    with pytest.warns(UserWarning, match="selfish"):
        saliency = explain()
    assert list(saliency.unpaired) == ["selfish"] and np.all(saliency.std.max((1, 2, 3)) > 0)


def _relu(array):
    return np.maximum(array, 0)


def _score_cam(a, w, m, x, b):
    """Every channel's map, scaled to [0, 1], shows a part of the input; the sample's masks are those of all parts."""
    low, high = a.min(1, keepdims=True), a.max(1, keepdims=True)
    shown = ((a - low) / (high - low))[..., None, :]  # (N, T, 1, channel)
    values = np.einsum("tc,mntc,ntck->mnk", w, m, x[..., None] * shown) + np.sum(m * w * b, (2, 3))[..., None]
    weights = np.exp(values - values.max(-1, keepdims=True))
    return _relu(np.einsum("mnk,ntk->mnt", weights / weights.sum(-1, keepdims=True), a))[..., None]


POINTS = {  # f = Σ w m (x + b), m the masks: the saliency of a sample, of a = x + b at the layer before the dropout
    "integrated": (IntegratedGradientsCalculator, {"steps": 3}, lambda a, w, m, x, b: m * w * x),
    "deep lift": (DeepLIFTCalculator, {}, lambda a, w, m, x, b: m * w * x),
    "relevance": (LRPCalculator, {"rules": Epsilon(0)}, lambda a, w, m, x, b: m * w * x),
    "occlusion": (OcclusionCalculator, {"slide_axis": (1, 2)}, lambda a, w, m, x, b: m * w * x),
    "fullgrad": (FullGradientCalculator, {"psi": "signed"}, lambda a, w, m, x, b: (m * w * a).sum(-1, keepdims=True)),
    "grad-cam": (
        GradCAMCalculator,
        {"layer": "inner"},
        lambda a, w, m, x, b: _relu(((m * w).mean(2, keepdims=True) * a).sum(-1, keepdims=True)),
    ),
    "layer-cam": (
        LayerCAMCalculator,
        {"layer": "inner"},
        lambda a, w, m, x, b: (_relu(m * w) * a).sum(-1, keepdims=True),
    ),
    "score-cam": (ScoreCAMCalculator, {"layer": "inner"}, _score_cam),
}


@pytest.mark.parametrize("method", POINTS)
def test_the_points_of_a_sample_share_its_masks(method):
    """The masks are those seen in the gradient, m w; with masks of its own for each point, no sample would fit."""
    kind, settings, expected = POINTS[method]
    x, rng = np.abs(normal(4, 3)), np.random.default_rng(5)
    w, b = rng.normal(size=(4, 3)).astype("float32"), rng.uniform(1, 2, 3).astype("float32")
    body = [L.Conv1D(3, 1, name="inner"), L.Dropout(0.25), L.Flatten(), L.Dense(1, use_bias=False)]
    model = keras.Sequential([keras.Input((4, 3)), *body])
    model.set_weights([np.eye(3)[None], b, w.reshape(12, 1)])
    m = GradientCalculator(model).compute(x, M=6, train=True) / w
    assert levels(m) == [0, 1.3333]
    for rows in (1, 7, 64):
        found = kind(model, **settings).compute(x, M=6, train=True, batch_size=rows)
        assert distance(found, expected(x + b, w, m, x, b)) < 1e-5
