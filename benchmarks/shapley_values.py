"""Shapley values to 5 %: kerasal beside SHAP's KernelExplainer and Captum's ShapleyValueSampling.

    python benchmarks/shapley_values.py table     # a breast-cancer MLP, 30 columns
    python benchmarks/shapley_values.py picture   # MobileNet, 40 superpixels of a photograph ($KERASAL_DATA)

Each package is given more and more passes until its map is within 5 % (relative L2, mean over examples) of one of far more
permutations with another seed, whose own error is taken off; Captum is left out where it is not installed. All run the same compiled Keras model.
"""

import importlib.util
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np
import shap
import tensorflow as tf

from kerasal import ShapleyCalculator

WANTED = 0.05
Values = Callable[[int], np.ndarray]


class Job(NamedTuple):
    """Examples to explain: a model, one row for each, hidden by `fill`, in parts (the shape of an example), up to so many passes.

    The truth has `known_by` passes, and the model takes `rows` at a time.
    """

    model: keras.Model
    score: int
    x: np.ndarray
    fill: float
    parts: np.ndarray
    most: int
    known_by: int
    rows: int


class Run(NamedTuple):
    """The passes and the seconds that a package took for an error."""

    passes: float
    seconds: float
    error: float


def table() -> Job:
    """Make a breast-cancer MLP and 12 rows of the test data."""
    from sklearn.datasets import load_breast_cancer

    data = load_breast_cancer()
    columns = ((data.data - data.data.mean(0)) / data.data.std(0)).astype("float32")
    body = [keras.layers.Dense(32, "relu"), keras.layers.Dense(16, "relu"), keras.layers.Dense(2)]
    model = keras.Sequential([keras.Input((30,)), *body])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(3e-3), loss)
    model.fit(columns[100:], data.target[100:], epochs=20, batch_size=32, verbose=0)
    return Job(model, 1, columns[:12], 0.0, np.arange(30), 60_000, 60_000, 512)


def picture() -> Job:
    """Make MobileNet and 40 superpixels of a photograph, hidden by grey."""
    from skimage.segmentation import slic

    sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "zoo"))
    from imagenet import network_module, photographs

    folder = Path(os.environ["KERASAL_DATA"])
    network = network_module(folder)
    image = photographs(network, folder)[:1]
    model = network.load_mobilenet()
    segments = slic((image[0] + 1) / 2, n_segments=60, start_label=0)
    parts = np.minimum(segments, 39)
    return Job(model, int(np.argmax(model(image))), image, 0.0, parts, 30_000, 40_000, 32)


def scored(job: Job) -> Callable[[np.ndarray], np.ndarray]:
    """Make a compiled function of points, whose score it gives."""
    run = tf.function(lambda x: job.model(x, training=False)[:, job.score], reduce_retracing=True)

    def score(points: np.ndarray) -> np.ndarray:
        return np.concatenate(
            [run(tf.constant(part)).numpy() for part in np.array_split(points, -(-len(points) // job.rows))]
        )

    return score


def by_kerasal(job: Job) -> Values:
    """Pairs of permutations, at their cost of 2 P passes."""
    calculator = ShapleyCalculator(job.model, job.score, groups=job.parts, fill=job.fill, logits=False)
    count = int(job.parts.max()) + 1

    def values(passes: int) -> np.ndarray:
        return by_part(calculator.explain(job.x, M=max(2, passes // (2 * count))).values, job.parts)

    return values


def by_part(maps: np.ndarray, parts: np.ndarray) -> np.ndarray:
    """Sum maps over parts, (N, P)."""
    wide = maps.reshape(len(maps), *parts.shape, -1).sum(-1)
    return np.stack([wide[:, parts == part].sum(-1) for part in range(parts.max() + 1)], 1)


def shown(job: Job, example: np.ndarray, choices: np.ndarray) -> np.ndarray:
    """The example with those parts alone that are chosen, (rows, P) of 0 and 1."""
    mask = choices[:, job.parts] > 0
    mask = mask.reshape(*mask.shape, *[1] * (example.ndim - job.parts.ndim))
    return np.where(mask, example, np.float32(job.fill)).astype("float32")


def by_shap(job: Job) -> Values:
    """KernelExplainer of which parts are shown: a regression over pairs of complements."""
    score, count = scored(job), int(job.parts.max()) + 1

    def values(passes: int) -> np.ndarray:
        found = []
        for example in job.x:
            explainer = shap.KernelExplainer(
                lambda z, example=example: score(shown(job, example, z)), np.zeros((1, count))
            )
            found.append(explainer.shap_values(np.ones((1, count)), nsamples=passes, l1_reg=False, silent=True)[0])
        return np.stack(found)

    return values


def by_captum(job: Job) -> Values:
    """ShapleyValueSampling of which parts are shown."""
    import torch
    from captum.attr import ShapleyValueSampling

    score, count = scored(job), int(job.parts.max()) + 1

    def values(passes: int) -> np.ndarray:
        found = []
        for example in job.x:

            def of_parts(z: Any, example: np.ndarray = example) -> Any:
                return torch.tensor(score(shown(job, example, z.numpy())))

            one = ShapleyValueSampling(of_parts).attribute(
                torch.ones(1, count), n_samples=max(1, passes // count), perturbations_per_eval=count
            )
            found.append(one[0].detach().numpy())
        return np.stack(found)

    return values


def until_known(values: Values, truth: np.ndarray, own: float, first: int, most: int) -> Iterator[Run]:
    """Give more and more passes until the error is as wanted."""
    passes: float = first
    values(first)  # what is compiled at a first call does not count
    while passes <= most:
        began = time.perf_counter()
        found = values(int(passes))
        seconds = time.perf_counter() - began
        apart = float(np.mean(np.linalg.norm(found - truth, axis=1) / np.linalg.norm(truth, axis=1)))
        error = float(np.sqrt(max(apart**2 - own**2, 0)))
        yield Run(int(passes), seconds, error)
        if error <= WANTED:
            return
        passes *= 1.5


def main(name: str) -> None:
    """Print what each package takes."""
    keras.utils.set_random_seed(0)
    job = {"table": table, "picture": picture}[name]()
    count = int(job.parts.max()) + 1
    reference = ShapleyCalculator(job.model, job.score, groups=job.parts, fill=job.fill, logits=False)
    found = reference.explain(job.x, M=job.known_by // (2 * count), seed=1)
    truth = by_part(found.values, job.parts)
    own = float(np.mean(found.relative_error))
    print(f"{name}: {count} parts, truth of {found.M} pairs, its error {own:.2%}", flush=True)
    ways = {"kerasal": by_kerasal, "SHAP KernelExplainer": by_shap}
    if importlib.util.find_spec("captum"):
        ways["Captum ShapleyValueSampling"] = by_captum
    for way, make in ways.items():
        for run in until_known(make(job), truth, own, 4 * count, job.most):
            print(f"{way:28} {run.passes:7.0f} passes {run.seconds:8.2f} s  {run.error:.1%}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
