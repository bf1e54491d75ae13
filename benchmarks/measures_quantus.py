"""Measures of Quantus, on maps of peers.npz; it takes channels first, and a PyTorch copy of the network where one is asked."""

import numpy as np
import quantus
from peer_copies import torch_copy
from peer_measures import FILL, of_few_numbers, pixels, weights


def quantus_measures(arrays, mask):
    """Maps of pixels have the shape (N, 1, H, W)."""
    x, classes, of_pixels = arrays["image.x"], arrays["image.classes"], pixels(arrays)
    copy = torch_copy("image", weights(arrays, "image"), x, arrays["image.logits"])
    integrated = arrays["captum.integrated_gradients_gausslegendre"]

    def ask(kind, maps, masks=None, **options):
        call = {"softmax": options.pop("softmax")} if "softmax" in options else {}
        measure = kind(disable_warnings=True, **options)
        given = {"x_batch": first(x), "y_batch": classes, "a_batch": first(maps), "s_batch": masks}
        found = measure(copy, **given, channel_first=True, device="cpu", **call)
        return np.array(found, "float64"), {"network": "image", **options, **call}

    def flip(**options):
        options = {"features_in_step": 12, "perturb_baseline": FILL, "softmax": False, **options}
        return ask(quantus.PixelFlipping, integrated, **options)

    def locate(kind, maps=of_pixels, own=mask, **options):
        return ask(kind, maps, first(own), **options)

    empty = mask & (np.arange(len(mask)) > 0).reshape(-1, 1, 1)
    return {
        "quantus.pixel_flipping": flip(),
        "quantus.pixel_flipping_auc": flip(return_auc_per_sample=True),
        "quantus.pixel_flipping_softmax": flip(softmax=True),
        "quantus.sparseness": ask(quantus.Sparseness, integrated),
        "quantus.sparseness_pixels": ask(quantus.Sparseness, of_pixels),
        "quantus.complexity": ask(quantus.Complexity, integrated),
        "quantus.complexity_pixels": ask(quantus.Complexity, of_pixels),
        "quantus.pointing_game": locate(quantus.PointingGame),
        "quantus.pointing_game_ties": locate(quantus.PointingGame, of_few_numbers(of_pixels)),
        "quantus.pointing_game_empty": locate(quantus.PointingGame, own=empty),
        "quantus.relevance_mass": locate(quantus.RelevanceMassAccuracy),
        "quantus.relevance_mass_abs": locate(quantus.RelevanceMassAccuracy, abs=True),
        "quantus.relevance_mass_positive": locate(quantus.RelevanceMassAccuracy, np.maximum(of_pixels, 0)),
        "quantus.relevance_rank": locate(quantus.RelevanceRankAccuracy),
        "quantus.relevance_rank_abs": locate(quantus.RelevanceRankAccuracy, abs=True),
    }


def first(array):
    """Channels first; an axis for them where there is none."""
    return array[:, None].copy() if array.ndim == 3 else np.moveaxis(array, -1, 1).copy()
