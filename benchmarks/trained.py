"""Trained networks with their pictures, from the folder that KERASAL_DATA names: MNIST's test digits and an ImageNet network.

The folder holds mnist/t10k-images-idx3-ubyte.gz and t10k-labels-idx1-ubyte.gz, mobilenet/mobilenet.py (a module with
`load_mobilenet` and `load_image`) and images/.
"""

import gzip
import importlib.util
import os
from pathlib import Path

import keras
import numpy as np

PHOTOGRAPHS = ("goldfish.jpg", "bear.jpg", "bus.jpeg")
DIGITS = 12


def folder():
    """The folder of the data; None where there is none."""
    path = Path(os.environ.get("KERASAL_DATA", Path(__file__).parents[2] / "shared/data"))
    return path if path.is_dir() else None


def digits():
    """MNIST's test set, ((10 000, 28, 28, 1) in [0, 1], labels)."""
    paths = [folder() / "mnist" / f"t10k-{name}-ubyte.gz" for name in ("images-idx3", "labels-idx1")]
    parts = [gzip.decompress(path.read_bytes()) for path in paths]
    images = np.frombuffer(parts[0], "uint8", offset=16).reshape(-1, 28, 28, 1)
    return images.astype("float32") / 255, np.frombuffer(parts[1], "uint8", offset=8)


def digits_network(activation="relu", pooling=keras.layers.MaxPooling2D, pools=2, seed=0):
    """(model with logits, `DIGITS` digits that it was not trained on, its accuracy on such); smooth with "gelu" and averages;
    with one pool the first is left out."""
    layers = keras.layers
    keras.utils.set_random_seed(seed)
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(16, 3, activation=activation),
            *([pooling(2)] if pools == 2 else []),
            layers.Conv2D(32, 3, activation=activation),
            pooling(2),
            layers.Flatten(),
            layers.Dense(64, activation=activation),
            layers.Dense(10),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss, metrics=["accuracy"])
    x, y = digits()
    model.fit(x[2000:], y[2000:], epochs=10, batch_size=64, verbose=0)
    return model, x[:DIGITS], model.evaluate(x[:2000], y[:2000], verbose=0)[1]


def photograph_network():
    """(model with logits, photographs)."""
    path = folder()
    spec = importlib.util.spec_from_file_location("mobilenet", path / "mobilenet/mobilenet.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.load_mobilenet(), np.stack([module.load_image(path / "images" / name) for name in PHOTOGRAPHS])
