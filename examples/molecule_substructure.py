"""Does saliency find a known substructure? Pyridine rings in real molecules, by gradients with noise and dropout, and more.

The BayesGrad experiment (Akita et al. 2018, arXiv:1807.01985): a gated graph network with dropout learns which of RDKit's NCI
molecules contain a pyridine ring, from few molecules (1000, drawn anew for every seed) and from all. Held-out molecules with a
ring are then explained at the embedding of their atoms, and each method is judged by the average precision with which it finds
the atoms of the rings.
"""

import argparse
import functools
import json
import os
import time
import warnings
from pathlib import Path

import keras
import numpy as np
from matplotlib.figure import Figure
from rdkit import Chem, RDConfig
from sklearn.metrics import average_precision_score, roc_auc_score

import kerasal
from kerasal import metrics, recipes
from kerasal.molecules import batches, ggnn, read_smiles, to_graphs

PYRIDINE = Chem.MolFromSmarts("c1ccncc1")
NCI = os.path.join(RDConfig.RDDataDir, "NCI", "first_5K.smi")
SMOOTH = kerasal.GaussianNoiseSampler(mode="relative", scale=0.1)
GRADIENTS = {
    "vanilla": {},
    "SmoothGrad": {"noise_sampler": SMOOTH},
    "BayesGrad": {"train": True},
    "Bayes + Smooth": {"noise_sampler": SMOOTH, "train": True},
}

PICTURED = ("vanilla", "SmoothGrad", "BayesGrad", "integrated gradients", "occlusion")


def ring_atoms(mol):
    """1 for atoms of a pyridine ring, each counted once, (A,)."""
    truth = np.zeros(mol.GetNumAtoms(), int)
    truth[sorted({atom for match in mol.GetSubstructMatches(PYRIDINE) for atom in match})] = 1
    return truth


def network(units, depth, dropout):
    """Dropout before each graph convolution, and of .25 before the last layer, as in the experiment."""
    model = ggnn(units=units, steps=depth, dropout=dropout, head_dropout=0.25)
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(), loss=loss, jit_compile=False)  # XLA would compile for every width of a batch
    model.optimizer.build(model.trainable_variables)
    return model


def rows_of(graphs, rows):
    return {name: array[rows] for name, array in graphs.items()}


def train(model, start, fresh, graphs, labels, updates, seed):
    """Train from the fresh weights of a function on batches of 32; the rare class weighs as much as the other.

    One model is trained again and again, its optimizer put back to where it started, so that nothing is compiled twice.
    """
    keras.utils.set_random_seed(seed)
    model.set_weights(fresh().get_weights())
    for variable, value in zip(model.optimizer.variables, start, strict=True):
        variable.assign(value)
    epochs = max(1, round(updates / np.ceil(len(labels) / 32)))
    weights = {0: 0.5 / np.mean(labels == 0), 1: 0.5 / np.mean(labels == 1)}
    model.fit(batches(graphs, labels, 32, seed), epochs=epochs, class_weight=weights, shuffle=False, verbose=0)


def calculators(model, steps):
    embedded = {"target_extractor": kerasal.LayerExtractor("embed")}
    return (
        kerasal.GradientCalculator(model, **embedded),
        kerasal.IntegratedGradientsCalculator(model, steps=steps, **embedded),
        kerasal.OcclusionCalculator(model, slide_axis=1, **embedded),
    )


def explained(calculators, graphs, samples, seed):
    """{method: (N, A)}: squared gradients; by the other two what speaks for the ring, and what moves the score at all."""
    gradient, path, windows = calculators
    found = {
        name: gradient.explain(graphs, M=samples if how else 1, method="square", ch_axis=-1, seed=seed, **how).values
        for name, how in GRADIENTS.items()
    }
    signed = {"integrated gradients": path, "occlusion": windows}
    signed = {name: calculator.explain(graphs, ch_axis=-1).values for name, calculator in signed.items()}
    return {**found, **signed, **{f"|{name}|": np.abs(values) for name, values in signed.items()}}


def compared(model, graphs, truths, steps):
    """Four recipes of the logit: by what hiding atoms takes from it, and by the rings. Padding is neither hidden nor counted."""
    at = {"target_extractor": "embed", "ch_axis": -1}
    several = {
        "gradient × embedding": recipes.gradient_times_input(**at),
        "integrated gradients": recipes.integrated_gradients(steps=steps, **at),
        "occlusion": recipes.occlusion(1, slide_axis=1, **at),
        "Grad-CAM": recipes.grad_cam(target_extractor="embed", layer="convolutions", ch_axis=-1),
    }
    rings = np.full(graphs["atoms"].shape, np.nan)  # padding is not counted
    for row, truth in zip(rings, truths, strict=True):
        row[: len(truth)] = truth
    hidden = [kind(model, target_extractor="embed") for kind in (metrics.Deletion, metrics.Insertion)]
    return metrics.compare(model, graphs, several, [*hidden, metrics.AveragePrecision(rings)])


def precisions(saliency, truths):
    """Average precision of each molecule."""
    return [average_precision_score(truth, row[: len(truth)]) for row, truth in zip(saliency, truths, strict=True)]


def bootstrap(means, rng):
    """Mean over seeds and the middle 95 % of such means of seeds drawn with replacement."""
    means = np.asarray(means)
    drawn = rng.choice(means, (10_000, len(means))).mean(1)
    low, high = np.percentile(drawn, [2.5, 97.5])
    return {"mean": round(float(means.mean()), 3), "from": round(float(low), 3), "to": round(float(high), 3)}


def draw_bars(judged, base, path):
    """A group of bars per method, a bar per amount of data, whiskers for the interval over seeds."""
    figure = Figure(figsize=(9, 4.6), dpi=130, layout="constrained")
    ax = figure.subplots()
    names = list(next(iter(judged.values())))
    for number, (data, methods) in enumerate(judged.items()):
        at = np.arange(len(names)) + 0.4 * (number - (len(judged) - 1) / 2)
        means = np.array([methods[name]["mean"] for name in names])
        ends = np.array([[methods[name][end] for name in names] for end in ("from", "to")])
        ax.bar(
            at, means, 0.38, yerr=np.abs(ends - means), capsize=3, color=("#d6604d", "#4393c3")[number % 2], label=data
        )
        for x, mean, top in zip(at, means, ends[1], strict=True):
            ax.text(x, top + 0.015, f"{mean:.2f}".lstrip("0"), ha="center", fontsize=9)
    ax.axhline(base, color="0.3", linestyle="--", linewidth=1, label=f"chance ({base:.2f})")
    ax.set_xticks(range(len(names)), [name.replace(" ", "\n", 1) for name in names])
    ax.set_ylim(0, 1.12)
    ax.set_ylabel("mean average precision")
    ax.set_title("How well each method finds the atoms of pyridine rings in held-out molecules", fontsize=11)
    ax.legend(loc="upper center", ncols=3, bbox_to_anchor=(0.5, -0.16), frameon=False)
    figure.savefig(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("runs/molecule_substructure"), help="folder of the results")
    parser.add_argument("--molecules", type=int, default=5000, help="that are read, at most (5000)")
    parser.add_argument("--few", type=int, default=1000, help="molecules of a small training set (1000)")
    parser.add_argument("--seeds", type=int, default=3, help="networks trained on few molecules (3)")
    parser.add_argument("--full-seeds", type=int, default=2, help="networks trained on all (2)")
    parser.add_argument("--updates", type=int, default=1000, help="batches of 32 for a network of few molecules (1000)")
    parser.add_argument("--full-updates", type=int, default=2300, help="for a network of all: 18 epochs (2300)")
    parser.add_argument("--units", type=int, default=32, help="of the network (32)")
    parser.add_argument("--depth", type=int, default=4, help="graph convolutions: how many bonds away an atom sees (4)")
    parser.add_argument("--dropout", type=float, default=0.25, help="before each graph convolution (0.25)")
    parser.add_argument("--samples", type=int, default=20, help="of noise and dropout (20)")
    parser.add_argument("--steps", type=int, default=16, help="of integrated gradients (16)")
    parser.add_argument("--max-atoms", type=int, default=40, help="larger molecules are left out (40)")
    parser.add_argument("--explained", type=int, default=60, help="held-out molecules with the ring, at most (60)")
    parser.add_argument("--shown", type=int, default=3, help="of these in the picture of molecules (3)")
    options = parser.parse_args()
    began = time.perf_counter()
    options.out.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # nine of them break the rules of valence
        molecules = read_smiles(NCI)
    sizes = np.array([mol.GetNumAtoms() for mol in molecules.mols])
    molecules = molecules[np.flatnonzero((sizes >= 3) & (sizes <= options.max_atoms))[: options.molecules]]
    truths = [ring_atoms(mol) for mol in molecules.mols]
    graphs, labels = to_graphs(molecules), np.array([[float(truth.any())] for truth in truths], "float32")
    order = np.random.default_rng(0).permutation(len(molecules))
    held_out, pool = np.split(order, [len(order) // 6])
    test = rows_of(graphs, held_out)
    chosen = [row for row in held_out if labels[row, 0]][: options.explained]
    shown = rows_of(graphs, chosen)
    print(f"{len(molecules)} molecules, {int(labels.sum())} with pyridine; {len(chosen)} held-out ones are explained.")

    fresh = functools.partial(network, options.units, options.depth, options.dropout)
    model = fresh()
    start = [variable.numpy() for variable in model.optimizer.variables]
    methods = calculators(model, options.steps)
    plan = {
        f"{options.few} molecules": (options.few, options.seeds, options.updates),
        "all molecules": (len(pool), options.full_seeds, options.full_updates),
    }
    scores, accuracy, last = {}, {}, None
    for data, (count, seeds, updates) in plan.items():
        for seed in range(seeds):
            rows = np.random.default_rng(seed).permutation(pool)[:count]
            train(model, start, fresh, rows_of(graphs, rows), labels[rows], updates, seed)
            predicted = model.predict(test, verbose=0)[:, 0]
            auc = float(roc_auc_score(labels[held_out, 0], predicted))
            accuracy.setdefault(data, []).append(round(auc, 4))
            found = explained(methods, shown, options.samples, seed)
            if data not in scores:
                last = found if last is None else last  # the picture: the first network of few molecules
            for name, saliency in found.items():
                mean = np.mean(precisions(saliency, [truths[row] for row in chosen]))
                scores.setdefault(data, {}).setdefault(name, []).append(float(mean))
            told = ", ".join(f"{name} {means[-1]:.2f}" for name, means in scores[data].items())
            print(f"{data}, seed {seed}: test AUC {auc:.3f}; {told} [{time.perf_counter() - began:.0f} s]", flush=True)

    outcome = compared(
        model, shown, [truths[row] for row in chosen], options.steps
    )  # the last network of all molecules
    print(outcome)
    outcome.plot(options.out / "compared.png")
    rng = np.random.default_rng(0)
    judged = {data: {name: bootstrap(means, rng) for name, means in found.items()} for data, found in scores.items()}
    base = float(np.mean([truths[row].mean() for row in chosen]))
    figures = {
        "explained molecules": len(chosen),
        "share of atoms in a ring (the average precision of chance, about)": round(base, 3),
        "test AUC": accuracy,
        "average precision": judged,
        "wins": {data: max(found, key=lambda name: found[name]["mean"]) for data, found in judged.items()},
        "best of the gradients": {
            data: max(GRADIENTS, key=lambda name: found[name]["mean"]) for data, found in judged.items()
        },
    }
    draw_bars(judged, base, options.out / "molecule_substructure.png")
    figures["recipes that no other is surely better than"] = {name: outcome.best(name) for name in outcome.measurements}
    several = [k for k, row in enumerate(chosen) if 0.2 < truths[row].mean() < 0.6][: options.shown] or [0]
    columns = {"truth": [truths[chosen[k]].astype(float) for k in several]}
    columns |= {name: [found[k] for k in several] for name, found in last.items() if name in PICTURED}
    for ending in ("png", "svg"):
        kerasal.SmilesVisualizer().visualize_batch(
            columns,
            [molecules.smiles[chosen[k]] for k in several],
            save_filepath=options.out / f"molecules.{ending}",
            scaler=kerasal.abs_max_scaler,
            size=(250, 210),
        )
    figures["seconds"] = round(time.perf_counter() - began, 1)
    (options.out / "molecule_substructure.json").write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
    print(json.dumps(figures, indent=1))
    written = (
        "molecule_substructure.png",
        "compared.png",
        "molecules.png",
        "molecules.svg",
        "molecule_substructure.json",
    )
    print("Wrote " + ", ".join(str(options.out / name) for name in written))


if __name__ == "__main__":
    main()
