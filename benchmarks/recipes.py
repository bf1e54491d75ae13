"""The things compared: each recipe with the ways to do it and how much of it."""

from collections.abc import Callable
from dataclasses import dataclass

import peer_pair
import peer_torch
import peers
import ways

LIMIT, KERASAL, SAME_ROWS = "hand-written loop", "kerasal", "kerasal, same rows"
OURS = (LIMIT, KERASAL, SAME_ROWS)


@dataclass(frozen=True)
class Recipe:
    """A map that several ways compute.

    Args:
        by_hand, by_kerasal: function of a job -> way, see ways.py.
        peers: {name: function of a job -> way}, which raises `Cannot`.
        amount: function of a workload -> what a way is called with.
        few: the amount with --quick; None for the same.
        says: function of the amount -> how the page tells it.
        first: function of the amount -> that of a first call, which shows how long tracing takes.
    """

    by_hand: Callable
    by_kerasal: Callable
    peers: dict
    amount: Callable
    few: object
    says: Callable
    first: Callable = lambda amount: amount

    @property
    def ways(self):
        same = {SAME_ROWS: lambda job: self.by_kerasal(job, batch_size=job.rows)}
        return {LIMIT: self.by_hand, KERASAL: self.by_kerasal, **same, **self.peers}


GRADIENTS = {
    "tf-keras-vis": peers.gradient_by_tf_keras_vis,
    "PAIR": peer_pair.gradient_by_pair,
    "Xplique": peers.gradient_by_xplique,
    "tf-explain": peers.gradient_by_tf_explain,
    "Captum": peer_torch.gradient_by_captum,
}
DROPOUTS = {
    "eager tape": peers.dropout_by_eager_tape,
    "tf-keras-vis": peers.dropout_by_tf_keras_vis,
    "Captum": peer_torch.dropout_by_captum,
}
PATHS = {
    "PAIR": peer_pair.path_by_pair,
    "Xplique": peers.path_by_xplique,
    "tf-explain": peers.path_by_tf_explain,
    "SHAP": peers.path_by_shap,
    "Captum": peer_torch.path_by_captum,
}
OCCLUSIONS = {
    "PAIR": peer_pair.occlusion_by_pair,
    "Xplique": peers.occlusion_by_xplique,
    "tf-explain": peers.occlusion_by_tf_explain,
    "Captum": peer_torch.occlusion_by_captum,
}


def two(M):
    """A few samples, traced as any number of them."""
    return min(M, 2)


RECIPES = {
    "gradient": Recipe(
        ways.gradient_by_hand, ways.gradient_by_kerasal, GRADIENTS, lambda workload: 0, None, lambda amount: "one pass"
    ),
    "SmoothGrad": Recipe(
        ways.gradient_by_hand,
        ways.gradient_by_kerasal,
        GRADIENTS,
        lambda workload: workload.samples,
        4,
        "M = {}".format,
        two,
    ),
    "BayesGrad": Recipe(
        ways.dropout_by_hand,
        ways.dropout_by_kerasal,
        DROPOUTS,
        lambda workload: workload.samples,
        4,
        "M = {}".format,
        two,
    ),
    "integrated gradients": Recipe(
        ways.path_by_hand, ways.path_by_kerasal, PATHS, lambda workload: min(50, workload.samples), 8, "{} nodes".format
    ),
    "occlusion": Recipe(
        ways.occlusion_by_hand,
        ways.occlusion_by_kerasal,
        OCCLUSIONS,
        lambda workload: workload.windows,
        None,
        lambda windows: f"window {windows[0]}, stride {windows[1]}",
    ),
    "all classes": Recipe(
        ways.classes_by_hand, ways.classes_by_kerasal, {}, lambda workload: 0, None, lambda amount: "one pass"
    ),
}
