"""A network trained on ImageNet forgets, on photographs: edges fail, the gradient passes; not a bit of a weight is lost."""

import hashlib
import sys
from pathlib import Path

import numpy as np
import pytest

from kerasal import GradientCalculator, Recipe, recipes
from kerasal.metrics import RandomizationCheck

sys.path.append(str(Path(__file__).parents[2] / "benchmarks" / "truth"))

from edges import EdgesCalculator

STAGES = 3


def digest(model):
    """Of the bytes of all weights."""
    return hashlib.sha256(b"".join(weight.tobytes() for weight in model.get_weights())).hexdigest()


@pytest.fixture(scope="module")
def model(network):
    return network.load_mobilenet()


def test_edges_fail_and_the_gradient_passes(model, images):
    before, logits = digest(model), model(images[:3])
    edges, gradient = (
        RandomizationCheck(model, recipe, steps=STAGES)(images[:3])
        for recipe in (Recipe(EdgesCalculator), recipes.vanilla())
    )
    assert edges.verdict == "fails" and gradient.verdict == "passes"
    np.testing.assert_allclose(edges.curve.y, 1)  # no number of the network is in it
    np.testing.assert_allclose(edges.details["similarity"], 1, atol=1e-6)
    assert gradient.curve.y.shape == (3, 1 + STAGES) and "28 layers" in gradient.curve.x_name
    # The gradient has 110 592 numbers, of which chance leaves 0.003; but where a photograph is plain it stays small.
    assert np.all(np.abs(gradient.curve.y[:, -1]) < 0.25) and np.all(np.abs(gradient.details["signed"][:, -1]) < 0.05)
    assert digest(model) == before
    np.testing.assert_array_equal(model(images[:3]), logits)


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_weights_are_back_after_an_error_in_the_middle(model, images, error):
    seen = []

    class StopsCalculator(GradientCalculator):
        """Stops at the second stage, with half of the layers random."""

        def explain(self, *args, **kwargs):
            seen.append(digest(model))
            if len(seen) == STAGES:
                raise error("in the middle")
            return super().explain(*args, **kwargs)

    before = digest(model)
    with pytest.raises(error, match="in the middle"):
        RandomizationCheck(model, Recipe(StopsCalculator), steps=STAGES)(images[:1])
    assert seen[0] == before and len(set(seen)) == STAGES  # other weights at each stage
    assert digest(model) == before
