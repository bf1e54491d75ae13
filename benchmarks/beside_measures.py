"""Pairs of measures of the same maps: {title: (other package, function of quick -> (ours, theirs, distance))}."""

import numpy as np
from beside import apart
from beside_methods import digits
from peer_torch import copy_of
from peers import classes_of, one_hot
from ways import SCALE
from workloads import WORKLOADS

from kerasal import metrics, recipes

STEPS, PERTURBATIONS, DRAWS, RADIUS = 28, 256, 10, 0.02


def deletion_and_xplique(quick):
    from xplique.metrics import Deletion

    job = digits() if quick else WORKLOADS["cnn-64"].make()
    maps = np.random.default_rng(2).normal(size=job.points.shape[:-1]).astype("float32")
    ours = metrics.Deletion(job.model, steps=STEPS)
    theirs = Deletion(job.model, job.points, one_hot(job), batch_size=len(job.points), steps=STEPS)
    return lambda: ours(job.x, maps).values.mean(), lambda: theirs(maps), apart


def infidelity_and_captum(quick):
    import torch
    from captum.metrics import infidelity

    job, count = digits(), 16 if quick else PERTURBATIONS
    maps = np.random.default_rng(2).normal(size=job.points.shape).astype("float32")
    ours, (copy, x) = metrics.Infidelity(job.model, perturbation=SCALE, samples=count), copy_of(job)
    attributions, classes = torch.tensor(np.moveaxis(maps, -1, 1).copy()), torch.tensor(classes_of(job))

    def take(inputs):
        lost = SCALE * torch.randn_like(inputs)
        return lost, inputs - lost

    def theirs():
        told = {"target": classes, "n_perturb_samples": count, "max_examples_per_batch": job.rows}
        return infidelity(copy, take, x, attributions, **told).detach().numpy()

    return lambda: ours(job.x, maps).values, theirs, None


def max_sensitivity_and_captum(quick):
    import torch
    from captum.attr import Saliency
    from captum.metrics import sensitivity_max

    job = digits()
    ours, (copy, x) = (
        metrics.MaxSensitivity(job.model, recipes.vanilla(), radius=RADIUS, samples=DRAWS),
        copy_of(job),
    )
    told = {"target": torch.tensor(classes_of(job)), "perturb_radius": RADIUS, "n_perturb_samples": DRAWS}

    def theirs():
        return sensitivity_max(Saliency(copy).attribute, x, abs=False, **told).detach().numpy()

    return lambda: ours(job.x).values, theirs, None


MEASURES = {
    "deletion, 28 steps, small CNN 28, 64 images": ("Xplique", deletion_and_xplique),
    "infidelity, 256 perturbations, small CNN 28, 16 images": ("Captum", infidelity_and_captum),
    "max-sensitivity of the gradient, 10 draws, small CNN 28, 16 images": ("Captum", max_sensitivity_and_captum),
}
