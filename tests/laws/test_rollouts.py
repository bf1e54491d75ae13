"""Laws of every calculator, for those that follow attention: over words with padding, and patches."""

import functools

import numpy as np
import pytest
from by_hand import distance
from snapshots import unchanged
from three_parts import refused
from transformers import IMAGES, PADDED, patches, words

from kerasal import GaussianNoiseSampler, GradientRolloutCalculator, LayerExtractor, RolloutCalculator, recipes

KINDS = [RolloutCalculator, GradientRolloutCalculator]
EVERY = pytest.mark.parametrize("kind", KINDS)
RANDOM = {
    "words": {"train": True},
    "patches": {"noise_sampler": GaussianNoiseSampler(scale=0.2)},
}


def case(kind):
    """(model, x, what is random): words for one kind, patches for the other, without a second network each."""
    if kind is RolloutCalculator:
        return words(masks=True, told=False, dropout=0.1)[0], PADDED, RANDOM["words"]
    return patches(told=False)[0], IMAGES, RANDOM["patches"]


@functools.cache
def made(kind):
    return kind(case(kind)[0])


@EVERY
def test_batches_neighbours_and_places_change_nothing(kind):
    """Nothing is left behind; the batch size, neighbours and the position never change a number; seeds do."""
    (model, x, how), calc = case(kind), made(kind)
    with unchanged(model):
        whole = calc.compute(x, M=4, batch_size=64, seed=2, **how)
    assert whole.shape[:2] == (4, len(x)) and distance(whole[0], whole[1]) > 1e-3
    assert distance(calc.compute(x, M=3, batch_size=3, seed=2, **how), whole[:3]) < 1e-4
    alone = calc.compute(x[1:3], M=3, first_example=1, batch_size=1, seed=2, **how)
    assert distance(alone, whole[:3, 1:3]) < 1e-4
    np.testing.assert_array_equal(calc.compute(x, M=4, batch_size=64, seed=2, **how), whole)
    assert distance(calc.compute(x, M=4, batch_size=64, seed=3, **how), whole) > 1e-3
    saliency = calc.explain(x, M=4, batch_size=7, seed=2, **how)
    assert distance(saliency.values, calc.aggregate(whole).values) < 1e-4
    again = saliency.recipe.explain(model, x)
    np.testing.assert_array_equal(again.values, saliency.values)


def test_every_sample_of_dropout_adds_up_to_one():
    """Dropout of attention comes behind its probabilities."""
    _, x, how = case(RolloutCalculator)
    samples = made(RolloutCalculator).compute(x, M=3, **how)
    np.testing.assert_allclose(samples.sum(-1), 1, rtol=1e-5)
    assert np.all(samples[:, x == 0] == 0)


def test_other_weights_are_seen():
    model, x, _ = case(GradientRolloutCalculator)
    before = made(GradientRolloutCalculator).explain(x).values
    kept = model.get_weights()
    model.set_weights([2 * each for each in kept])
    assert distance(made(GradientRolloutCalculator).explain(x).values, before) > 1e-2
    model.set_weights(kept)
    np.testing.assert_array_equal(made(GradientRolloutCalculator).explain(x).values, before)


def test_a_recipe_is_refused_as_its_calculator():
    model, x, _ = case(RolloutCalculator)
    with refused("no attention"):
        recipes.gradient_rollout(target_extractor=LayerExtractor("head")).explain(model, x)
