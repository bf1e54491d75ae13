"""A model, examples and a recipe for stores of a few chunks."""

import dataclasses

import keras
import numpy as np
from keras import layers as L

from kerasal import explain_dataset, recipes, scores

RNG = np.random.default_rng(7)
X, Y = RNG.random((21, 6, 5, 2), "float32"), RNG.integers(0, 3, 21)
NOISY = recipes.smooth_grad(M=3, batch_size=4, seed=5)  # calls of four rows
TRACES = []


@dataclasses.dataclass(frozen=True)
class Counting(scores.Score):
    """The first class; notes each time that it is traced."""

    def value(self, run):
        TRACES.append(1)
        return run.classes()[:, 0]


def small(units=3):
    keras.utils.set_random_seed(3)
    hidden = [L.Conv2D(4, 3, activation="relu"), L.Flatten(), L.Dropout(0.5)]
    return keras.Sequential([keras.Input((6, 5, 2)), *hidden, L.Dense(units, activation="softmax")], name="small")


def explained(path, data=X, model=None, recipe=NOISY, **options):
    """A store of chunks of eight examples."""
    model = small() if model is None else model
    return explain_dataset(model, recipe, data, path, **{"chunk_size": 8, "show_progress": False, **options})


def files_of(path):
    """The content of every file below a folder."""
    return {str(file.relative_to(path)): file.read_bytes() for file in sorted(path.rglob("*")) if file.is_file()}


def check_same(saliency, whole):
    """All that two saliencies know of their maps is the same, to the bit."""
    for name in (
        "values",
        "std",
        "standard_error",
        "scores",
        "M",
        "predictions",
        "labels",
        "base_scores",
        "completeness_gap",
    ):
        first, second = getattr(saliency, name), getattr(whole, name)
        assert (first is None) == (second is None), name
        np.testing.assert_array_equal(first, second, err_msg=name)
    assert (saliency.axes, saliency.score_name, saliency.kind) == (whole.axes, whole.score_name, whole.kind)
