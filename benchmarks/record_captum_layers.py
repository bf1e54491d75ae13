"""Record what Captum says of layers: conductance and internal influence of a small network, with its weights, into tests/data.

`python benchmarks/record_captum_layers.py`, in an environment with captum==0.9.0 and torch; TensorFlow is not needed. The test is
tests/calculators/test_conductance.py.
"""

from pathlib import Path

import numpy as np
import torch
from captum.attr import InternalInfluence, LayerConductance
from torch import nn

WAY = Path(__file__).parents[1] / "tests/data/captum_layers.npz"
STEPS = 20000  # of a sum that takes the gradient at the beginning of each step, so that its error falls as slowly as their width


class Network(nn.Module):
    """(N, 7, 5, 2): a convolution with tanh, BatchNormalization, a dense layer with softplus, three logits; all of it smooth."""

    def __init__(self, weights):
        super().__init__()
        self.weights = {name: torch.tensor(array) for name, array in weights.items()}
        self.inner, self.hidden = nn.Tanh(), nn.Softplus()

    def forward(self, x):
        w = self.weights
        maps = nn.functional.conv2d(x.permute(0, 3, 1, 2), w["kernel"].permute(3, 2, 0, 1), w["bias"])
        maps = self.inner(maps)
        maps = nn.functional.batch_norm(maps, w["mean"], w["variance"], w["gamma"], w["beta"], eps=1e-3)
        found = self.hidden(maps.permute(0, 2, 3, 1).flatten(1) @ w["dense"] + w["dense_bias"])
        return found @ w["out"] + w["out_bias"]


def weights_of(rng):
    shapes = {"kernel": (3, 2, 2, 4), "bias": 4, "gamma": 4, "beta": 4, "mean": 4}
    dense = {"dense": (80, 6), "dense_bias": 6, "out": (6, 3), "out_bias": 3}
    drawn = {name: rng.normal(size=shape) * 0.4 for name, shape in {**shapes, **dense}.items()}
    return {name: each.astype("float64") for name, each in {**drawn, "variance": rng.uniform(0.5, 2, 4)}.items()}


def main():
    rng = np.random.default_rng(7)
    weights = weights_of(rng)
    x, baseline = rng.normal(size=(4, 7, 5, 2)), rng.normal(size=(1, 7, 5, 2)) * 0.3
    model, points, start, classes = (
        Network(weights),
        torch.tensor(x),
        torch.tensor(baseline),
        torch.tensor([0, 2, 1, 0]),
    )
    found = {}
    for layer in ("inner", "hidden"):
        for name, method in (("conductance", LayerConductance), ("influence", InternalInfluence)):
            with torch.no_grad():
                array = method(model, getattr(model, layer)).attribute(
                    points, start, target=classes, n_steps=STEPS, method="riemann_middle", internal_batch_size=2000
                )
            array = array.detach().numpy()
            found[f"{name} {layer}"] = array.transpose(0, 2, 3, 1) if array.ndim == 4 else array
    given = {f"weight {name}": each.astype("float32") for name, each in weights.items()}
    given |= {"x": x, "baseline": baseline[0], "classes": classes.numpy().astype("int64")}
    np.savez_compressed(WAY, **{name: np.asarray(each) for name, each in {**given, **found}.items()})


if __name__ == "__main__":
    main()
