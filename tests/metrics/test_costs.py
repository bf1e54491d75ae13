"""The cost of an explanation: passes of the model, counted by hand."""

import keras
import numpy as np
import pytest

from kerasal import Background, recipes
from kerasal.metrics.costs import explained_at_cost

X = np.random.default_rng(0).normal(size=(3, 12)).astype("float32")
PASSES = {  # of 12 columns; with what is looked at beside the points: the target itself, or what hides all of it
    "gradient": (recipes.vanilla(), 1),
    "SmoothGrad": (recipes.smooth_grad(M=7), 7),
    "occlusion": (recipes.occlusion(size=1), 12 + 1),
    "integrated gradients": (recipes.integrated_gradients(steps=16), 16 + 2),
    "expected gradients": (recipes.expected_gradients(X, M=5, steps=4), 5 * (4 + 2)),
    "DeepLIFT": (recipes.deep_lift(), 2),
    "DeepSHAP": (recipes.deep_lift(baseline=Background(X)), 3 * 2 + 1),
    "relevance": (recipes.lrp(), 1),
    "refined": (recipes.integrated_gradients(steps=4, completeness_tolerance=0.01), None),
    "Shapley values": (recipes.shapley(M=5), 5 * (2 * 11 + 2)),
    "RISE": (recipes.rise(M=3, masks=8), 3 * (8 + 2)),
    "LIME": (recipes.lime(M=2, perturbations=50), 2 * (50 + 1)),
}


@pytest.mark.parametrize("name", PASSES)
def test_passes_of_the_model(name):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((12,)), keras.layers.Dense(5, "relu"), keras.layers.Dense(2)])
    recipe, passes = PASSES[name]
    saliency, cost = explained_at_cost(recipe.build(model), (X,), recipe.arguments)
    assert saliency.values.shape[0] == 3 and cost.seconds > 0
    assert cost.passes == passes
