"""TCAV where the truth is known: a network trained on planted textures, planted concepts and 200 random ones at each layer.

    python benchmarks/concepts.py

Class 0 has stripes, class 1 a chequerboard, class 2 neither; a tint of red is on half of all pictures, whatever their class. Prints
the concepts' scores for pictures of class 0, and how often random concepts are called significant at p < .05: by runs that share no
example, and by the usual test, one set of examples against many random sets (Welch's t-test of its scores against random ones).
"""

import time

import keras
import numpy as np
import tensorflow as tf

from kerasal import GradientCalculator
from kerasal.concepts import TCAV
from kerasal.concepts.inference import of_runs, two_sided
from kerasal.concepts.linear import separating_vector
from kerasal.concepts.vectors import vectors_of

SHAPE, RUNS, TRIALS, RIDGE = (24, 20, 3), 15, 200, 0.1
LAYERS = ["first", "second", "pooled", "dense"]


def plain(count: int, rng: np.random.Generator) -> np.ndarray:
    """Grey noise with a bright blob, a third of it tinted by some colour."""
    rows, columns = np.indices(SHAPE[:2])
    found = rng.normal(0.4, 0.12, (count, *SHAPE))
    middle = rng.uniform(4, 16, (2, count, 1, 1))
    blob = np.exp(-((rows - middle[0]) ** 2 + (columns - middle[1]) ** 2) / 18)
    tint = rng.uniform(-0.15, 0.15, (count, 1, 1, 3)) * (rng.random((count, 1, 1, 1)) < 1 / 3)
    return (found + 0.3 * blob[..., None] + tint).astype("float32")


def striped(pictures: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Add stripes of four rows, at some height."""
    rows = np.arange(SHAPE[0]) + rng.integers(0, 4, (len(pictures), 1))
    return pictures + 0.18 * np.where(rows % 4 < 2, 1, -1).astype("float32")[:, :, None, None]


def chequered(pictures: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Add squares of two by two."""
    rows = (np.arange(SHAPE[0]) + rng.integers(0, 4, (len(pictures), 1)))[:, :, None] % 4 < 2
    columns = (np.arange(SHAPE[1]) + rng.integers(0, 4, (len(pictures), 1)))[:, None] % 4 < 2
    return pictures + 0.18 * np.where(rows == columns, 1, -1).astype("float32")[..., None]


def red(pictures: np.ndarray) -> np.ndarray:
    """Add a tint."""
    return pictures + np.array([0.15, -0.08, -0.08], "float32")


def trained(rng: np.random.Generator) -> tuple[keras.Model, float]:
    """Train a network, and give its accuracy on other pictures."""
    keras.utils.set_random_seed(0)
    layers = [
        keras.layers.Conv2D(12, 5, strides=2, activation="relu", name="first"),
        keras.layers.Conv2D(16, 3, activation="relu", name="second"),
        keras.layers.GlobalAveragePooling2D(name="pooled"),
        keras.layers.Dense(16, activation="relu", name="dense"),
        keras.layers.Dense(3, activation="softmax", name="classes"),
    ]
    model = keras.Sequential([keras.Input(SHAPE), *layers])
    model.compile(keras.optimizers.Adam(3e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
    kinds = [striped(plain(900, rng), rng), chequered(plain(900, rng), rng), plain(900, rng)]
    x, y = np.concatenate(kinds), np.repeat([0, 1, 2], 900)
    x = np.where(rng.random((len(x), 1, 1, 1)) < 0.5, red(x), x)
    order = rng.permutation(len(x))
    x, y = x[order], y[order]
    model.fit(x[:2400], y[:2400], epochs=12, batch_size=64, verbose=0)
    return model, model.evaluate(x[2400:], y[2400:], verbose=0)[1]


def usual_p(concept: np.ndarray, pool: np.ndarray, gradient: np.ndarray, rng: np.random.Generator) -> float:
    """Test one set of a concept's examples against many random sets of as many."""
    size, scores, chance = len(concept), [], []
    for _ in range(RUNS):
        others, random = rng.permutation(len(pool))[: 2 * size].reshape(2, size)
        for found, examples in ((scores, concept), (chance, pool[random])):
            found.append(np.mean(gradient @ separating_vector(examples, pool[others], RIDGE)[0] > 0))
    gap, spread = np.mean(scores) - np.mean(chance), np.sqrt((np.var(scores) + np.var(chance)) / (RUNS - 1))
    return 1.0 if gap == 0 else float(two_sided(gap / max(spread, 1e-9), 2 * RUNS - 2))


def false_positives(every: np.ndarray, gradient: np.ndarray, rng: np.random.Generator) -> tuple[float, float]:
    """Share of random concepts that are significant: of runs that share nothing, and by the usual test."""
    ours, usual = [], []
    for trial in range(TRIALS):
        order = rng.permutation(len(every))
        concept, random = every[order[:60]], every[order[60:300]]
        fitted = vectors_of({"none": concept}, random, RUNS, RIDGE, trial)["none"]
        ours.append(np.sign(fitted.concept.reshape(RUNS, -1) @ gradient.T).mean(1))
        usual.append(usual_p(concept, random, gradient, rng))
    return np.mean(of_runs(np.array(ours)) < 0.05), np.mean(np.array(usual) < 0.05)


def main() -> None:
    rng, begin = np.random.default_rng(0), time.perf_counter()
    model, accuracy = trained(rng)
    print(f"accuracy {accuracy:.3f} on 300 other pictures, {time.perf_counter() - begin:.0f} s")
    concepts = {
        "stripes": striped(plain(150, rng), rng),
        "chequerboard": chequered(plain(150, rng), rng),
        "red": red(plain(150, rng)),
    }
    random, x, pool = plain(400, rng), striped(plain(100, rng), rng), plain(1500, rng)
    for layer in LAYERS:
        begin = time.perf_counter()
        print(
            TCAV(model, layer, concepts, random, RUNS, RIDGE).explain(x, score=0),
            f"({time.perf_counter() - begin:.1f} s)",
        )
        every = keras.Model(model.inputs, model.get_layer(layer).output).predict(pool, verbose=0).reshape(len(pool), -1)
        gradient = GradientCalculator(model, 0, layer).explain(x).values.reshape(len(x), -1)
        ours, usual = false_positives(every, gradient, rng)
        print(f"  {TRIALS} random concepts: {ours:.1%} significant; by the usual test {usual:.1%}", flush=True)


if __name__ == "__main__":
    tf.config.threading.set_intra_op_parallelism_threads(1)
    main()
