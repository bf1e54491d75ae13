"""Before anything is timed: do the ways compute the same numbers? Each recipe's check gives {way: distance from by hand}."""

import keras
import numpy as np
import peers
import ways
from by_hand import OcclusionByHand
from recipes import KERASAL, LIMIT, SAME_ROWS

NUMBERS = (KERASAL, SAME_ROWS, "Xplique", "PAIR", "Captum")  # of paths that give numbers at nodes of a rule


def distance(a, b):
    """Relative L2 distance of a from b."""
    return float(np.linalg.norm(a - b) / np.linalg.norm(b))


def of_gradient(values, made, job, amount):
    """Of those that give numbers; Xplique gives their sizes."""
    truth = {"Xplique": np.abs(values[LIMIT])}
    given = [way for way, found in values.items() if way != LIMIT and found is not None]
    return {way: distance(values[way], truth.get(way, values[LIMIT])) for way in given}


def of_smoothgrad(values, made, job, amount, M=6):
    """kerasal's alone, as the noise must be the same."""
    mean, std = ways.gradient_by_hand_with_kerasals_noise(job)(M)
    found = made[KERASAL](M)
    return {"kerasal, mean": distance(found[0], mean), "kerasal, std": distance(found[1], std)}


def of_bayesgrad(values, made, job, amount):
    """Nobody draws the masks of another."""
    return {}


def evenly(count):
    """Nodes of [0, 1] with both ends, of equal weights."""
    return np.linspace(0, 1, count, dtype="float32"), np.full(count, 1 / count, "float32")


def trapezoid(count):
    nodes, weights = evenly(count)[0], np.full(count, 1 / (count - 1), "float32")
    weights[[0, -1]] /= 2
    return nodes, weights


def of_path(values, made, job, nodes):
    """Each against the hand-written loop at its own nodes, SHAP's being random; x is what tf-explain leaves out, its baseline zero."""
    at_ends = made[LIMIT](nodes, trapezoid)[0]
    truth = {"Xplique": at_ends, "PAIR": made[LIMIT](nodes, evenly)[0]}
    found = {way: distance(values[way], truth.get(way, values[LIMIT])) for way in values if way in NUMBERS}
    if "tf-explain" in made:
        raw = peers.raw_path_by_tf_explain(job, nodes)
        found["tf-explain"] = distance(raw * job.points, made[LIMIT](nodes, evenly)[0])
    return found


def of_occlusion(values, made, job, windows):
    """Xplique's sum is divided by how many windows cover a pixel."""
    found = {way: distance(values[way], values[LIMIT]) for way in (KERASAL, SAME_ROWS) if way in values}
    if "Captum" in values:
        found["Captum"] = distance(values["Captum"], np.broadcast_to(values[LIMIT], values["Captum"].shape))
    coverage = OcclusionByHand(job.tail, job.points.shape, job.rows, *windows).coverage
    return {**found, "Xplique": distance(values["Xplique"] / coverage, values[LIMIT])}


CHECKS = {
    "gradient": of_gradient,
    "SmoothGrad": of_smoothgrad,
    "BayesGrad": of_bayesgrad,
    "integrated gradients": of_path,
    "occlusion": of_occlusion,
}


def tolerance(recipe, name, model):
    """The largest distance allowed.

    Peers round the points of a path differently from kerasal and the loop. That alone, by hand, moved the map of MobileNetV2
    with random weights by 1.3e-3: a last bit turns ReLUs on or off. The loop takes its standard deviation from a difference of
    squares, which loses digits where it is small beside the mean: 1.4e-3 on the LSTM. kerasal fuses BatchNormalization with
    convolutions, which rounds differently too, and in a deep network with random weights some ReLUs are always at their edge: from the
    gradient in float64, those of four images on ResNet50 were .022 to .033 away, those of Keras' own layers in float32 .023 to .049
    (MobileNetV2 .006 to .016 and .0004 to .024). Scores do not jump: occlusion there is 3e-5 away.
    """
    if any(isinstance(layer, keras.layers.BatchNormalization) for layer in model.layers):
        return 1e-3 if recipe == "occlusion" else 0.1
    if recipe == "integrated gradients" and name not in (KERASAL, SAME_ROWS):
        return 1e-2
    return 1e-2 if name.endswith("std") else 1e-4


def check(recipe, values, made, job, amount):
    """Relative L2 distances from the hand-written numbers.

    Args:
        recipe: its name.
        values: {way: what it gave for the amount}.
        made: {way: the way itself}.
        job: what they were made of.
        amount: what they were called with.

    Returns:
        {way: distance}.

    Raises:
        RuntimeError: if a distance is its `tolerance` or more.
    """
    found = CHECKS[recipe](values, made, job, amount)
    far = {name: value for name, value in found.items() if not value < tolerance(recipe, name, job.model)}
    if far:
        raise RuntimeError(
            f"All ways agree with the hand-written loop: a relative L2 distance of 1e-4 at most, or `tolerance`. Received: {far} "
            f"for {recipe} on examples {job.points.shape}. Do not compare their times before this is understood."
        )
    return found
