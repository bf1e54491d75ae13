"""The two networks on which other people's attributions are stored, and what is stored; keras and numpy are enough."""

import functools
from pathlib import Path

import keras
import numpy as np
from keras import layers as L

IMAGE = (12, 9, 3)
LENGTH, VOCABULARY = 7, 11
CLASSES = 4
PEERS = Path(__file__).parents[1] / "data" / "peers.npz"


def image_network():
    """(N, 12, 9, 3) -> logits (N, 4). Layer "first" has a map of 12 × 9 × 6 after its ReLU, "last" one of 4 × 3 × 5."""
    x = inputs = keras.Input(IMAGE)
    x = L.Conv2D(6, 3, padding="same", activation="relu", name="first")(x)
    x = L.BatchNormalization(name="normalize")(x)
    x = L.MaxPooling2D(2, name="pool")(x)  # 6 × 4
    x = L.Conv2D(5, (3, 2), activation="relu", name="last")(x)
    x = L.Dense(8, activation="relu", name="hidden")(L.Flatten(name="flatten")(x))
    return keras.Model(inputs, L.Dense(CLASSES, name="logits")(x))


def token_network():
    """Ids (N, 7) below 11 -> logits (N, 4). Layer "embed" gives (N, 7, 5)."""
    x = inputs = keras.Input((LENGTH,), dtype="int32")
    x = L.Embedding(VOCABULARY, 5, name="embed")(x)
    x = L.LSTM(6, name="recurrent")(x)
    return keras.Model(inputs, L.Dense(CLASSES, name="logits")(x))


NETWORKS = {"image": image_network, "tokens": token_network}


@functools.cache
def stored():
    """Every array of peers.npz: weights, inputs and attributions by others, by name."""
    return dict(np.load(PEERS))


@functools.cache
def rebuild(name):
    """The network `name` ("image" or "tokens") with the stored weights."""
    model = NETWORKS[name]()
    model.set_weights([stored()[f"{name}.weights.{i}"] for i in range(len(model.weights))])
    return model
