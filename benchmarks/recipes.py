"""What is compared: each recipe with the ways to do it, how much of it, and what a reader must know of the ways."""

from dataclasses import dataclass
from typing import Callable

import peers
import ways

LIMIT, KERASAL, SAME_ROWS = "hand-written loop", "kerasal", "kerasal, same rows"


@dataclass(frozen=True)
class Recipe:
    """A map that several ways compute.

    Args:
        ways: {name: function (model, x, rows) -> way}, see ways.py.
        amount: function (workload, quick) -> what a way is called with.
        says: function of the amount -> how the page tells it.
        about: what differs between the ways.
        first: function of the amount -> that of a first call, which shows how long tracing takes.
    """

    ways: dict
    amount: Callable
    says: Callable
    about: str
    first: Callable = lambda amount: amount


def ours(by_hand, by_kerasal):
    return {LIMIT: by_hand, KERASAL: by_kerasal, SAME_ROWS: ways.at_same_rows(by_kerasal)}


def count(windows, length):
    """Windows of an image of this height and width."""
    return ((length - windows[0]) // windows[1] + 1) ** 2


GRADIENT = ours(ways.gradient_by_hand, ways.gradient_by_kerasal) | {"tf-keras-vis": peers.gradient_by_tf_keras_vis}
PATH = ours(ways.path_by_hand, ways.path_by_kerasal)
OCCLUSION = ours(ways.occlusion_by_hand, ways.occlusion_by_kerasal)

RECIPES = {
    "gradient": Recipe(
        {name: way for name, way in GRADIENT.items() if name != SAME_ROWS},
        lambda workload, quick: 0,
        lambda amount: "one pass",
        "All examples are one model call.",
    ),
    "SmoothGrad": Recipe(
        GRADIENT,
        lambda workload, quick: 4 if quick else 50,
        "M = {}".format,
        "The first call is of 2 samples. tf-keras-vis holds all samples at once and calls the model for one after another.",
        lambda amount: min(amount, 2),
    ),
    "integrated gradients": Recipe(
        PATH | {"Xplique": peers.path_by_xplique, "tf-explain": peers.path_by_tf_explain},
        lambda workload, quick: 8 if quick else 50,
        "{} nodes from zeros".format,
        "kerasal and the loop take gradients at midpoints, and the score at both ends for the completeness gap. Xplique takes as "
        "many gradients by the trapezoid rule, at the limit's rows a call. tf-explain averages as many with full weight at both "
        "ends, all nodes of all examples of a class in one call, leaves out the product with x − baseline and makes a picture.",
    ),
    "occlusion": Recipe(
        OCCLUSION | {"Xplique": peers.occlusion_by_xplique, "tf-explain": peers.occlusion_by_tf_explain},
        lambda workload, quick: workload.few_windows if quick else workload.windows,
        lambda windows: f"window {windows[0]}, stride {windows[1]}",
        "kerasal and the loop average over the windows that cover a pixel; Xplique adds them up, at the limit's rows a call. "
        "tf-explain has patches side by side only: it gets smaller ones, as many as the others have windows, fills them with "
        "127.5 and makes a picture of 1 − score, so its numbers are not compared. Its rows a call are the limit's too.",
    ),
}
