"""Calculators of a user's own: one that looks at the target alone, and one with points and nothing else."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers as L

from kerasal import Calculator, GaussianNoiseSampler, GradientCalculator, LayerExtractor
from kerasal.calculators.attribution import Finished, Points, Traits, row_sums, with_trailing_axes

X = np.random.default_rng(1).normal(size=(3, 6, 4, 2)).astype("float32")


class SignCalculator(Calculator):
    """The sign of the gradient."""

    def attribution(self, score, target, at):
        return score.differentiate(target, lambda found: tf.sign(found.gradient))


class ShiftedGradientCalculator(Calculator):
    """The mean gradient at shifted targets."""

    def __init__(self, model, shifts=(-0.5, 0.0, 1.0), **settings):
        super().__init__(model, **settings)
        self.shifts = shifts

    def points(self, shape, forward):
        return Points({"shift": np.array(self.shifts, "float32")})

    def attribution(self, score, target, at):
        points = target + with_trailing_axes(at["shift"], target.shape.rank + 1)
        return score.differentiate(points, lambda found: tf.reduce_sum(found.gradient, 0) / len(self.shifts))


class HalfWayCalculator(Calculator):
    """The gradient half way to zero, times the target, and by how much its sum misses f(x) − f(0)."""

    traits = Traits(reports_completeness=True)

    def points(self, shape, forward):
        return Points({"share": np.array([0.5], "float32")}, references={"share": np.array([1, 0], "float32")})

    def reference(self, score, target, at):
        return with_trailing_axes(at["share"], target.shape.rank + 1) * target

    def attribution(self, score, target, at):
        points = self.reference(score, target, at)
        return score.differentiate(points, lambda found: tf.reduce_sum(found.gradient, 0) * target)

    def finish(self, totals):
        owed = totals.references[0] - totals.references[1]
        return Finished(totals.saliency, row_sums(totals.saliency) - owed, owed)


def quadratic():
    """f = Σ a x², with the a that comes with it."""
    factors = np.random.default_rng(2).normal(size=(1, 6, 4, 2)).astype("float32")
    inputs = keras.Input((6, 4, 2))
    squared = L.Lambda(lambda x: x**2 * factors, output_shape=(6, 4, 2), name="squared")(inputs)
    total = L.Dense(1, use_bias=False, kernel_initializer="ones")(L.Flatten()(squared))
    return keras.Model(inputs, total), factors


def test_one_member_is_enough():
    model, factors = quadratic()
    found = SignCalculator(model).explain(X)
    np.testing.assert_array_equal(found.values, np.sign(2 * factors * X))
    assert found.recipe == SignCalculator(model).explain(X[:1]).recipe and found.about["calculator"] == "SignCalculator"


def test_points_and_nothing_else():
    """The gradient of a x² is linear in x, so that its mean over shifts is that at the mean shift."""
    model, factors = quadratic()
    calculator = ShiftedGradientCalculator(model)
    np.testing.assert_allclose(calculator.explain(X).values, 2 * factors * (X + 0.5 / 3), rtol=1e-5, atol=1e-6)
    one_by_one = ShiftedGradientCalculator(model).explain(X, batch_size=1)
    np.testing.assert_allclose(one_by_one.values, calculator.explain(X).values, rtol=1e-5, atol=1e-6)
    other = ShiftedGradientCalculator(model, shifts=(2.0,)).explain(X)
    np.testing.assert_allclose(other.values, 2 * factors * (X + 2), rtol=1e-5, atol=1e-6)


def test_points_with_noise_dropout_classes_and_a_layer():
    keras.utils.set_random_seed(3)
    body = [L.Conv2D(4, 3, name="conv"), L.Dropout(0.3), L.Flatten(), L.Dense(3, "softmax")]
    model = keras.Sequential([keras.Input((6, 4, 2)), *body])
    how = {"noise_sampler": GaussianNoiseSampler(), "train": True, "M": 4}
    for settings in ({"score": "all"}, {"target_extractor": LayerExtractor("conv")}):
        found = ShiftedGradientCalculator(model, shifts=(0.0, 0.0), **settings).compute(X, **how)
        np.testing.assert_allclose(found, GradientCalculator(model, **settings).compute(X, **how), rtol=1e-4, atol=1e-6)


def test_completeness_and_reference_points():
    """Of a x² the gradient half way times x is a x², whose sum is f(x) − f(0)."""
    model, factors = quadratic()
    found = HalfWayCalculator(model).explain(X)
    np.testing.assert_allclose(found.values, factors * X**2, rtol=1e-5, atol=1e-6)
    assert found.relative_gap.max() < 1e-5


def test_a_recipe_of_a_calculator_of_ones_own():
    model, _ = quadratic()
    found = ShiftedGradientCalculator(model, shifts=(1.0,)).explain(X)
    assert found.recipe.settings["shifts"] == (1.0,)
    np.testing.assert_array_equal(found.recipe.explain(model, X).values, found.values)


def test_members_of_before_are_refused_by_name():
    with pytest.raises(TypeError, match=r"nine|members|points") as error:

        class Before(Calculator):
            def plan(self, shape):
                return {}

    assert "Before.plan" in str(error.value) and "Give it by points" in str(error.value)
