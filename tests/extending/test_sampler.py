"""A sampler of a user's own, with settings of its own: one calculator follows them."""

import dataclasses

import keras
import numpy as np
import pytest

from kerasal import GaussianNoiseSampler, GradientCalculator, NoiseSampler

WEIGHTS = np.array([1.0, -3.0, 2.0, 0.5], "float32")
X = np.array([[1.0, 5.0, 8.0, -2.0], [2.0, -1.0, 0.5, 3.0]], "float32")
M = 4000


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Speckle(NoiseSampler):
    """Noise in proportion to the target: x (1 + contrast · z)."""

    contrast: float = 0.1

    def place(self, target, spread, drawn):
        return target * (1 + self.contrast * drawn)


class Shift(NoiseSampler):
    """A shift by `by`, written without dataclasses."""

    def __init__(self, by):
        super().__init__(mode="absolute")
        self.by = by

    def place(self, target, spread, drawn):
        return target + self.by


@pytest.fixture
def calculator():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, use_bias=False)])
    model.set_weights([WEIGHTS[:, None]])
    return GradientCalculator(model, multiply_target=True)


def test_the_spread_of_gradient_times_target_is_that_of_the_speckle(calculator):
    """Gradient × target of w·x is w x (1 + c z), with standard deviation c |w x|; the same calculator serves both contrasts."""
    for contrast in (0.1, 0.4):
        found = calculator.explain(X, M=M, noise_sampler=Speckle(contrast=contrast))
        np.testing.assert_allclose(found.std, contrast * np.abs(WEIGHTS * X), rtol=6 / np.sqrt(2 * M))
        assert np.all(np.abs(found.values - WEIGHTS * X) < 6 * found.std / np.sqrt(M))


def test_settings_without_a_dataclass_count_too(calculator):
    for by in (1.0, -2.0):
        found = calculator.explain(X, M=2, noise_sampler=Shift(by))
        np.testing.assert_allclose(found.values, WEIGHTS * (X + by), rtol=1e-6)


@pytest.mark.parametrize("sampler", [Speckle(contrast=0.4), Shift(2.0)])
def test_scores_are_those_of_the_clean_input_whatever_a_sampler_does(calculator, sampler):
    np.testing.assert_allclose(calculator.explain(X, M=3, noise_sampler=sampler).scores, X @ WEIGHTS, rtol=1e-6)


def test_masks_of_one_length_in_bytes_are_told_apart(calculator):
    """Two masks of the same bytes and other shapes are other computations."""
    masks = np.array([[True, True, False, False]]), np.array([True, True, False, False])
    keys = [GaussianNoiseSampler(mask=mask).key for mask in masks]
    assert keys[0] != keys[1] and keys[0] == GaussianNoiseSampler(mask=masks[0].copy()).key


def test_samplers_compare_by_their_settings():
    assert Speckle(contrast=0.2) == Speckle(contrast=0.2) != Speckle(contrast=0.3)
    assert GaussianNoiseSampler(scale=[0.1, 0.2]) == GaussianNoiseSampler(scale=[0.1, 0.2])
    assert len({Speckle(), Speckle(), GaussianNoiseSampler()}) == 2
    with pytest.raises(dataclasses.FrozenInstanceError):
        GaussianNoiseSampler().scale = 3
