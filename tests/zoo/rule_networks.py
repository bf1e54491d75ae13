"""The network on which Captum's DeepLIFT and Zennit's relevance are stored, and what is stored; keras and numpy are enough."""

import functools
from pathlib import Path

import keras
import numpy as np
from keras import layers as L

STORED = Path(__file__).parents[1] / "data" / "rules.npz"


def network():
    """(N, 12, 10, 2) -> logits (N, 4): a LeNet with BatchNormalization, both poolings and a sum of two paths."""
    x = inputs = keras.Input((12, 10, 2))
    x = L.Conv2D(6, 3, padding="same", name="first")(x)
    x = L.ReLU(name="first_relu")(L.BatchNormalization(name="normalize")(x))
    x = branch = L.MaxPooling2D(2, name="pool")(x)  # 6 × 5
    x = L.Conv2D(6, 3, padding="same", activation="relu", name="second")(x)
    x = L.AveragePooling2D((2, 1), name="average")(L.Add(name="sum")([x, branch]))  # 3 × 5
    x = L.Conv2D(5, (2, 3), activation="tanh", name="third")(x)
    x = L.Dense(8, activation="relu", name="hidden")(L.Flatten(name="flatten")(x))
    return keras.Model(inputs, L.Dense(4, name="logits")(x))


@functools.cache
def stored():
    """Every array of rules.npz, by name."""
    return dict(np.load(STORED))


@functools.cache
def rebuild():
    """The network with the stored weights."""
    model = network()
    model.set_weights([stored()[f"weights.{i}"] for i in range(len(model.weights))])
    return model
