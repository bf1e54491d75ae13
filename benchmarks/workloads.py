"""What is timed: a model, its examples, and how many rows (samples × examples) the limit packs into a model call."""

from dataclasses import dataclass

import keras
import numpy as np

SCALE = 0.15  # standard deviation of the noise over the range of each example, everywhere


def mobilenet():
    """MobileNetV2 at 224 × 224, its own random weights, logits."""
    return keras.applications.MobileNetV2(weights=None, classifier_activation=None)


def small_cnn():
    """Two convolutions and two dense layers, logits of ten classes."""
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(32, 3, activation="relu"),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Dropout(0.25),
            layers.Flatten(),
            layers.Dense(128, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(10),
        ]
    )


@dataclass(frozen=True)
class Workload:
    """A model with random weights and uniform random examples in [0, 1).

    Args:
        title: how tables name it.
        build: function that makes the model.
        shape: of the examples, (N, height, width, channels).
        rows: rows a model call of the hand-written limit, the fastest found for this model.
        windows: (size, stride) of occlusion; the last ones end at the edge by themselves.
        fresh: whether memory and first calls are measured, in fresh processes, which take their time.
    """

    title: str
    build: object
    shape: tuple
    rows: int
    windows: tuple
    fresh: bool = True

    def make(self):
        """(model, x): the same numbers in every process."""
        keras.utils.set_random_seed(0)
        return self.build(), np.random.default_rng(0).random(self.shape, "float32")


WORKLOADS = {
    "mobilenet-1": Workload("MobileNetV2 224, 1 image", mobilenet, (1, 224, 224, 3), 16, (32, 16)),
    "mobilenet-4": Workload("MobileNetV2 224, 4 images", mobilenet, (4, 224, 224, 3), 16, (32, 16), fresh=False),
    "cnn-64": Workload("small CNN 28, 64 images", small_cnn, (64, 28, 28, 1), 640, (8, 4)),
}
