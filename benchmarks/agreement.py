"""Before anything is timed: do the ways compute the same numbers? Each recipe's check gives {way: distance from by hand}."""

import numpy as np
import peers
import ways
from by_hand import OcclusionByHand, PathByHand
from recipes import KERASAL, LIMIT, PATH, RECIPES, SAME_ROWS


def distance(a, b):
    """Relative L2 distance of a from b."""
    return float(np.linalg.norm(a - b) / np.linalg.norm(b))


def of_gradient(model, x, rows):
    made = RECIPES["gradient"].ways
    expected, _ = made[LIMIT](model, x, rows)(0)
    return {name: distance(way(model, x, rows)(0)[0], expected) for name, way in made.items() if name != LIMIT}


def of_smoothgrad(model, x, rows, M=6):
    """kerasal's alone, as the noise must be the same."""
    mean, std = ways.gradient_by_hand_with_kerasals_noise(model, x, rows)(M)
    found = ways.gradient_by_kerasal(model, x, rows)(M)
    return {"kerasal, mean": distance(found[0], mean), "kerasal, std": distance(found[1], std)}


def evenly(count):
    """Nodes of [0, 1] with both ends, of equal weights."""
    return np.linspace(0, 1, count, dtype="float32"), np.full(count, 1 / count, "float32")


def trapezoid(count):
    nodes, weights = evenly(count)[0], np.full(count, 1 / (count - 1), "float32")
    weights[[0, -1]] /= 2
    return nodes, weights


def of_path(model, x, rows, nodes=8):
    """Each against the hand-written loop at its own nodes; x is what tf-explain leaves out, the baseline being zero."""
    loop = PathByHand(model, x.shape, rows)
    at_midpoints, at_trapezoid, ends_in = (loop(x, *rule(nodes))[0] for rule in (ways.midpoints, trapezoid, evenly))
    found = {name: distance(PATH[name](model, x, rows)(nodes)[0], at_midpoints) for name in (KERASAL, SAME_ROWS)}
    found["Xplique"] = distance(peers.path_by_xplique(model, x, rows)(nodes)[0], at_trapezoid)
    raw, _ = peers.path_by_tf_explain(model, x, rows, picture=False)(nodes)
    return {**found, "tf-explain": distance(raw * x, ends_in)}


def of_occlusion(model, x, rows, windows):
    """Xplique's sum is divided by how many windows cover a pixel."""
    made = RECIPES["occlusion"].ways
    expected, _ = made[LIMIT](model, x, rows)(windows)
    found = {name: distance(made[name](model, x, rows)(windows)[0], expected) for name in (KERASAL, SAME_ROWS)}
    coverage = OcclusionByHand(model, x.shape, rows, *windows).coverage
    return {**found, "Xplique": distance(made["Xplique"](model, x, rows)(windows)[0] / coverage, expected)}


def check(workload, model, x, recipe):
    """Relative L2 distances from the hand-written numbers, at a few points.

    Returns:
        {way: distance}.

    Raises:
        RuntimeError: if a distance is 1e-4 or more, that of a standard deviation 1e-3.
    """
    found = {
        "gradient": of_gradient,
        "SmoothGrad": of_smoothgrad,
        "integrated gradients": of_path,
        "occlusion": lambda *given: of_occlusion(*given, workload.few_windows),
    }[recipe](model, x, workload.rows)
    far = {name: value for name, value in found.items() if not value < (1e-3 if name.endswith("std") else 1e-4)}
    if far:
        raise RuntimeError(
            f"All ways agree with the hand-written loop to a relative L2 of 1e-4. Received: {far} for {recipe} on "
            f"{workload.title}. Do not compare their times before this is understood."
        )
    return found
