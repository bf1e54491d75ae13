"""Before anything is timed: do the ways compute the same numbers? Each recipe's check gives {way: distance from by hand}."""

import numpy as np
import peers
import ways
from by_hand import OcclusionByHand
from recipes import KERASAL, LIMIT, SAME_ROWS


def distance(a, b):
    """Relative L2 distance of a from b."""
    return float(np.linalg.norm(a - b) / np.linalg.norm(b))


def of_gradient(values, made, model, x, rows, amount):
    return {way: distance(found, values[LIMIT]) for way, found in values.items() if way != LIMIT}


def of_smoothgrad(values, made, model, x, rows, amount, M=6):
    """kerasal's alone, as the noise must be the same."""
    mean, std = ways.gradient_by_hand_with_kerasals_noise(model, x, rows)(M)
    found = made[KERASAL](M)
    return {"kerasal, mean": distance(found[0], mean), "kerasal, std": distance(found[1], std)}


def evenly(count):
    """Nodes of [0, 1] with both ends, of equal weights."""
    return np.linspace(0, 1, count, dtype="float32"), np.full(count, 1 / count, "float32")


def trapezoid(count):
    nodes, weights = evenly(count)[0], np.full(count, 1 / (count - 1), "float32")
    weights[[0, -1]] /= 2
    return nodes, weights


def of_path(values, made, model, x, rows, nodes):
    """Each against the hand-written loop at its own nodes; x is what tf-explain leaves out, the baseline being zero."""
    found = {way: distance(values[way], values[LIMIT]) for way in (KERASAL, SAME_ROWS)}
    found["Xplique"] = distance(values["Xplique"], made[LIMIT](nodes, trapezoid)[0])
    raw, _ = peers.path_by_tf_explain(model, x, rows, picture=False)(nodes)
    return {**found, "tf-explain": distance(raw * x, made[LIMIT](nodes, evenly)[0])}


def of_occlusion(values, made, model, x, rows, windows):
    """Xplique's sum is divided by how many windows cover a pixel."""
    found = {way: distance(values[way], values[LIMIT]) for way in (KERASAL, SAME_ROWS)}
    coverage = OcclusionByHand(model, x.shape, rows, *windows).coverage
    return {**found, "Xplique": distance(values["Xplique"] / coverage, values[LIMIT])}


CHECKS = {
    "gradient": of_gradient,
    "SmoothGrad": of_smoothgrad,
    "integrated gradients": of_path,
    "occlusion": of_occlusion,
}


def tolerance(recipe, name):
    """The largest distance allowed.

    Peers round the points of a path differently from kerasal and the loop. That alone, by hand, moved the map of MobileNetV2
    with random weights by 1.3e-3: a last bit turns ReLUs on or off.
    """
    if recipe == "integrated gradients" and name in ("Xplique", "tf-explain"):
        return 1e-2
    return 1e-3 if name.endswith("std") else 1e-4


def check(recipe, values, made, model, x, rows, amount):
    """Relative L2 distances from the hand-written numbers.

    Args:
        recipe: its name.
        values: {way: what it gave for the amount}.
        made: {way: the way itself}.
        model, x, rows: what they were made of.
        amount: what they were called with.

    Returns:
        {way: distance}.

    Raises:
        RuntimeError: if a distance is its `tolerance` or more.
    """
    found = CHECKS[recipe](values, made, model, x, rows, amount)
    far = {name: value for name, value in found.items() if not value < tolerance(recipe, name)}
    if far:
        raise RuntimeError(
            f"All ways agree with the hand-written loop: a relative L2 distance of 1e-4 at most, or `tolerance`. Received: {far} "
            f"for {recipe} on examples {x.shape}. Do not compare their times before this is understood."
        )
    return found
