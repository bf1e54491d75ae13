"""Pairs of methods: {title: (other package, function of quick -> (ours, theirs, distance))}."""

import functools

import networks
import numpy as np
from beside import apart
from peer_torch import copy_of, first_to_last
from peers import classes_of, one_hot
from workloads import WORKLOADS, Workload

import kerasal

MAP = "out_relu"  # MobileNetV2's last feature map, 7 × 7
CELL = 4  # pixels of a part of a digit's picture, along each axis
FEW = Workload("small CNN 28, 16 images", networks.small_cnn, (16, 28, 28, 1), 1600, ())


@functools.cache
def photograph(quick):
    """MobileNetV2 on one picture; the small CNN with --quick."""
    return (FEW if quick else WORKLOADS["mobilenet-1"]).make()


@functools.cache
def digits():
    return FEW.make()


def map_of(job):
    """The name of the last feature map."""
    return MAP if MAP in {layer.name for layer in job.model.layers} else job.model.layers[1].name


def explained(calculator, job, **how):
    """A function that gives the map."""
    return lambda: calculator.explain(job.x, **how).values


def grad_cam_and_tf_keras_vis(quick):
    from tf_keras_vis.gradcam import Gradcam
    from tf_keras_vis.utils.scores import CategoricalScore

    job = photograph(quick)
    calculator = kerasal.GradCAMCalculator(job.model, layer=map_of(job))
    cam, score = Gradcam(job.model, clone=False), CategoricalScore(classes_of(job).tolist())
    how = {"penultimate_layer": map_of(job), "normalize_cam": False}
    return explained(calculator, job), lambda: cam(score, job.points, **how), None


def grad_cam_and_xplique(quick):
    from xplique.attributions import GradCAM

    job = photograph(quick)
    calculator, targets = kerasal.GradCAMCalculator(job.model, layer=map_of(job)), one_hot(job)
    other = GradCAM(job.model, conv_layer=map_of(job))
    return explained(calculator, job), lambda: np.asarray(other(job.points, targets)), None


def score_cam_and_tf_keras_vis(quick):
    from tf_keras_vis.scorecam import Scorecam
    from tf_keras_vis.utils.scores import CategoricalScore

    job = digits()
    calculator = kerasal.ScoreCAMCalculator(job.model, layer=map_of(job))
    cam, score = Scorecam(job.model, clone=False), CategoricalScore(classes_of(job).tolist())
    how = {"penultimate_layer": map_of(job), "normalize_cam": False}
    return explained(calculator, job), lambda: cam(score, job.points, **how), None


def rise_and_xplique(quick):
    from xplique.attributions import Rise

    job, masks = photograph(quick), 64 if quick else 512
    calculator, targets = kerasal.RISECalculator(job.model, grid=7), one_hot(job)
    other = Rise(job.model, batch_size=job.rows, nb_samples=masks, grid_size=7)
    samples = masks // 32  # of 32 masks each
    return explained(calculator, job, M=samples), lambda: np.asarray(other(job.points, targets)), None


def lime_and_xplique(quick):
    from xplique.attributions import Lime

    job, count = digits(), 200
    cells = np.arange(28) // CELL
    parts = (cells[:, None] * (28 // CELL) + cells).astype("int32")
    calculator = kerasal.LIMECalculator(job.model, groups=parts[..., None], perturbations=count)
    told = {"map_to_interpret_space": lambda image: parts, "ref_value": np.zeros(1, "float32"), "nb_samples": count}
    other, targets = Lime(job.model, batch_size=count, **told), one_hot(job)
    return explained(calculator, job, M=1), lambda: np.asarray(other(job.points, targets)), None


def by_captum(make, calculator_of):
    """A pair with Captum on a copy, the same numbers."""

    def pair(quick):
        import torch

        job = digits()
        copy, x = copy_of(job)
        theirs = make(copy, x, torch.tensor(classes_of(job)))
        return (
            explained(calculator_of(job.model), job),
            lambda: first_to_last(theirs().detach().numpy(), 1, -1),
            apart,
        )

    return pair


def deep_lift(copy, x, classes):
    from captum.attr import DeepLift

    return lambda: DeepLift(copy).attribute(x, target=classes)


def relevance(copy, x, classes):
    from captum.attr import LRP
    from captum.attr._utils.lrp_rules import EpsilonRule

    def explain():
        for module in copy.modules():
            module.rule = EpsilonRule(1e-6)
        return LRP(copy).attribute(x, target=classes)

    return explain


def conductance(copy, x, classes):
    from captum.attr import LayerConductance

    layer = LayerConductance(copy, copy[0])
    return lambda: layer.attribute(x, target=classes, n_steps=50, method="riemann_middle", internal_batch_size=1600)


def shapley_values_and(make):
    """A pair of as many passes as each needs to be within 5 % of the true values."""

    def pair(quick):
        import shapley_values

        job = shapley_values.table()
        count, most = int(job.parts.max()) + 1, 3_000 if quick else job.known_by
        reference = kerasal.ShapleyCalculator(job.model, job.score, groups=job.parts, logits=False)
        found = reference.explain(job.x, M=most // (2 * count), seed=1)
        truth, own = shapley_values.by_part(found.values, job.parts), float(np.mean(found.relative_error))
        ways = []
        for values in (shapley_values.by_kerasal(job), make(shapley_values)(job)):
            *_, last = shapley_values.until_known(values, truth, own, 4 * count, job.most)
            ways.append(functools.partial(values, int(last.passes)))
        return *ways, apart

    return pair


def xrai_and_pair(quick):
    from saliency.core import xrai
    from sklearn.datasets import load_sample_image

    side = 64 if quick else 224
    image = load_sample_image("china.jpg")[:: 427 // side, :: 640 // side][:side, :side].astype("float32")
    values = np.random.default_rng(0).normal(size=image.shape).astype("float32")
    return (
        lambda: kerasal.regions.xrai(values[None], images=image[None], min_area=50).saliency.values[0],
        lambda: xrai.XRAI().GetMask(image, None, base_attribution=values),
        apart,
    )


def first_layer(model):
    return kerasal.ConductanceCalculator(model, model.layers[0].name, steps=50)


METHODS = {
    "Grad-CAM, MobileNetV2 224, 1 image": ("tf-keras-vis", grad_cam_and_tf_keras_vis),
    "Grad-CAM at the size of the input, MobileNetV2 224, 1 image": ("Xplique", grad_cam_and_xplique),
    "Score-CAM, 64 channels, small CNN 28, 16 images": ("tf-keras-vis", score_cam_and_tf_keras_vis),
    "RISE, 512 masks, MobileNetV2 224, 1 image": ("Xplique", rise_and_xplique),
    "LIME, 49 parts, 200 perturbations, small CNN 28, 16 images": ("Xplique", lime_and_xplique),
    "Shapley values to 5 %, 30 columns, 12 rows": (
        "SHAP's KernelExplainer",
        shapley_values_and(lambda module: module.by_shap),
    ),
    "Shapley values to 5 %, the same": ("Captum", shapley_values_and(lambda module: module.by_captum)),
    "DeepLIFT, small CNN 28, 16 images": ("Captum", by_captum(deep_lift, kerasal.DeepLIFTCalculator)),
    "LRP-ε, small CNN 28, 16 images": ("Captum", by_captum(relevance, kerasal.LRPCalculator)),
    "conductance, 50 nodes, small CNN 28, 16 images": ("Captum", by_captum(conductance, first_layer)),
    "XRAI of a map, a photograph of 224 × 224": ("PAIR", xrai_and_pair),
}
