"""The cost of a logger, as ratios: a logged step over its `explain`, and the disk of a run over that of all pictures.

Run it as `python benchmarks/logged_step.py [rounds]`. The network is a small one for pictures of 96 × 96, and one for a table.
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path

import keras
import numpy as np
from keras import layers as L

import kerasal
from kerasal import recipes
from kerasal.callbacks import Storage

EXAMPLES, STEPS, SIDE = 16, 100, 96
ALL = Storage(pictures="all", scalars="all")
CHOICES = {
    "all pictures, all scalars": ALL,
    "default": Storage(),
    "default, compress": Storage(compress=True),
    "float16": Storage(precision="float16"),
    "pictures off, float16": Storage(pictures="off", precision="float16"),
}
MEASURED = [
    *((choice, storage, recipes.vanilla()) for choice, storage in CHOICES.items()),
    ("default, SmoothGrad of 30", Storage(), recipes.smooth_grad(M=30)),
]


def pictures_network():
    """A network of photographs, and 16 of them, smooth as photographs are."""
    x = np.random.default_rng(0).random((EXAMPLES, SIDE // 8, SIDE // 8, 3), "float32")
    x = np.asarray(keras.layers.Resizing(SIDE, SIDE, interpolation="bicubic")(x)).clip(0, 1)
    inputs = keras.Input((SIDE, SIDE, 3))
    y = L.Conv2D(16, 3, strides=2, activation="relu")(inputs)
    y = L.Conv2D(32, 3, strides=2, activation="relu")(y)
    y = L.Conv2D(32, 3, activation="relu")(y)
    return keras.Model(inputs, L.Dense(10, activation="softmax")(L.GlobalAveragePooling2D()(y))), x


def table_network():
    """A network of 16 rows of 20 columns."""
    inputs = keras.Input((20,))
    y = L.Dense(3, activation="softmax")(L.Dense(32, activation="relu")(inputs))
    return keras.Model(inputs, y), np.random.default_rng(0).normal(size=(EXAMPLES, 20)).astype("float32")


def logged(model, x, storage, steps, recipe):
    """Log steps with other weights each, as training does: median seconds of a step and of its explain, end, bytes."""
    recipe = recipe.replace(method="abs", ch_axis=-1 if x.ndim == 4 else None)
    with tempfile.TemporaryDirectory() as folder:
        logger = kerasal.SaliencyLogger(
            folder, x, np.arange(EXAMPLES) % 3, storage=storage, max_overhead=None, on_error="raise", recipe=recipe
        )
        calculator = recipe.build(model)
        logger.set_model(model)
        logger.on_train_begin()
        logger.on_epoch_begin(0)
        calculator.explain(x, **recipe.arguments)
        weights, rng, seconds, explained = model.get_weights(), np.random.default_rng(1), [], []
        for step in range(steps):
            model.set_weights([each + 0.01 * rng.normal(size=each.shape) for each in weights])
            began = time.perf_counter()
            calculator.explain(x, **recipe.arguments)
            explained.append(time.perf_counter() - began)
            began = time.perf_counter()
            logger.on_epoch_end(step)
            seconds.append(time.perf_counter() - began)
        began = time.perf_counter()
        logger.on_train_end()
        end = time.perf_counter() - began
        size = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
        return statistics.median(seconds), statistics.median(explained), end, size


def main(steps=STEPS):
    """Print a line for each network and choice."""
    for name, network in (("pictures 16 x 96 x 96 x 3", pictures_network), ("table 16 x 20", table_network)):
        keras.utils.set_random_seed(0)
        model, x = network()
        model.compile("adam", "sparse_categorical_crossentropy")
        print(f"{name}, {steps} steps")
        reference = None
        for choice, storage, recipe in MEASURED:
            seconds, explain, end, size = logged(model, x, storage, steps, recipe)
            reference = reference or size
            print(
                f"  {choice:26} {size / 1e6:7.2f} MB ({size / reference:.2f} of the first)   step {1000 * seconds:6.1f} ms = "
                f"{seconds / explain:5.2f} x explain ({1000 * explain:.1f} ms)   end {end:.2f} s"
            )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
