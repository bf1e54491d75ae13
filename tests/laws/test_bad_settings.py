"""Settings that cannot mean anything are found by a check, before anything is traced, and told in three parts."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers as L
from three_parts import refused
from zoo import normal

from kerasal import (
    ActivationMaximizer,
    Background,
    ConductanceCalculator,
    DeepLIFTCalculator,
    Fold,
    FullGradientCalculator,
    GaussianNoiseSampler,
    GradCAMCalculator,
    GradientCalculator,
    GradientRolloutCalculator,
    InputExtractor,
    IntegratedGradientsCalculator,
    InternalInfluenceCalculator,
    LayerExtractor,
    LIMECalculator,
    LRPCalculator,
    OcclusionCalculator,
    Recipe,
    RISECalculator,
    RolloutCalculator,
    ScoreCAMCalculator,
    ShapleyCalculator,
    UniformNoiseSampler,
    XRAICalculator,
    rules,
    scores,
)

X = normal(8, 6, 2)
NAN, INF, HUGE = float("nan"), float("inf"), 2**63
NOISE = GaussianNoiseSampler(0.1, "absolute")


@functools.cache
def model():
    body = [
        L.Conv2D(3, 3, activation="relu", name="conv"),
        L.Dropout(0.1),
        L.Flatten(name="flat"),
        L.Dense(3, name="head"),
    ]
    return keras.Sequential([keras.Input((8, 6, 2)), *body])


@functools.cache
def used():
    """A calculator that refuses all of it, and so never compiles anything."""
    return GradientCalculator(model(), 0)


def named(group, values):
    """(words of the error, bad settings) for each of some values."""
    return [({name: value}, name) for name, values in {group: values}.items() for value in values]


CALLS = [
    *named("M", [0, -1, True, 1.0, "3", 2.5, [3], NAN, 1j, HUGE]),
    *named("batch_size", [0, -1, True, 1.0, "3", [3], NAN, HUGE]),
    *named("seed", [True, 1.0, "3", [3], NAN, None]),
    *named("first_example", [-1, True, 1.0, "3", NAN, None, HUGE]),
    *named("max_samples", [0, True, 1.0, "3", NAN, None, HUGE]),
    *named("target_error", [0, 1, -0.1, True, "3", NAN, INF, [0.1], 1j]),
    *named("method", ["absolute", 3, [], None, NAN, ["raw", 3], Fold]),
    *named("ch_axis", [0, 1, 5, -5, -4, 2.0, True, "2", (2, 2), (2, -3), NAN, (2, True), None.__class__]),
    *named("ch_reduce", ["median", 3, None, ["sum"], tf.reduce_sum]),
    *named("train", [1, 0.5, "True", None, [0.5], {"conv": 1.0}, {"conv": 0}, {"conv": -0.5}, {"conv": NAN}]),
    *named("train", [{"conv": "0.5"}, {"conv": None}, {"conv": True}, {"conv": [0.5]}, {3: 0.5}, {None: 0.5}]),
    ({"train": {"konv": 0.5}}, "konv"),
    *named("train", [{}, np.array([True])]),
    ({"train": {LayerExtractor("conv"): 0.5, "conv": 0.2}}, "conv"),
    *named("noise_sampler", [0.15, "gaussian", GaussianNoiseSampler, [0.1], True]),
    *named("show_progress", ["no", 2, None]),
    ({"noise_sampler": [NOISE, NOISE]}, "target"),
    ({"noise_sampler": GaussianNoiseSampler(mask=np.ones((8, 5, 2), bool))}, "mask"),
    ({"noise_sampler": GaussianNoiseSampler(axis=7)}, "axis"),
    ({"noise_sampler": GaussianNoiseSampler(axis=-4)}, "axis"),
    ({"noise_sampler": GaussianNoiseSampler(scale=[0.1, 0.2, 0.3])}, "scale"),
    ({"noise_sampler": NOISE, "train": {"conv": 2}}, "rate"),
]


def test_calls():
    for how, word in CALLS:
        with refused(word):
            used().explain(X, **how)


@pytest.mark.parametrize("M", [2.5, "3", True])
def test_compute(M):
    with refused("M"):
        used().compute(X, M=M)


def test_too_many_samples_say_how_large_they_are():
    with refused("bytes", "explain"):
        used().compute(X, M=10**9, noise_sampler=NOISE)


SAMPLERS = [
    *named("mode", ["percent", None, 3, ["relative"]]),
    *named("scale", [0, -1, NAN, INF, "0.1", None, 1j, [0.1, -1], [], [[0.1], [0.1, 0.2]], True, object()]),
    *named("axis", [0, "1", 1.0, True, NAN, (1, 1), [], {}, (1, 0)]),
    *named("mask", ["left", NAN, [[True], [True, False]], 1j, np.array(["a"]), np.array([0.5]), {}]),
    *named("clip", [(1, 0), (0, 0), 1, (1,), (0, 1, 2), ("0", "1"), (NAN, 1), (None, 1), "01", (0, 1j), True]),
    *named("stratified", [1, "yes", None]),
]


@pytest.mark.parametrize("make", [GaussianNoiseSampler, UniformNoiseSampler])
def test_samplers(make):
    for how, word in SAMPLERS:
        with refused(word):
            make(**how)


MADE = {
    GradientCalculator: [
        *named("score", [-1, 1.5, "al", True, [0.5], [], NAN, object(), int, {}, {0: object()}]),
        *named("target_extractor", [0, [], [0], LayerExtractor]),
        *named("eval_fun", [3, "f", True]),
        *named("relu_rule", ["guide", 3, True]),
        *named("logits", [1, "yes", None]),
        *named("multiply_target", [1, "yes", None]),
        ({"score": 0, "eval_fun": lambda x: x}, "eval_fun"),
        ({"target_extractor": LayerExtractor("konv")}, "konv"),
        ({"target_extractor": LayerExtractor(L.Dense(2, name="mine"))}, "another"),
        ({"score": scores.Unit("konv", 0)}, "konv"),
    ],
    IntegratedGradientsCalculator: [
        *named("steps", [0, -1, True, 1.5, "3", NAN, [3], HUGE]),
        *named("quadrature", ["simpson", None, 3]),
        *named("baseline", [NAN, INF, "zero", [[1], [1, 2]], 1j, object(), np.array(["a"])]),
        *named("max_steps", [0, True, 1.5, "3", None]),
        *named("completeness_tolerance", [0, 1, -0.1, True, "3", NAN]),
    ],
    ConductanceCalculator: [
        *named("layer", ["konv", 3, None, True, [], ["conv"], L.Dense(2), InputExtractor(0)]),
        *named("steps", [0, -1, True, 1.5, "3", NAN, [3], HUGE]),
        *named("baseline", [NAN, INF, "zero", [[1], [1, 2]], 1j, object(), np.array(["a"])]),
    ],
    InternalInfluenceCalculator: [
        *named("layer", ["konv", 3, None, L.Dense(2), InputExtractor(0)]),
        *named("steps", [0, True, 1.5, "3", NAN]),
    ],
    DeepLIFTCalculator: [*named("baseline", [NAN, INF, "zero", [[1], [1, 2]], 1j, object()])],
    LRPCalculator: [*named("rules", ["gamma", None, 3, True, [], rules.Epsilon])],
    OcclusionCalculator: [
        *named("size", [0, -1, True, 1.5, "3", NAN, None, [], (2, 2, 2), HUGE]),
        *named("stride", [0, -1, True, 1.5, "3", NAN, None, [], 2]),
        *named("slide_axis", [0, 4, -5, True, 1.5, "1", (1, 1), [], NAN]),
        *named("fill", [NAN, INF, "median", [[1], [1, 2]], 1j, None, object()]),
        *named("groups", [0.5, "a", -1, [], [[1], [1, 2]], [True]]),
        *named("overlap", ["max", None, 3]),
    ],
    ShapleyCalculator: [
        *named("size", [0, -1, True, 1.5, "3", NAN, None, [], (2, 2, 2), HUGE]),
        *named("slide_axis", [0, 4, -5, True, 1.5, "1", (1, 1), [], NAN]),
        *named("fill", [NAN, INF, "median", [[1], [1, 2]], 1j, None, object()]),
        *named("groups", [0.5, "a", -1, [], [[1], [1, 2]], [True]]),
        *named("exact_up_to", [-1, 17, True, 1.5, "3", None, NAN]),
    ],
    RISECalculator: [
        *named("grid", [0, -1, True, 1.5, "3", NAN, [], (2, 2, 2), HUGE]),
        *named("probability", [0, 1, True, "3", None, NAN]),
        *named("masks", [0, 3, True, 1.5, "4", None, HUGE]),
    ],
    LIMECalculator: [
        *named("perturbations", [0, 1, True, 1.5, "3", NAN, HUGE]),
        *named("kernel_width", [0, -1.0, True, "3", None, NAN]),
        *named("alpha", [-1, True, "3", None, NAN, INF]),
    ],
    XRAICalculator: [
        *named(
            "segments",
            ["slic", 0.5, [[1], [1, 2]], [], NAN, [0.5], [1, 2], np.zeros((3, 3), int), [np.zeros((8, 6), int)]],
        ),
        *named("min_area", [0, -1, True, 1.5, "3", NAN]),
        *named("coverage", [0, -1, True, "3", None, NAN, 1.5]),
        *named("baseline", [NAN, "black"]),
    ],
    RolloutCalculator: [
        *named("heads", ["median", None, 3, ["mean"], True]),
        *named("row", ["cls", 1.5, True, [0], NAN]),
        *named("grid", [3, (0, 2), (1.5, 2), "22", (True, 2), (), (NAN, 1)]),
    ],
    GradientRolloutCalculator: [*named("row", ["cls", 1.5, True, [0], NAN])],
    FullGradientCalculator: [*named("psi", ["absolute", None, 3, True])],
    GradCAMCalculator: [
        *named("layer", ["konv", 3, L.Dense(2), InputExtractor(0), True]),
        *named("grid", [3, (0, 2), (1.5, 2), "22", (True, 2), (), (NAN, 1)]),
        *named("relu_rule", ["guide", 3]),
    ],
    ScoreCAMCalculator: [*named("layer", ["konv", 3])],
}
NEEDED = {kind: {"layer": "conv"} for kind in (ConductanceCalculator, InternalInfluenceCalculator)}
ALL_MADE = [(kind, *bad) for kind, several in MADE.items() for bad in several]


@pytest.mark.parametrize("kind", MADE)
def test_settings(kind):
    for how, word in MADE[kind]:
        with refused(word):
            kind(model(), **{**NEEDED.get(kind, {}), **how}).explain(X)


MAXIMIZERS = [
    *named("score", [None, "all", -1, True, 1.5]),
    *named("input_range", [3, (1, 0), (0, NAN), "01", (0, 1, 2), (0, 1j), True]),
    *named("optimizer", ["adam", 3, keras.optimizers.Adam]),
    *named("regularizers", [[1], 3, {"tv": 0.1}, {tf.abs: "0.1"}, {tf.abs: NAN}, {tf.abs: 1j}, {tf.abs: None}]),
    *named("transforms", [3, "jitter", [3], [keras.layers.Dropout]]),
    *named("parameterization", ["pixels", 3]),
    *named("steps", [0, -1, True, 1.5, "3", None, HUGE]),
    *named("target_extractor", ["conv", [LayerExtractor("conv")]]),
    *named("relu_rule", ["guide", 3]),
    *named("transform_image", [1, "yes"]),
    *named("normalize_gradient", [1, "yes"]),
    *named("logits", [1, None]),
]


def test_maximizers():
    for how, word in MAXIMIZERS:
        with refused(word):
            ActivationMaximizer(model(), **{"score": 0, "input_range": (0, 1), **how})


def test_calls_of_a_maximizer():
    made = ActivationMaximizer(model(), 0, (0, 1), steps=1)
    for how, word in [
        *named("count", [0, -1, True, 1.5, "3", HUGE]),
        *named("seed", [True, 1.5, "3", None]),
        *named("first_example", [-1, True, 1.5, "3", None, HUGE]),
        *named("callbacks", [3, "stop", [3]]),
    ]:
        with refused(word):
            made.maximize(**how)
    assert not made.traces


def test_values():
    for bad in (
        lambda: LayerExtractor(3),
        lambda: LayerExtractor("a", timing="after"),
        lambda: LayerExtractor("a", call=-1),
        lambda: LayerExtractor("a", call=1.0),
        lambda: InputExtractor(-1),
        lambda: InputExtractor(1.0),
        lambda: InputExtractor(None),
        lambda: scores.Unit("a", -1),
        lambda: scores.Unit("a", 1.5),
        lambda: scores.Unit("a", True),
        lambda: scores.Unit("a", 1, position=(0.5,)),
        lambda: scores.Unit(3, 1),
        lambda: scores.Margin(0, 0),
        lambda: scores.Margin(-1, 0),
        lambda: scores.Margin("a", 0),
        lambda: Background([]),
        lambda: Background([NAN]),
        lambda: Background([["a"]]),
        lambda: Background([[1], [1, 2]]),
        lambda: Background(np.zeros((2, 3)), drawn="yes"),
        lambda: Fold(3),
        lambda: Fold(tf.abs, 3),
        lambda: Recipe("GradientCalculater"),
        lambda: Recipe("GradientCalculator", multiply=True),
        lambda: Recipe(3),
    ):
        with refused():
            bad()


def test_numbers_of_numpy_are_fine():
    how = {"M": np.int64(2), "batch_size": np.int32(4), "seed": np.uint8(3), "first_example": np.int16(1)}
    plain = {name: int(value) for name, value in how.items()}
    numbers = used().explain(X, noise_sampler=NOISE, ch_axis=np.int64(-1), **how)
    np.testing.assert_array_equal(numbers.values, used().explain(X, noise_sampler=NOISE, ch_axis=-1, **plain).values)


def test_there_are_many():
    assert len(CALLS) + len(SAMPLERS) + len(ALL_MADE) + len(MAXIMIZERS) > 200
