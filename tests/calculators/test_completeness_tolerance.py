"""Paths that are refined until integrated gradients add up: where nodes go, when it ends, what is said when it cannot."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from by_hand import distance
from keras import layers as L
from three_parts import refused
from zoo import ZOO, built, normal, randomised

from kerasal import Background, GaussianNoiseSampler, IntegratedGradientsCalculator, LayerExtractor
from kerasal.calculators.integration_path import PathNodes

NOISE = GaussianNoiseSampler(scale=0.2)


def refined(function, slope, panels, tolerance):
    """A `Path` of f(α), one sample and one class, refined until it wants no more nodes."""
    path = PathNodes(panels, tolerance)
    while len(path.wanted):
        table = np.stack([function(path.wanted), slope(path.wanted)], -1)
        path.add(table[None, None], np.array([function(1.0), function(0.0)])[None, None])
    return path


CURVES = {
    "kink at .3": (lambda a: np.maximum(a - 0.3, 0), lambda a: (a > 0.3) * 1.0),
    "cube": (lambda a: a**3, lambda a: 3 * a**2),
    "steep step": (lambda a: 1 / (1 + np.exp(-400 * (a - 0.4))), lambda a: 100 / np.cosh(200 * (a - 0.4)) ** 2),
    "square root": (lambda a: np.sqrt(a), lambda a: 0.5 / np.sqrt(a)),
}


@pytest.mark.parametrize("name", CURVES)
def test_the_integral_of_a_known_slope(name):
    function, slope = CURVES[name]
    path = refined(function, slope, 8, 1e-3)
    total, rise = np.sum(path.weights * slope(path.nodes)), function(1.0) - function(0.0)
    assert abs(total - rise) <= 1e-3 * rise and np.sum(path.weights) == pytest.approx(1, abs=1e-5)
    assert np.all((path.nodes > 0) & (path.nodes < 1)) and np.all(np.diff(path.nodes) > 0)


def test_nodes_go_where_the_slope_changes():
    path = refined(*CURVES["steep step"], 16, 1e-3)
    assert len(path.nodes) < 200 and np.mean(np.abs(path.nodes - 0.4) < 0.05) > 0.5


def curved():
    """A network whose paths need many nodes: steep, with biases."""
    inputs = keras.Input((6,))
    x = L.Dropout(0.3)(L.Dense(16, activation="relu", name="inner")(inputs))
    model = randomised(keras.Model(inputs, L.Dense(3)(L.Dense(12, activation="tanh")(x))), seed=4)
    model.set_weights([3 * weight for weight in model.get_weights()])
    return model


MODEL, X = curved(), normal(6)


BOTH = {"M": 3, "noise_sampler": NOISE, "train": True}


@pytest.mark.parametrize("score, how", [(1, {}), ("all", {}), (1, BOTH)])
def test_the_gap_is_within_the_tolerance(score, how):
    coarse = IntegratedGradientsCalculator(MODEL, score, steps=32).explain(X, **how)
    found = IntegratedGradientsCalculator(MODEL, score, completeness_tolerance=2e-3).explain(X, **how)
    assert np.max(coarse.relative_gap) > 4e-3 and np.all(found.relative_gap <= 2e-3)
    fine = IntegratedGradientsCalculator(MODEL, score, steps=1000).explain(X, **how)
    assert distance(found.values, fine.values) < 0.01
    np.testing.assert_allclose(found.scores, fine.scores, rtol=1e-5)


def test_paths_do_not_depend_on_batches_or_neighbours():
    calculator = IntegratedGradientsCalculator(MODEL, completeness_tolerance=0.01)
    how = {"M": 2, "noise_sampler": NOISE, "train": True}
    whole = calculator.compute(X, **how)
    assert distance(calculator.compute(X, batch_size=3, **how), whole) < 1e-5
    assert distance(calculator.compute(X[2:4], first_example=2, **how), whole[:, 2:4]) < 1e-5
    assert distance(calculator.explain(X, **how).values, whole.mean(0)) < 1e-5


def test_an_embedding_behind_a_bidirectional_lstm():
    target, model, x = LayerExtractor("inner"), built("bidirectional"), ZOO["bidirectional"].x
    found = IntegratedGradientsCalculator(model, target_extractor=target, completeness_tolerance=0.002).explain(x)
    assert np.all(found.relative_gap <= 0.002)


def test_a_baseline_drawn_for_each_sample():
    background = Background(normal(6, seed=8), drawn=True)
    calculator = IntegratedGradientsCalculator(MODEL, 1, baseline=background, completeness_tolerance=0.01)
    assert np.all(calculator.explain(X, M=4).relative_gap <= 0.01)


def test_it_says_where_it_cannot():
    """A jump in the score has no gradient that could add up to it."""

    def jumps(outputs):
        return outputs[:, 0] + 5.0 * tf.cast(outputs[:, 0] > 0.1, tf.float32)

    inputs = keras.Input((2,))
    model = keras.Model(inputs, L.Dense(1, use_bias=False)(inputs))
    model.set_weights([np.ones((2, 1), "float32")])
    calculator = IntegratedGradientsCalculator(model, jumps, completeness_tolerance=0.01, max_steps=100)
    with pytest.warns(UserWarning, match=r"not reached with 100 nodes for example\(s\) 1:"):
        found = calculator.explain(np.array([[0.01, 0.02], [1.0, 2.0]]))
    assert found.relative_gap[0] < 0.01 < found.relative_gap[1]


def test_progress_counts_examples(capsys):
    """One call a path: how many nodes each will need is not known beforehand."""
    calculator = IntegratedGradientsCalculator(MODEL, 0, completeness_tolerance=0.01)
    calculator.explain(X, show_progress=True)
    assert f"{len(X)}/{len(X)}" in capsys.readouterr().out
    calculator.explain(X)
    assert capsys.readouterr().out == ""


def test_what_is_refused():
    for settings in (
        {"completeness_tolerance": 0},
        {"completeness_tolerance": True},
        {"completeness_tolerance": 0.01, "quadrature": "trapezoid"},
        {"completeness_tolerance": 0.01, "steps": 1},
        {"completeness_tolerance": 0.01, "baseline": Background(normal(6))},
    ):
        with refused("completeness_tolerance"):
            IntegratedGradientsCalculator(MODEL, **settings)
