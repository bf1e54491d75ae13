"""What is compared: each recipe with the ways to do it and how much of it."""

from collections.abc import Callable
from dataclasses import dataclass

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
        first: function of the amount -> that of a first call, which shows how long tracing takes.
    """

    ways: dict
    amount: Callable
    says: Callable
    first: Callable = lambda amount: amount


def ours(by_hand, by_kerasal):
    return {LIMIT: by_hand, KERASAL: by_kerasal, SAME_ROWS: ways.at_same_rows(by_kerasal)}


GRADIENT = ours(ways.gradient_by_hand, ways.gradient_by_kerasal) | {"tf-keras-vis": peers.gradient_by_tf_keras_vis}
PATH = ours(ways.path_by_hand, ways.path_by_kerasal)
OCCLUSION = ours(ways.occlusion_by_hand, ways.occlusion_by_kerasal)

RECIPES = {
    "gradient": Recipe(
        {way: make for way, make in GRADIENT.items() if way != SAME_ROWS},
        lambda workload, quick: 0,
        lambda amount: "one pass",
    ),
    "SmoothGrad": Recipe(
        GRADIENT,
        lambda workload, quick: 4 if quick else 50,
        "M = {}".format,
        lambda amount: min(amount, 2),
    ),
    "integrated gradients": Recipe(
        PATH | {"Xplique": peers.path_by_xplique, "tf-explain": peers.path_by_tf_explain},
        lambda workload, quick: 8 if quick else 50,
        "{} nodes".format,
    ),
    "occlusion": Recipe(
        OCCLUSION | {"Xplique": peers.occlusion_by_xplique, "tf-explain": peers.occlusion_by_tf_explain},
        lambda workload, quick: workload.windows,
        lambda windows: f"window {windows[0]}, stride {windows[1]}",
    ),
}
