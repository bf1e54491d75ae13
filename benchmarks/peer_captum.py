"""Results of Captum for PyTorch copies of the networks, weight for weight. Each function returns {key: (array, settings)}."""

import numpy as np
import torch
from captum.attr import IntegratedGradients, LayerIntegratedGradients, Occlusion
from torch import nn


class ImageCopy(nn.Module):
    """The image network on (N, 3, 12, 9). Its ReLU "first" is a module, so that a layer method can name it."""

    def __init__(self, weights):
        super().__init__()
        kernel, bias, *normalize, kernel2, bias2, hidden, hidden_bias, out, out_bias = map(torch.tensor, weights)
        self.kernels, self.dense = [(kernel, bias), (kernel2, bias2)], [(hidden, hidden_bias), (out, out_bias)]
        self.normalize = normalize
        self.first = nn.ReLU()

    def forward(self, x):
        (kernel, bias), (kernel2, bias2) = self.kernels
        gamma, beta, mean, variance = self.normalize
        x = self.first(nn.functional.conv2d(x, kernel.permute(3, 2, 0, 1), bias, padding=1))
        x = nn.functional.batch_norm(x, mean, variance, gamma, beta, eps=1e-3)
        x = nn.functional.max_pool2d(x, 2)
        x = nn.functional.conv2d(x, kernel2.permute(3, 2, 0, 1), bias2).relu()
        (hidden, hidden_bias), (out, out_bias) = self.dense
        x = (x.permute(0, 2, 3, 1).flatten(1) @ hidden + hidden_bias).relu()
        return x @ out + out_bias


class TokensCopy(nn.Module):
    """The token network: the gates of both sides come in the order input, forget, cell, output."""

    def __init__(self, weights):
        super().__init__()
        table, kernel, recurrent, bias, self.out, self.out_bias = map(torch.tensor, weights)
        self.embed = nn.Embedding.from_pretrained(table)
        self.recurrent = nn.LSTM(table.shape[1], recurrent.shape[0], batch_first=True)
        with torch.no_grad():
            self.recurrent.weight_ih_l0.copy_(kernel.T)
            self.recurrent.weight_hh_l0.copy_(recurrent.T)
            self.recurrent.bias_ih_l0.copy_(bias)
            self.recurrent.bias_hh_l0.zero_()

    def forward(self, ids):
        states, _ = self.recurrent(self.embed(ids))
        return states[:, -1] @ self.out + self.out_bias


def torch_copy(name, model, x):
    """The copy of the network `name`, after a check that both give the same logits at x."""
    copy = {"image": ImageCopy, "tokens": TokensCopy}[name](model.get_weights()).eval()
    with torch.no_grad():
        distance = np.abs(copy(to_torch(x)).numpy() - np.asarray(model(x))).max()
    if not distance < 1e-5:
        raise RuntimeError(
            f"The copy of the {name} network gives its logits to 1e-5. Received: a distance of {distance}. "
            "Correct the copy before anything is recorded."
        )
    return copy


def to_torch(x):
    """Channels first for images."""
    x = torch.tensor(x)
    return x.permute(0, 3, 1, 2) if x.ndim == 4 else x


def to_keras(x):
    """Channels last for maps."""
    x = x.detach()
    return (x.permute(0, 2, 3, 1) if x.ndim == 4 else x).numpy()


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
