"""What keeps or serves maps beside plain `explain` of the same: {title: ("explain", function of quick -> (ours, theirs, distance))}."""

import shutil
import tempfile
from pathlib import Path

import keras
import numpy as np
from beside import apart
from data_sets import RECIPES, Pictures, network
from workloads import WORKLOADS

from kerasal import explain_dataset, recipes
from kerasal.layers import Saliency


def layer_and_explain(recipe):
    """The layer in a model, called as `predict` calls it."""

    def pair(quick):
        job = WORKLOADS["cnn-64"].make()
        x = keras.Input(job.x.shape[1:])
        both, calculator = keras.Model(x, Saliency(job.model, recipe)(x)), recipe.build(job.model)
        return (
            lambda: both.predict_on_batch(job.x),
            lambda: calculator.explain(job.x, **recipe.arguments).values,
            apart,
        )

    return pair


def store_and_explain(name, count):
    """Each with its trace; the store is removed."""

    def pair(quick):
        pictures = Pictures(500 if quick else count)
        model, x = network(), np.concatenate([pictures[n] for n in range(len(pictures))])

        def stored():
            folder = Path(tempfile.mkdtemp())
            explain_dataset(model, RECIPES[name], x, folder / "store", show_progress=False)
            shutil.rmtree(folder)

        return stored, lambda: RECIPES[name].explain(model, x), None

    return pair


STORES = {
    "`layers.Saliency`, SmoothGrad, M = 50, small CNN 28, 64 images": (
        "explain",
        layer_and_explain(recipes.smooth_grad()),
    ),
    "`explain_dataset`, SmoothGrad, M = 10, 4 000 pictures of 28 × 28": ("explain", store_and_explain("smooth", 4000)),
    "`explain_dataset`, gradient, 20 000 pictures of 28 × 28": ("explain", store_and_explain("vanilla", 20_000)),
}
