"""Store what Captum's TCAV gives on a small fixed network, with its vectors, in tests/data/concepts.npz; see record_peers.txt.

    python benchmarks/record_concepts.py    # captum 0.9, torch, scikit-learn; no kerasal

Its vectors are those of scikit-learn's logistic regression on all examples of a concept and the random ones.
"""

import json
import tempfile
from importlib.metadata import version

import numpy as np
import torch
from captum.attr import LayerGradientXActivation
from captum.concept import TCAV, Classifier, Concept
from record_peers import ROOT, store
from sklearn.linear_model import LogisticRegression

SEED, PENALTY, TARGET = 7, 0.02, 1


class Logistic(Classifier):
    """scikit-learn's, with the penalty that `PENALTY` is in units of the squared length of activations."""

    def __init__(self):
        self.model = None

    def train_and_eval(self, dataloader, test_split_ratio=0.0, **_):
        inputs, labels = (torch.cat(parts).double().numpy() for parts in zip(*dataloader, strict=True))
        square = np.square(inputs - inputs.mean(0)).sum(1).mean()
        how = {"tol": 1e-10, "max_iter": 10_000, "solver": "newton-cg"}
        self.model = LogisticRegression(C=1 / (len(inputs) * PENALTY * square), **how).fit(inputs, labels)
        return {"accs": torch.tensor(self.model.score(inputs, labels))}

    def weights(self):
        last = torch.tensor(self.model.coef_).float()  # of the second class against the first
        return torch.cat([-last, last])

    def classes(self):
        return self.model.classes_.tolist()


def network(rng):
    """Two convolutions and a dense layer, their weights in the order of Keras'."""
    net = torch.nn.Sequential(
        torch.nn.Conv2d(2, 4, 3),
        torch.nn.ReLU(),
        torch.nn.Conv2d(4, 5, 3),
        torch.nn.ReLU(),
        torch.nn.AdaptiveAvgPool2d(1),
        torch.nn.Flatten(),
        torch.nn.Linear(5, 3),
    )
    weights = [rng.normal(0, 0.5, size=(3, 3, 2, 4)), rng.normal(0, 0.2, 4), rng.normal(0, 0.5, size=(3, 3, 4, 5))]
    weights += [rng.normal(0, 0.2, 5), rng.normal(size=(5, 3)), rng.normal(size=3)]
    weights = [weight.astype("float32") for weight in weights]
    for own, weight in zip(net.parameters(), weights, strict=True):
        own.data = torch.tensor(weight.transpose(3, 2, 0, 1) if weight.ndim == 4 else weight.T.copy())
    return net, weights


def of(pictures):
    return torch.tensor(pictures.transpose(0, 3, 1, 2).copy())


def main():
    rng = np.random.default_rng(SEED)
    net, weights = network(rng)
    sets = {name: rng.normal(size=(30, 9, 7, 2)).astype("float32") for name in ("stripes", "noise", "random")}
    sets["stripes"][:, ::2, :, 0] += 1
    x = 2 * rng.normal(size=(40, 9, 7, 2)).astype("float32")
    concepts = {
        name: Concept(k, name, torch.utils.data.DataLoader(of(pictures), batch_size=30))
        for k, (name, pictures) in enumerate(sets.items())
    }
    arrays = {f"weight.{k}": weight for k, weight in enumerate(weights)} | {"x": x} | sets
    with tempfile.TemporaryDirectory() as folder:
        gradient = LayerGradientXActivation(net, None, multiply_by_inputs=False)
        tcav = TCAV(net, ["1", "3"], classifier=Logistic(), layer_attr_method=gradient, save_path=folder)
        experiments = [[concepts[name], concepts["random"]] for name in ("stripes", "noise")]
        found = tcav.interpret(of(x), experiments, target=TARGET)
        for key, by_layer in found.items():
            name = list(sets)[int(key.split("-")[0])]
            for layer, scores in by_layer.items():
                vector = tcav.cavs[key][layer].stats["weights"][0].numpy()
                shape = net[: int(layer) + 1](of(x)).shape[1:]
                arrays[f"{name}.{layer}.vector"] = vector.reshape(shape).transpose(1, 2, 0)
                arrays[f"{name}.{layer}.sign_count"] = scores["sign_count"].numpy()[0]
                arrays[f"{name}.{layer}.magnitude"] = scores["magnitude"].numpy()[0]
                print(name, layer, scores)
    record = {
        "ridge": PENALTY,
        "target": TARGET,
        **{peer: version(peer) for peer in ("captum", "torch", "scikit-learn")},
    }
    store(ROOT / "tests" / "data" / "concepts.npz", arrays | {"record": np.array(json.dumps(record))})


if __name__ == "__main__":
    main()
