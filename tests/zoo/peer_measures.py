"""What other people's measures are asked about, for them and for the tests alike; numpy is enough."""

import functools
import itertools
from pathlib import Path

import numpy as np

MEASURES = Path(__file__).parents[1] / "data" / "peers_of_measures.npz"
FILL = 0.25  # what hides
WINDOW = (4, 3)  # of an image of 12 × 9
GRID, TOGETHER = 3, 2  # cells along each axis; how many of them are hidden together
RADIUS = 0.02


@functools.cache
def measured():
    """Every array of peers_of_measures.npz, by name."""
    return dict(np.load(MEASURES))


def weights(arrays, name):
    """The weights of the network `name`, in Keras' order."""
    keys = [key for key in arrays if key.startswith(f"{name}.weights.")]
    return [arrays[f"{name}.weights.{i}"] for i in range(len(keys))]


def pixels(arrays):
    """One number per pixel, of either sign, (N, 12, 9)."""
    return arrays["captum.integrated_gradients_gausslegendre"].sum(-1)


def of_few_numbers(maps):
    """The maps in three steps of size, so that the largest number comes several times."""
    return np.round(maps / np.abs(maps).max((1, 2), keepdims=True) * 1.5)


def windows():
    """True in a window of images, each place once: (places, 12, 9, 1)."""
    starts = list(itertools.product(range(12 - WINDOW[0] + 1), range(9 - WINDOW[1] + 1)))
    masks = np.zeros((len(starts), 12, 9, 1), bool)
    for mask, (row, column) in zip(masks, starts, strict=True):
        mask[row : row + WINDOW[0], column : column + WINDOW[1]] = True
    return masks


def copied(of_each, count):
    """The same numbers (samples, ...) for each of so many examples, one example after another: (count · samples, ...)."""
    return np.tile(of_each, (count,) + (1,) * (of_each.ndim - 1))


def noise(count, radius, samples):
    """What `MaxSensitivity` adds to images by seed 0, (count, samples, 12, 9, 3)."""
    drawn = [np.random.default_rng([0, n]).uniform(-radius, radius, (count, 12, 9, 3)) for n in range(samples)]
    return np.stack(drawn, 1).astype("float32")
