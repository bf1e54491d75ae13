"""Molecules whose cause is known atom by atom (Sanchez-Lengeling et al. 2020): graph networks on files smiles, split, label, truth."""

import csv
import functools
import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
from rdkit import Chem
from rdkit.Chem import rdMolDescriptors
from sklearn.metrics import roc_auc_score
from task import Part, Task, Trained, fitted

from kerasal import Background, LayerExtractor, Recipe, recipes
from kerasal.metrics import Measurement, RocAuc
from kerasal.molecules import batches, ggnn, to_graphs

LEARNT = {  # epochs, units and dropout of the networks, chosen on a tenth of the training molecules
    "benzene": (8, 32, 0.05),
    "logic7": (20, 48, 0.05),
    "logic10": (16, 48, 0.05),
    "crippen": (80, 48, 0.0),
}
PUBLISHED = {
    "benzene": {"CAM (best published)": 1.0, "IG, median of GCNs": 0.98, "gradient × input, median": 0.73},
    "logic7": {"IG (best published)": 0.89, "IG, median of GCNs": 0.78, "gradient × input, median": 0.56},
    "logic10": {"last-layer gradient (best published)": 0.81, "CAM, median": 0.75, "gradient × input, median": 0.53},
    "crippen": {"CAM (best published)": 0.46, "IG, median of GCNs": 0.32},
}
RANDOM = {"benzene": 0.61, "logic7": 0.42, "logic10": 0.50, "crippen": 0.13}
WANTED = {"benzene": 0.98, "logic7": 0.85, "logic10": 0.80, "crippen": 0.46}


class Molecules:
    """A file of molecules, with graphs, labels and truth.

    Args:
        path: of a `.csv.gz` with columns smiles, split, label and truth: one digit per atom in the order of the SMILES, one
            string per valid explanation, with | between; no truth: RDKit's Crippen shares, of hydrogens too.
    """

    def __init__(self, path: Path):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            self.rows = list(csv.DictReader(file))
        mols = [Chem.MolFromSmiles(row["smiles"]) for row in self.rows]
        self.is_classification = {row["label"] for row in self.rows} <= {"0", "1"}
        if not self.is_classification:
            mols = [Chem.AddHs(mol) for mol in mols]
        self.shares = None if self.is_classification else [_crippen(mol) for mol in mols]
        self.graphs, self.y = to_graphs(mols), np.array([float(row["label"]) for row in self.rows], "float32")
        self.split = np.array([row["split"] for row in self.rows])

    def of(self, places: np.ndarray) -> dict[str, np.ndarray]:
        """Give the graphs of some molecules."""
        return {name: array[places] for name, array in self.graphs.items()}

    def part(self, places: np.ndarray) -> Part:
        """Give some molecules to judge maps on, those more than twice as large as the median apart."""
        sizes = self.graphs["mask"][places].sum(1).astype(int)
        is_large = sizes > 2 * np.median(sizes)
        groups = [group for group in (places[~is_large], places[is_large]) if len(group)]
        judge = self._by_masks if self.is_classification else self._by_shares
        return Part([self._narrow(group) for group in groups], functools.partial(judge, np.concatenate(groups)))

    def _narrow(self, places: np.ndarray) -> dict[str, np.ndarray]:
        (narrow,) = batches(self.of(places), batch_size=len(places), seed=None)
        return {name: array.numpy() for name, array in narrow.items()}

    def _by_masks(self, places: np.ndarray, maps: list[np.ndarray]) -> Measurement:
        """ROC AUC per molecule over its own atoms, best over alternatives."""
        found = np.full(len(places), np.nan)
        for n, (place, own) in enumerate(zip(places, _rows(maps), strict=True)):
            truths = [np.array(list(each)) == "1" for each in self.rows[place]["truth"].split("|")]
            found[n] = RocAuc([truth[None] for truth in truths])(None, own[None, : len(truths[0])]).values[0]
        return Measurement("ROC AUC", found, higher_is_better=True)

    def _by_shares(self, places: np.ndarray, maps: list[np.ndarray]) -> Measurement:
        """Kendall's τ per molecule between saliency and shares."""
        from scipy.stats import kendalltau

        shares = self.shares or []
        found = [
            kendalltau(shares[place], own[: len(shares[place])]).statistic
            for place, own in zip(places, _rows(maps), strict=True)
        ]
        return Measurement("Kendall's τ", np.array(found), higher_is_better=True)


def _rows(maps: list[np.ndarray]) -> list[np.ndarray]:
    """The map of each molecule, (atoms,), padded."""
    return [row.ravel() for part in maps for row in part]


def _crippen(mol: Chem.Mol) -> np.ndarray:
    return np.array([share for share, _ in rdMolDescriptors._CalcCrippenContribs(mol)])


def train(path: Path, epochs: int, units: int, dropout: float, seed: int, quick: bool, weights: Path) -> Trained:
    """Train a gated graph network on the file's own split; a tenth of the training molecules chooses recipes."""
    data = Molecules(path)
    order = np.random.default_rng(0).permutation(np.flatnonzero(data.split == "train"))
    held, learnt = order[: len(order) // 10], order[len(order) // 10 :]
    tested = np.flatnonzero(data.split == "test")
    if quick:
        learnt, epochs, tested = learnt[:1500], 3, tested[:120]
    mean, spread = (0.0, 1.0) if data.is_classification else (data.y[learnt].mean(), data.y[learnt].std())
    model = ggnn(units=units, steps=4, dropout=dropout, head_units=units if data.is_classification else None)
    steps = epochs * -(-len(learnt) // 32)
    rate = keras.optimizers.schedules.CosineDecay(5e-3, steps)
    loss = keras.losses.BinaryCrossentropy(from_logits=True) if data.is_classification else "mse"
    model.compile(keras.optimizers.Adam(rate, clipnorm=1.0), loss)
    targets = (data.y[learnt, None] - mean) / spread
    training = batches(data.of(learnt), targets, 32, seed=seed)
    fitted(model, weights, lambda: model.fit(training, epochs=epochs, verbose=0))
    predicted = model.predict(data.of(tested), verbose=0)[:, 0] * spread + mean
    own = _own(data, tested, predicted)
    if data.is_classification:
        held, tested = held[data.y[held] == 1], tested[data.y[tested] == 1]
    most = 20 if quick else 300
    return Trained(model, own, graph_recipes(model, data, learnt), data.part(held[:most]), data.part(tested))


def _own(data: Molecules, places: np.ndarray, predicted: np.ndarray) -> float:
    """The network's own score: ROC AUC of a class, R² of a number."""
    truth = data.y[places]
    if data.is_classification:
        return float(roc_auc_score(truth, predicted))
    return float(1 - np.sum((truth - predicted) ** 2) / np.sum((truth - truth.mean()) ** 2))


def graph_recipes(model: keras.Model, data: Molecules, learnt: np.ndarray) -> dict[str, Recipe]:
    """Give every method that applies, at the embedding of the atoms and at their last states."""
    graphs = data.of(learnt[:1000])
    real = graphs["mask"] > 0
    found: dict[str, Recipe] = {}
    for layer, where in (("embed", "embedding"), ("convolutions", "last states")):
        states = LayerExtractor(layer).submodel(model).predict(graphs, verbose=0)[real]
        at: dict[str, Any] = {"target_extractor": layer, "ch_axis": -1}
        found |= {f"{name}, {where}": recipe for name, recipe in _recipes_at(at, states).items()}
    at = {"target_extractor": "embed", "ch_axis": -1}  # behind the last states no dropout is left
    if model.get_layer("convolutions").dropout:
        found["BayesGrad, size, embedding"] = recipes.bayes_grad(M=20, ch_reduce="l2", **at)
        found["BayesGrad × input, embedding"] = recipes.bayes_grad(M=20, multiply_target=True, **at)
    cam = {"target_extractor": "embed", "layer": "convolutions"}
    return found | {
        "DeepLIFT from 0, last states": recipes.deep_lift(target_extractor="convolutions", ch_axis=-1),
        "Grad-CAM, last states": recipes.grad_cam(**cam),
        "Grad-CAM++, last states": recipes.grad_cam_plus_plus(**cam),
        "LayerCAM, last states": recipes.layer_cam(**cam),
    }


def _recipes_at(at: dict[str, Any], states: np.ndarray) -> dict[str, Recipe]:
    """Give those at a layer, whose states of real atoms, (count, units), make baselines."""
    mean = states.mean(0)
    drawn = Background(np.random.default_rng(0).permutation(states)[:64, None], drawn=True)
    return {
        "gradient, size": recipes.vanilla(ch_reduce="l2", **at),
        "gradient × input": recipes.gradient_times_input(**at),
        "SmoothGrad, size": recipes.smooth_grad(M=20, ch_reduce="l2", **at),
        "SmoothGrad × input": recipes.smooth_grad(M=20, multiply_target=True, **at),
        "VarGrad": recipes.var_grad(M=20, **at),
        "IG from 0": recipes.integrated_gradients(steps=32, **at),
        "IG from the mean": recipes.integrated_gradients(steps=32, baseline=mean, **at),
        "expected gradients": recipes.expected_gradients(drawn, M=16, steps=4, **at),
        "Shapley values by 0": recipes.shapley(M=4, exact_up_to=0, **at),
        "occlusion by 0": Recipe("OcclusionCalculator", **at),
        "occlusion by the mean": Recipe("OcclusionCalculator", fill=mean, **at),
    }


def task_of(path: Path, name: str = "") -> Task:
    """Make the task of a file of this form.

    Args:
        path: of the file.
        name: of the task; "" for the file's.
    """
    name = name or path.name.split(".")[0]
    epochs, units, dropout = LEARNT.get(name, (24, 48, 0.05))
    is_crippen = name == "crippen"
    train_one: Callable[[int, bool, Path], Trained] = functools.partial(train, path, epochs, units, dropout)
    return Task(
        name,
        "RDKit's shares of atoms in logP, hydrogens as nodes"
        if is_crippen
        else "the atoms of the groups that give the class",
        "Kendall's τ over atoms" if is_crippen else "ROC AUC over atoms, test positives, best of valid explanations",
        "R²" if is_crippen else "ROC AUC",
        train_one,
        RANDOM.get(name, 0.5),
        PUBLISHED.get(name, {}),
        WANTED.get(name),
        None if name not in WANTED else 0.9 if is_crippen else 0.99,
    )
