"""Store what Captum's DeepLIFT and Zennit's relevance propagation give on a small fixed network, in tests/data/rules.npz.

Run it in an environment of its own, which record_rules.txt describes. The file holds inputs, baselines, weights (in the order and
layout of `tests/zoo/rule_networks.py`), logits, the results and, as JSON under "record", versions and settings.
"""

import copy
import json
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from captum.attr import DeepLift, DeepLiftShap
from torch import nn
from zennit.attribution import Gradient
from zennit.composites import (
    EpsilonGammaBox,
    EpsilonPlus,
    LayerMapComposite,
    SpecialFirstLayerMapComposite,
    layer_map_base,
)
from zennit.layer import Sum
from zennit.rules import AlphaBeta, Epsilon, WSquare
from zennit.types import Convolution

STORED = Path(__file__).parents[1] / "tests" / "data" / "rules.npz"
SEED, CLASSES = 17, [1, 3, 0]
PACKAGES = ("captum", "zennit", "torch", "numpy")
KERNELS = {
    "first": (3, 3, 2, 6),
    "second": (3, 3, 6, 6),
    "third": (2, 3, 6, 5),
    "hidden": (2 * 3 * 5, 8),
    "logits": (8, 4),
}


class Network(nn.Module):
    """The network on (N, 2, 12, 10)."""

    def __init__(self):
        super().__init__()
        self.first, self.normalize, self.first_relu = (
            nn.Conv2d(2, 6, 3, padding=1),
            nn.BatchNorm2d(6, eps=1e-3),
            nn.ReLU(),
        )
        self.pool = nn.MaxPool2d(2)
        self.second, self.second_relu, self.sum = nn.Conv2d(6, 6, 3, padding=1), nn.ReLU(), Sum()
        self.average = nn.AvgPool2d((2, 1))
        self.third, self.third_tanh = nn.Conv2d(6, 5, (2, 3)), nn.Tanh()
        self.hidden, self.hidden_relu, self.logits = nn.Linear(30, 8), nn.ReLU(), nn.Linear(8, 4)

    def forward(self, x):
        x = self.first_relu(self.normalize(self.first(x)))
        x = self.pool(x + 0.0)  # a tensor of its own: Captum 0.9 misses the rule of a ReLU whose output a pooling takes
        x = self.average(self.sum(torch.stack([self.second_relu(self.second(x)), x], -1)))
        x = self.third_tanh(self.third(x)).permute(0, 2, 3, 1).flatten(1)
        return self.logits(self.hidden_relu(self.hidden(x)))


def draw(rng):
    """[kernel, bias, ...] in the order of Keras, with those of the normalization behind the first two."""
    weights = []
    for name, shape in KERNELS.items():
        weights += [rng.normal(0, np.sqrt(2 / np.prod(shape[:-1])), shape), rng.normal(0, 0.2, shape[-1])]
        if name == "first":
            weights += [
                rng.uniform(-1.6, 1.6, 6),
                rng.normal(0, 0.3, 6),
                rng.normal(0, 0.3, 6),
                rng.uniform(0.4, 1.6, 6),
            ]
    return [weight.astype("float32") for weight in weights]


def network_of(weights):
    model, waiting = Network().eval(), [torch.tensor(weight) for weight in weights]
    with torch.no_grad():
        for name, shape in KERNELS.items():
            kernel, bias = waiting.pop(0), waiting.pop(0)
            layer = getattr(model, name)
            layer.weight.copy_(kernel.permute(3, 2, 0, 1) if len(shape) == 4 else kernel.T)
            layer.bias.copy_(bias)
            if name == "first":
                for part in (
                    model.normalize.weight,
                    model.normalize.bias,
                    model.normalize.running_mean,
                    model.normalize.running_var,
                ):
                    part.copy_(waiting.pop(0))
    return model


def merged(model):
    """The network with its normalization merged into the convolution before; Zennit's own merging leaves the ε of the variance."""
    model, norm = copy.deepcopy(model), model.normalize
    with torch.no_grad():
        scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
        model.first.weight *= scale[:, None, None, None]
        model.first.bias.copy_((model.first.bias - norm.running_mean) * scale + norm.bias)
    model.normalize = nn.Identity()
    return model


def to_torch(x):
    return torch.tensor(x).permute(0, 3, 1, 2).clone()


def to_keras(x):
    return x.detach().permute(0, 2, 3, 1).numpy()


def of_captum(model, x, baseline, background):
    deep_lift = DeepLift(model).attribute(to_torch(x), to_torch(baseline), torch.tensor(CLASSES))
    deep_shap = DeepLiftShap(model).attribute(to_torch(x), to_torch(background), torch.tensor(CLASSES))
    return {"captum.deep_lift": to_keras(deep_lift), "captum.deep_lift_shap": to_keras(deep_shap)}


def of_zennit(model, x):
    model = merged(model)
    linear = (torch.nn.Linear, Epsilon())
    low, high = torch.zeros(1, 2, 12, 10), torch.ones(1, 2, 12, 10)
    composites = {
        "epsilon": LayerMapComposite([*layer_map_base(), (Convolution, Epsilon()), linear]),
        "epsilon_large": LayerMapComposite(
            [*layer_map_base(), (Convolution, Epsilon(0.1)), (torch.nn.Linear, Epsilon(0.1))]
        ),
        "epsilon_plus": EpsilonPlus(),
        "epsilon_gamma_box": EpsilonGammaBox(low, high),
        "alpha_beta": LayerMapComposite([*layer_map_base(), (Convolution, AlphaBeta(2, 1)), linear]),
        "w_square": SpecialFirstLayerMapComposite(
            [*layer_map_base(), (Convolution, Epsilon()), linear], [(Convolution, WSquare())]
        ),
    }
    found = {}
    for name, composite in composites.items():
        with Gradient(model, composite) as attributor:
            _, relevance = attributor(to_torch(x), lambda output: output * torch.eye(4)[CLASSES])
        found[f"zennit.{name}"] = to_keras(relevance)
    return found


def main():
    rng = np.random.default_rng(SEED)
    weights = draw(rng)
    x, baseline = rng.random((3, 12, 10, 2), "float32"), rng.random((3, 12, 10, 2), "float32") / 2
    background = rng.random((5, 12, 10, 2), "float32")
    model = network_of(weights)
    logits = model(to_torch(x)).detach().numpy()
    results = {**of_captum(model, x, baseline, background), **of_zennit(model, x)}
    for key, array in results.items():
        if not np.isfinite(array).all() or (np.abs(array).reshape(3, -1).max(1) == 0).any():
            raise RuntimeError(
                f"Every result says something of every example. Received: {key}, which does not. Choose another SEED."
            )
        print(f"{key:30} largest {np.abs(array).max():.3g}")
    arrays = {f"weights.{i}": weight for i, weight in enumerate(weights)}
    arrays |= {
        "x": x,
        "baseline": baseline,
        "background": background,
        "logits": logits,
        "classes": np.array(CLASSES, "int32"),
    }
    record = json.dumps({"versions": {name: version(name) for name in PACKAGES}})
    with open(STORED, "wb") as file:
        np.savez_compressed(file, **arrays, **results, record=np.array(record))
    print(f"{STORED.name}: {STORED.stat().st_size / 1024:.1f} KiB")


if __name__ == "__main__":
    main()
