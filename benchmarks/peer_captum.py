"""Results of Captum for PyTorch copies of the networks, weight for weight. Each function returns {key: (array, settings)}."""

import torch
from captum.attr import IntegratedGradients, LayerIntegratedGradients, Occlusion
from peer_copies import to_keras, to_torch


def captum_image(copy, x, classes, baseline):
    x, baseline, target = to_torch(x), to_torch(baseline), torch.tensor(classes, dtype=torch.long)

    def path(method, n_steps):
        map_ = IntegratedGradients(copy).attribute(x, baseline, target, n_steps=n_steps, method=method)
        settings = {"method": method, "n_steps": n_steps, "baselines": "image.baseline"}
        return to_keras(map_), {"network": "image", **settings}

    def occlude(size, stride):
        map_ = Occlusion(copy).attribute(x, (3, *size), (3, *stride), baselines=0.25, target=target)
        settings = {"sliding_window_shapes": (*size, 3), "strides": (*stride, 3), "baselines": 0.25}
        return to_keras(map_), {"network": "image", **settings}

    layer = LayerIntegratedGradients(copy, copy.first).attribute(x, 0.0, target, n_steps=20, method="gausslegendre")
    settings = {"network": "image", "layer": "first", "method": "gausslegendre", "n_steps": 20, "baselines": 0.0}
    return {
        "captum.integrated_gradients_gausslegendre": path("gausslegendre", 20),
        "captum.integrated_gradients_middle": path("riemann_middle", 16),
        "captum.integrated_gradients_trapezoid": path("riemann_trapezoid", 16),
        "captum.occlusion": occlude((4, 3), (2, 2)),
        "captum.occlusion_edge": occlude((5, 4), (3, 2)),
        "captum.layer_integrated_gradients_first": (to_keras(layer), settings),
    }


def captum_tokens(copy, ids, classes, baseline):
    ids, baseline, target = to_torch(ids), to_torch(baseline), torch.tensor(classes, dtype=torch.long)
    options = {"n_steps": 20, "method": "gausslegendre"}
    map_ = LayerIntegratedGradients(copy, copy.embed).attribute(ids, baseline, target, **options)
    settings = {"network": "tokens", "layer": "embed", **options, "baselines": "tokens.baseline"}
    return {"captum.layer_integrated_gradients_embed": (to_keras(map_), settings)}
