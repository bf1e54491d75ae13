"""Saliency against the truth, atom by atom: networks that learn Crippen's logP, a sum of known contributions of the atoms.

RDKit computes logP as a sum over atoms (Wildman and Crippen 1999), so each atom's share is known; those of hydrogens are added
to the atom that they hang on. Networks learn it from RDKit's NCI molecules, and for every held-out molecule the signed saliency
of its atoms is compared with their shares by Spearman's rank correlation:

* a gated graph network that learns the sum alone, explained at the embedding of its atoms and at their last states,
* one whose output is a sum of terms of atoms, which learns the shares, explained at the embedding and at the terms,
* a linear network over the Crippen types of atoms, which learns the sum alone: additive by construction.

The first is what a user has. The others tell whether network or method limits it.
"""

import argparse
import itertools
import json
import os
import time
import warnings
from pathlib import Path

import keras
import numpy as np
from matplotlib.figure import Figure
from rdkit import Chem, RDConfig
from rdkit.Chem import rdMolDescriptors

import kerasal
from kerasal.layers import GatedGraphConv
from kerasal.molecules import BOND_TYPES, batches, ggnn, read_smiles, to_graphs

NCI = os.path.join(RDConfig.RDDataDir, "NCI", "first_5K.smi")
TYPES = 120  # Crippen's types of atoms; RDKit numbers fewer
PANELS = (  # of the histograms
    "graph network, IG from the mean atom",
    "graph network, IG at the last states",
    "terms of atoms, IG at the embedding",
    "terms of atoms, IG at the terms",
)
PICTURED = {PANELS[0]: "IG at the embedding", PANELS[1]: "IG at the last states", PANELS[3]: "terms, IG at the terms"}


def crippen(mol):
    """(share of each atom in logP, how many atoms of each type it and its hydrogens are): (A,), (A, TYPES)."""
    full = Chem.AddHs(mol)
    types = [0] * full.GetNumAtoms()
    shares = np.array([share for share, _ in rdMolDescriptors._CalcCrippenContribs(full, True, types)])
    count = mol.GetNumAtoms()
    owner = [n if n < count else full.GetAtomWithIdx(n).GetNeighbors()[0].GetIdx() for n in range(full.GetNumAtoms())]
    of_atoms, of_types = np.zeros(count), np.zeros((count, TYPES))
    np.add.at(of_atoms, owner, shares)
    np.add.at(of_types, (owner, types), 1)
    return of_atoms, of_types


def padded(arrays, width):
    """Arrays of molecules, filled up with zeros to `width` atoms."""
    found = np.zeros((len(arrays), width, *arrays[0].shape[1:]), "float32")
    for row, array in zip(found, arrays, strict=True):
        row[: len(array)] = array
    return found


def additive_networks(units, depth):
    """A graph network whose output is the sum of its layer "terms"; the same, with the terms as output."""
    layers = keras.layers
    inputs = {
        "atoms": keras.Input((None,), dtype="int32", name="atoms"),
        "bonds": keras.Input((len(BOND_TYPES), None, None), dtype="uint8", name="bonds"),
        "mask": keras.Input((None,), name="mask"),
    }
    embedded = layers.Embedding(119, units, name="embed")(inputs["atoms"])
    states = GatedGraphConv(units, depth)([embedded, inputs["bonds"]])
    terms = layers.Dense(1)(layers.Dense(units, activation="relu")(states))
    mask = layers.Reshape((-1, 1))(inputs["mask"])
    terms = layers.Multiply(name="terms")([terms, mask])
    total = layers.Reshape((1,))(layers.Dot(axes=1)([terms, mask]))
    return keras.Model(inputs, total), keras.Model(inputs, terms)


def linear_network(kinds, mask, log_p):
    """A weight per type of atom, summed over atoms, fitted by least squares to the sums alone."""
    layers = keras.layers
    inputs = {"kinds": keras.Input((None, TYPES), name="kinds"), "mask": keras.Input((None,), name="mask")}
    terms = layers.Dense(1, use_bias=False, name="weights")(inputs["kinds"])
    total = layers.Reshape((1,))(layers.Dot(axes=1)([terms, layers.Reshape((-1, 1))(inputs["mask"])]))
    model = keras.Model(inputs, total)
    model.get_layer("weights").set_weights([np.linalg.lstsq(kinds.sum(1), log_p, rcond=1e-6)[0].astype("float32")])
    return model


def spearman(truths, saliency):
    """Rank correlation for every molecule; those whose shares are all alike are left out (NaN)."""

    def ranks(values):
        _, where, counts = np.unique(np.round(values, 6), return_inverse=True, return_counts=True)
        return (np.cumsum(counts) - (counts - 1) / 2)[where]

    found = []
    for truth, row in zip(truths, saliency, strict=True):
        both = [ranks(truth), ranks(row[: len(truth)])]
        found.append(np.corrcoef(both)[0, 1] if min(map(np.ptp, both)) > 0 else np.nan)
    return np.array(found)


def agreement(each):
    """Rank correlation of the saliencies of two networks, for every molecule; the mean over pairs of networks."""
    counts = (each[0].values != 0).sum(1)  # padding is exactly zero
    rows = [[row[:count] for row, count in zip(saliency.values, counts, strict=True)] for saliency in each]
    return np.mean([spearman(one, two) for one, two in itertools.combinations(rows, 2)], 0)


def summary(correlations):
    """Median over molecules (of means over networks), with the interval of the middle 95 % of bootstrapped medians, and the middle half."""
    known = correlations[~np.isnan(correlations)]
    drawn = np.median(np.random.default_rng(0).choice(known, (4000, len(known))), axis=1)
    numbers = [np.median(known), *np.percentile(drawn, [2.5, 97.5]), *np.percentile(known, [25, 75])]
    names = ("median", "from", "to", "lower quartile", "upper quartile")
    return {
        **{name: round(float(number), 3) for name, number in zip(names, numbers, strict=True)},
        "molecules": len(known),
    }


def r_squared(truth, predicted):
    return round(float(1 - np.sum((truth - predicted) ** 2) / np.sum((truth - truth.mean()) ** 2)), 4)


def mean_atom(model, atoms):
    """The embedding of the atoms of the training data, on average: (embedding,)."""
    return model.get_layer("embed").get_weights()[0][atoms[atoms > 0]].mean(0)


def mean_state(model, graphs):
    """Average state of the atoms after the convolutions, over 1000 molecules: (units,)."""
    some = {name: array[:1000] for name, array in graphs.items()}
    states = kerasal.LayerExtractor("convolutions").submodel(model).predict(some, verbose=0)
    return states[some["mask"] > 0].mean(0)


def draw_correlations(correlations, path):
    figure = Figure(figsize=(9, 4.6), dpi=130, layout="constrained")
    axes = figure.subplots(2, 2, sharex=True, sharey=True)
    for ax, (name, each) in zip(axes.flat, correlations.items(), strict=True):
        each = each[~np.isnan(each)]
        ax.hist(each, bins=np.linspace(-1, 1, 41), color="#4393c3")
        ax.axvline(np.median(each), color="#b2182b")
        ax.set_title(f"{name}\nmedian {np.median(each):.2f}", fontsize=10)
    for ax in axes[1]:
        ax.set_xlabel("Spearman correlation with the true shares")
    for ax in axes[:, 0]:
        ax.set_ylabel("molecules")
    figure.savefig(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("runs/molecule_crippen"), help="folder of the results")
    parser.add_argument("--molecules", type=int, default=5000, help="that are read, at most (5000)")
    parser.add_argument("--seeds", type=int, default=3, help="networks that learn the sum (3)")
    parser.add_argument("--epochs", type=int, default=5, help="of each graph network (5)")
    parser.add_argument("--units", type=int, default=32, help="of the graph networks (32)")
    parser.add_argument("--depth", type=int, default=4, help="graph convolutions: how many bonds away an atom sees (4)")
    parser.add_argument("--steps", type=int, default=16, help="of integrated gradients (16)")
    parser.add_argument("--max-atoms", type=int, default=40, help="larger molecules are left out (40)")
    parser.add_argument("--explained", type=int, default=200, help="held-out molecules (200)")
    parser.add_argument("--shown", type=int, default=4, help="of these in the picture (4)")
    options = parser.parse_args()
    began = time.perf_counter()
    options.out.mkdir(parents=True, exist_ok=True)
    keras.utils.set_random_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # nine of them break the rules of valence
        molecules = read_smiles(NCI)
    sizes = np.array([mol.GetNumAtoms() for mol in molecules.mols])
    molecules = molecules[np.flatnonzero((sizes >= 4) & (sizes <= options.max_atoms))[: options.molecules]]
    known = [crippen(mol) for mol in molecules.mols]
    truths, graphs = [shares for shares, _ in known], to_graphs(molecules)
    width = graphs["atoms"].shape[1]
    log_p = np.array([[shares.sum()] for shares in truths], "float32")
    terms, kinds = padded([shares[:, None] for shares in truths], width), padded([types for _, types in known], width)
    order = np.random.default_rng(0).permutation(len(molecules))
    test, training = order[: options.explained], order[options.explained :]
    shown, learnt = ({name: array[rows] for name, array in graphs.items()} for rows in (test, training))
    print(f"{len(molecules)} molecules, logP {log_p.mean():.2f} ± {log_p.std():.2f}; {len(test)} are held out.")
    embedded = {"target_extractor": kerasal.LayerExtractor("embed")}
    center, spread = log_p[training].mean(), log_p[training].std()
    held, quality, saliencies = [truths[n] for n in test], {}, {}

    def explained(name, saliency):
        saliencies.setdefault(name, []).append(saliency)

    def fit(model, data):
        model.compile(keras.optimizers.Adam(), loss="mse", jit_compile=False)  # XLA would compile for every width
        model.fit(data, epochs=options.epochs, shuffle=False, verbose=0)
        print(
            f"trained {model.count_params()} weights in {time.perf_counter() - began:.0f} s since the start", flush=True
        )

    for seed in range(options.seeds):
        keras.utils.set_random_seed(seed)
        network = ggnn(units=options.units, steps=options.depth)
        fit(network, batches(learnt, (log_p[training] - center) / spread, 32, seed))
        quality.setdefault("graph networks", []).append(
            r_squared(log_p[test], network.predict(shown, verbose=0) * spread + center)
        )
        ways = {
            PANELS[0]: {"baseline": mean_atom(network, learnt["atoms"]), **embedded},
            "graph network, IG from zero": {"baseline": 0.0, **embedded},
            PANELS[1]: {
                "baseline": mean_state(network, learnt),
                "target_extractor": kerasal.LayerExtractor("convolutions"),
            },
        }
        for name, how in ways.items():
            path = kerasal.IntegratedGradientsCalculator(network, steps=options.steps, **how)
            explained(name, path.explain(shown, ch_axis=-1))

    total, parts = additive_networks(options.units, options.depth)
    fit(parts, batches(learnt, terms[training], 32, per_atom=True))
    quality["graph network of terms, of the shares"] = r_squared(
        np.concatenate(held), parts.predict(shown, verbose=0)[shown["mask"] > 0][:, 0]
    )
    at_embedding = kerasal.IntegratedGradientsCalculator(
        total, steps=options.steps, baseline=mean_atom(total, learnt["atoms"]), **embedded
    )
    at_terms = kerasal.IntegratedGradientsCalculator(
        total, steps=options.steps, target_extractor=kerasal.LayerExtractor("terms")
    )
    explained("terms of atoms, IG at the embedding", at_embedding.explain(shown, ch_axis=-1))
    explained("terms of atoms, IG at the terms", at_terms.explain(shown, ch_axis=-1))

    linear = linear_network(kinds[training], learnt["mask"], log_p[training])
    typed = {"kinds": kinds[test], "mask": shown["mask"]}
    quality["linear network of types"] = r_squared(log_p[test], linear.predict(typed, verbose=0))
    path = kerasal.IntegratedGradientsCalculator(
        linear, steps=options.steps, target_extractor=kerasal.InputExtractor("kinds")
    )
    explained("linear network of types, IG", path.explain(typed, ch_axis=-1))

    correlations = {
        name: np.stack([spearman(held, saliency.values) for saliency in each]) for name, each in saliencies.items()
    }
    figures = {
        "held-out molecules": len(test),
        "R² on them": quality,
        "Spearman correlation with the true shares": {
            name: {
                **summary(each.mean(0)),
                "median of each network": [round(float(np.nanmedian(of_one)), 3) for of_one in each],
            }
            for name, each in correlations.items()
        },
        "median Spearman correlation of the mean of the networks' saliencies with the true shares": {
            name: summary(spearman(held, np.mean([saliency.values for saliency in each], 0)))["median"]
            for name, each in saliencies.items()
            if len(each) > 1
        },
        "median Spearman correlation of two networks' saliencies": {
            name: summary(agreement(each))["median"] for name, each in saliencies.items() if len(each) > 1
        },
        "median completeness gap": {
            name: float(f"{np.median([saliency.relative_gap for saliency in each]):.2g}")
            for name, each in saliencies.items()
        },
        "seconds": round(time.perf_counter() - began, 1),
    }
    draw_correlations({name: correlations[name].mean(0) for name in PANELS}, options.out / "molecule_crippen.png")
    several = np.flatnonzero(~np.isnan(correlations[PANELS[0]][0]) & (shown["mask"].sum(1) > 8))[: options.shown]
    for ending in ("png", "svg"):
        kerasal.SmilesVisualizer().visualize_batch(
            {
                "truth": [held[k] for k in several],
                **{words: [saliencies[name][0].values[k] for k in several] for name, words in PICTURED.items()},
            },
            [molecules.smiles[test[k]] for k in several],
            [f"logP {log_p[test[k], 0]:.1f}" for k in several],
            save_filepath=options.out / f"molecules.{ending}",
            scaler=kerasal.abs_max_scaler,
            size=(300, 220),
        )
    text = json.dumps(figures, indent=1, ensure_ascii=False)
    (options.out / "molecule_crippen.json").write_text(text + "\n", "utf-8")
    print(text)
    written = ("molecule_crippen.png", "molecules.png", "molecules.svg", "molecule_crippen.json")
    print("Wrote " + ", ".join(str(options.out / name) for name in written))


if __name__ == "__main__":
    main()
