"""Pictures with windows hidden one by one, and networks to hide them from."""

import keras
import numpy as np
from keras import layers as L

import kerasal.calculators.occlusion
from kerasal._incremental.passes import Incremental

IMAGE = (40, 36, 3)


def sequential():
    return keras.Sequential(
        [
            keras.Input(IMAGE),
            L.Rescaling(0.5, offset=-1.0),
            L.Conv2D(8, 5, padding="same", activation="sigmoid"),  # not zero beyond the picture
            L.MaxPooling2D(3, 2, padding="same"),
            L.Conv2D(8, (3, 2), activation="tanh"),
            L.AveragePooling2D(2),
            L.Conv2D(64, 3, padding="same"),
            L.LeakyReLU(),
            L.Flatten(),
            L.Dense(3),
        ]
    )


def made(build):
    keras.utils.set_random_seed(1)
    model, rng = build(), np.random.default_rng(0)
    for layer in model.layers:
        if isinstance(layer, L.BatchNormalization):
            layer.set_weights([rng.uniform(0.5, 2.0, array.shape) for array in layer.get_weights()])
    return model, rng.normal(size=(3, *IMAGE)).astype("float32")


def by_keras(model, x, size, stride, fill=0.0, label=1):
    """The fall of an output for every window, one picture after another, the mean of the windows over a pixel."""
    (high, wide), (down, right) = np.broadcast_to(size, 2), np.broadcast_to(stride, 2)
    filled = x.mean((1, 2), keepdims=True) if isinstance(fill, str) else np.full(1, fill, "float32")
    total, covered = np.zeros(x.shape[:3]), np.zeros(x.shape[1:3])
    clean = np.asarray(model(x, training=False))[:, label]
    ends = [
        sorted({*range(0, n - s + 1, t), n - s})
        for n, s, t in zip(x.shape[1:3], (high, wide), (down, right), strict=True)
    ]
    for top in ends[0]:
        for left in ends[1]:
            changed = x.copy()
            changed[:, top : top + high, left : left + wide] = filled
            fall = clean - np.asarray(model(changed, training=False))[:, label]
            total[:, top : top + high, left : left + wide] += fall[:, None, None]
            covered[top : top + high, left : left + wide] += 1
    return (total / covered)[..., None]


def without_cuts(monkeypatch):
    class Whole(Incremental):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            self.layer = None

    monkeypatch.setattr(kerasal.calculators.occlusion, "Incremental", Whole)
