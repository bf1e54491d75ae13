"""Measures of Xplique for a Keras network, on maps of peers.npz, one example at a time: it gives the mean of those it is given."""

import itertools

import numpy as np
import tensorflow as tf
from peer_measures import FILL, GRID, TOGETHER, pixels
from peer_networks import CLASSES, rebuild
from xplique import metrics


def xplique(arrays):
    tf.random.set_seed(0)
    model, x = rebuild("image"), arrays["image.x"]
    targets = np.eye(CLASSES, dtype="float32")[arrays["image.classes"]]
    integrated, of_pixels = arrays["captum.integrated_gradients_gausslegendre"], pixels(arrays)

    def each(kind, maps, **options):
        found = [kind(model, x[n : n + 1], targets[n : n + 1], **options)(maps[n : n + 1]) for n in range(len(x))]
        return np.array(found), {"network": "image", **options}

    def falls(kind, maps=of_pixels, steps=12, **options):
        return each(kind, maps, steps=steps, baseline_mode=FILL, **options)

    subsets = {"grid_size": GRID, "baseline_mode": FILL}
    return {
        "xplique.deletion": falls(metrics.Deletion),
        "xplique.deletion_all": falls(metrics.Deletion, steps=-1),
        "xplique.deletion_uneven": falls(metrics.Deletion, steps=10),
        "xplique.deletion_channels": falls(metrics.Deletion, integrated),
        "xplique.deletion_softmax": falls(metrics.Deletion, activation="softmax"),
        "xplique.insertion": falls(metrics.Insertion),
        "xplique.insertion_uneven": falls(metrics.Insertion, steps=10),
        "xplique.mu_fidelity": each(metrics.MuFidelity, of_pixels, subset_percent=0.2, nb_samples=4096, **subsets),
        "xplique.mu_fidelity_of_one_size": each(EverySet, of_pixels, nb_samples=len(every_set()), **subsets),
    }


def every_set():
    """Masks (sets, GRID, GRID) that are 0 at as many cells as are hidden together, and 1 elsewhere; each set once."""
    chosen = np.array(list(itertools.combinations(range(GRID**2), TOGETHER)))
    masks = np.ones((len(chosen), GRID**2), "float32")
    np.put_along_axis(masks, chosen, 0, 1)
    return masks.reshape(-1, GRID, GRID)


class EverySet(metrics.MuFidelity):
    """MuFidelity over every set of one size once, in place of sets that hold each cell by chance."""

    def _perturb_samples(self, inputs, nb_perturbations):
        masks = tf.image.resize(every_set()[..., None], inputs.shape[1:-1], method="nearest")
        masks = tf.repeat(masks[None], len(inputs), 0)
        points = inputs[:, None] * masks + (1 - masks) * self.baseline_mode
        return tf.reshape(points, [-1, *inputs.shape[1:]]), masks
