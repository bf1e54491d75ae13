"""Scores of a user's own, explained in every way and compared with what they are in closed form on linear models."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from kerasal import (
    GaussianNoiseSampler,
    GradientCalculator,
    IntegratedGradientsCalculator,
    LayerExtractor,
    OcclusionCalculator,
    scores,
)

CLASSES, FEATURES = 4, 5
X = np.random.default_rng(0).normal(size=(3, FEATURES)).astype("float32")


@dataclasses.dataclass(frozen=True)
class LogOdds(scores.Score):
    """Log-odds of one class against the (geometric) mean of the others: log p_c minus the mean of log p of the others."""

    index: int

    def value(self, run):
        logits = run.classes()  # log p, but for a number that is the same for all classes
        others = (tf.reduce_sum(logits, 1) - logits[:, self.index]) / (logits.shape[1] - 1)
        return logits[:, self.index] - others


@dataclasses.dataclass(frozen=True)
class Weighted(scores.Score):
    """Logits weighted by what `y` says of each example."""

    needs_y = True

    def value(self, run):
        return tf.reduce_sum(run.classes() * run.y, 1), "weighted logits"


@dataclasses.dataclass(frozen=True)
class Energy(scores.Score):
    """Half the squared length of what a layer gives."""

    layer: str

    @property
    def extractor(self):
        return LayerExtractor(self.layer)

    def value(self, run):
        return tf.reduce_sum(run.readings[self] ** 2, 1) / 2


class RunnerUp(scores.Score):
    """The second class of the clean input."""

    choices = 1

    def choose(self, run):
        return tf.math.top_k(run.classes(), 2).indices[:, 1:]

    def value(self, run):
        return tf.gather(run.classes(), run.chosen[:, 0], axis=1, batch_dims=1)


class Lead(RunnerUp):
    """The predicted class, as kerasal chooses it, minus the second."""

    choices = 2

    def choose(self, run):
        return tf.concat([scores.resolve(None).choose(run), super().choose(run)], 1)

    def value(self, run):
        best, second = (tf.gather(run.classes(), run.chosen[:, n], axis=1, batch_dims=1) for n in (0, 1))
        return best - second


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(3)
    layers = [keras.layers.Dense(6, name="hidden"), keras.layers.Dense(CLASSES, bias_initializer="normal")]
    return keras.Sequential([keras.Input((FEATURES,)), *layers, keras.layers.Softmax()])


def linear(model):
    """(slopes (features, classes), offsets (classes,)) of the logits."""
    first, first_bias, second, second_bias = model.get_weights()
    return first @ second, first_bias @ second + second_bias


def log_odds(model, index):
    """(slope (features,), offset) of `LogOdds`."""
    against = np.full(CLASSES, -1 / (CLASSES - 1))
    against[index] = 1
    slopes, offsets = linear(model)
    return slopes @ against, offsets @ against


def test_gradient_value_and_name(model):
    slope, offset = log_odds(model, 1)
    found = GradientCalculator(model, LogOdds(1)).explain(X)
    np.testing.assert_allclose(found.values, [slope] * 3, rtol=1e-5)
    np.testing.assert_allclose(found.scores, X @ slope + offset, rtol=1e-5)
    assert found.score_name == "LogOdds"


def test_gradient_with_noise(model):
    """The slope is the same everywhere, so noise changes nothing."""
    found = GradientCalculator(model, LogOdds(2)).explain(X, M=7, noise_sampler=GaussianNoiseSampler())
    np.testing.assert_allclose(found.values, [log_odds(model, 2)[0]] * 3, rtol=1e-5)
    assert found.std.max() < 1e-6


def test_integrated_gradients(model):
    baseline = np.linspace(-1, 1, FEATURES, dtype="float32")
    found = IntegratedGradientsCalculator(model, LogOdds(0), baseline=baseline, steps=3).explain(X)
    np.testing.assert_allclose(found.values, (X - baseline) * log_odds(model, 0)[0], rtol=1e-4, atol=1e-6)
    assert np.abs(found.completeness_gap).max() < 1e-5


def test_occlusion(model):
    found = OcclusionCalculator(model, LogOdds(3)).explain(X)
    np.testing.assert_allclose(found.values, X * log_odds(model, 3)[0], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", [GradientCalculator, OcclusionCalculator])
def test_one_per_example_beside_others(model, kind):
    given = [LogOdds(2), 1, LogOdds(0)]
    slopes = np.stack([log_odds(model, 2)[0], linear(model)[0][:, 1], log_odds(model, 0)[0]])
    found = kind(model, given).explain(X)
    np.testing.assert_allclose(found.values, slopes if kind is GradientCalculator else X * slopes, rtol=1e-4, atol=1e-5)


def test_one_of_several_outputs(model):
    inputs = keras.Input((FEATURES,))
    both = keras.Model(inputs, {"kind": model(inputs), "size": keras.layers.Dense(1)(inputs)})
    found = GradientCalculator(both, {"kind": LogOdds(1)}).explain(X)
    np.testing.assert_allclose(found.values, [log_odds(model, 1)[0]] * 3, rtol=1e-5)
    assert found.score_name == "LogOdds at kind"


def test_a_score_that_needs_y(model):
    y = np.random.default_rng(1).random((3, CLASSES)).astype("float32")
    found = GradientCalculator(model, Weighted()).explain(X, y, batch_size=2)
    np.testing.assert_allclose(found.values, y @ linear(model)[0].T, rtol=1e-5)
    assert found.score_name == "weighted logits"
    with pytest.raises(ValueError, match=r"Weighted needs y. Received: y=None"):
        GradientCalculator(model, Weighted()).explain(X)


def test_a_score_that_reads_a_layer(model):
    kernel, bias = model.get_weights()[:2]
    hidden = X @ kernel + bias
    found = GradientCalculator(model, Energy("hidden")).explain(X)
    np.testing.assert_allclose(found.values, hidden @ kernel.T, rtol=1e-5)
    np.testing.assert_allclose(found.scores, (hidden**2).sum(1) / 2, rtol=1e-5)


def test_a_class_that_is_fixed_at_the_clean_input(model):
    slopes, offsets = linear(model)
    second = np.argsort(X @ slopes + offsets, 1)[:, -2]
    found = GradientCalculator(model, RunnerUp()).explain(X, M=5, noise_sampler=GaussianNoiseSampler(9.0, "absolute"))
    np.testing.assert_allclose(found.values, slopes.T[second], rtol=1e-4)


@pytest.mark.parametrize("batch_size", [None, 4])
@pytest.mark.parametrize("score", [Lead(), {"kind": Lead()}])
def test_a_choice_made_of_that_of_another_score(model, score, batch_size):
    inputs = keras.Input((FEATURES,))
    named = keras.Model(inputs, {"kind": model(inputs)}) if isinstance(score, dict) else model
    slopes, offsets = linear(model)
    second, best = np.argsort(X @ slopes + offsets, 1)[:, -2:].T
    noise = GaussianNoiseSampler(9.0, "absolute")
    found = GradientCalculator(named, score).explain(X, M=5, noise_sampler=noise, batch_size=batch_size)
    np.testing.assert_allclose(found.values, slopes.T[best] - slopes.T[second], rtol=1e-4, atol=1e-6)


class Mean(scores.Score):
    def value(self, run):
        return tf.reduce_mean(run.classes())


class Half(scores.Score):
    def value(self, run):
        return run.classes()[::2, 0], "every other row"


@pytest.mark.parametrize("score", [Mean(), Half(), scores.Score()])
def test_what_gives_no_number_per_row_is_refused(model, score):
    with pytest.raises((ValueError, NotImplementedError), match=f"{type(score).__name__}.*Received"):
        GradientCalculator(model, score).explain(X)


def test_the_class_itself_is_no_score(model):
    with pytest.raises(TypeError, match="Received: .*LogOdds"):
        GradientCalculator(model, LogOdds)


def test_equal_settings_are_equal_scores():
    assert LogOdds(1) == LogOdds(1) != LogOdds(2)
    assert hash(LogOdds(1)) == hash(LogOdds(1))
