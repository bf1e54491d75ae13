"""Solubility, atom by atom: a gated graph network on measured solubilities, explained by integrated gradients.

With --csv, measured solubilities: a table with the columns "smiles" and "measured log solubility in mols per litre", such as
the 1128 molecules of ESOL (Delaney 2004), which MoleculeNet and DeepChem publish as delaney-processed.csv:
https://deepchemdata.s3-us-west-1.amazonaws.com/datasets/delaney-processed.csv

Without it, the example runs on molecules that come with RDKit, and their solubilities are computed by Delaney's formula
log S = 0.16 - 0.63 logP - 0.0062 weight + 0.066 rotatable bonds - 0.74 aromatic share, logP being Crippen's.

For every seed the data are split anew into 80 % for training, 10 % to stop it in time and 10 % for testing. Test molecules are
explained at the embedding of their atoms: red atoms raise solubility, blue ones lower it, against an average atom.
"""

import argparse
import json
import os
import time
import warnings
from pathlib import Path

import keras
import numpy as np
from rdkit import Chem, RDConfig
from rdkit.Chem import Crippen, Descriptors, rdMolDescriptors

import kerasal
from kerasal.molecules import batches, from_smiles, ggnn, read_csv, read_smiles, to_graphs

NCI = os.path.join(RDConfig.RDDataDir, "NCI", "first_5K.smi")
MEASURED = "measured log solubility in mols per litre"
GROUPS = {
    "oxygen of OH": Chem.MolFromSmarts("[OX2H]"),
    "carbon of a chain": Chem.MolFromSmarts("[CX4;!R;!$(*~[!#6;!#1])]"),
}
T_975 = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262}  # Student's t


def computed_solubility(mol):
    """Delaney's formula (J. Chem. Inf. Comput. Sci. 44, 2004, 1000) with Crippen's logP."""
    aromatic = sum(atom.GetIsAromatic() for atom in mol.GetAtoms()) / mol.GetNumAtoms()
    rotatable = rdMolDescriptors.CalcNumRotatableBonds(mol)
    weight = Descriptors.MolWt(mol)
    return 0.16 - 0.63 * Crippen.MolLogP(mol) - 0.0062 * weight + 0.066 * rotatable - 0.74 * aromatic


def read(csv, count):
    """(molecules with values, where the values are from)."""
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore" if csv is None else "default"
        )  # nine that come with RDKit break the rules of valence
        if csv is not None:
            return read_csv(csv, value=MEASURED)[:count], f"measured, {csv.name}"
        molecules = read_smiles(NCI)
    sizes = np.array([mol.GetNumAtoms() for mol in molecules.mols])
    some = molecules[np.flatnonzero((sizes >= 4) & (sizes <= 25))[:count]]
    values = [computed_solubility(mol) for mol in some.mols]
    return from_smiles(some.smiles, values), "computed by Delaney's formula (no --csv), molecules of the NCI"


def rows_of(graphs, rows):
    return {name: array[rows] for name, array in graphs.items()}


def network(units, updates):
    model = ggnn(units=units, steps=3)
    rate = keras.optimizers.schedules.CosineDecay(1e-2, updates)
    model.compile(keras.optimizers.Adam(rate, clipnorm=1.0), loss="mse", jit_compile=False)  # batches vary in width
    model.optimizer.build(model.trainable_variables)
    return model


def train(model, start, graphs, values, parts, epochs, seed):
    """From new weights and an optimizer put back to where it started; those of the best epoch on the validation part are kept."""
    fitted, watched = parts[:2]
    for variable, value in zip(model.optimizer.variables, start, strict=True):
        variable.assign(value)
    best = keras.callbacks.EarlyStopping("val_loss", patience=epochs - 1, restore_best_weights=True)
    data = batches(rows_of(graphs, fitted), values[fitted], 32, seed)
    validation = batches(rows_of(graphs, watched), values[watched], 128, None)
    model.fit(data, epochs=epochs, validation_data=validation, callbacks=[best], shuffle=False, verbose=0)
    model.set_weights(best.best_weights)


def rmse(truth, predicted):
    return float(np.sqrt(np.mean((truth - predicted) ** 2)))


def linear_rmse(mols, values, parts):
    """Test error of a straight line through Crippen's logP."""
    log_p = np.array([Crippen.MolLogP(mol) for mol in mols])
    rows = np.concatenate(parts[:2])
    slope, intercept = np.polyfit(log_p[rows], values[rows, 0], 1)
    return rmse(values[parts[2], 0], slope * log_p[parts[2]] + intercept)


def of_group(saliency, mols, pattern):
    """Saliency of every atom that the pattern matches."""
    return [
        row[atom]
        for row, mol in zip(saliency.values, mols, strict=True)
        for (atom,) in mol.GetSubstructMatches(pattern, maxMatches=999)
    ]


def interval(numbers):
    """Mean over seeds and Student's 95 % interval of it."""
    numbers = np.asarray(numbers)
    half = (
        T_975.get(len(numbers) - 1, 1.96) * numbers.std(ddof=1) / np.sqrt(len(numbers)) if len(numbers) > 1 else np.nan
    )
    found = {"mean": numbers.mean(), "from": numbers.mean() - half, "to": numbers.mean() + half}
    return {name: None if np.isnan(number) else round(float(number), 3) for name, number in found.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("runs/molecule_solubility"), help="folder of the results")
    parser.add_argument(
        "--csv", type=Path, help='table with the columns "smiles" and the measured solubility, see above'
    )
    parser.add_argument("--molecules", type=int, default=1200, help="that are read, at most (1200)")
    parser.add_argument("--seeds", type=int, default=5, help="splits and networks (5)")
    parser.add_argument("--epochs", type=int, default=25, help="of training (25)")
    parser.add_argument("--units", type=int, default=32, help="of the network (32)")
    parser.add_argument("--steps", type=int, default=24, help="of integrated gradients (24)")
    parser.add_argument("--shown", type=int, default=8, help="molecules in the picture (8)")
    options = parser.parse_args()
    if options.csv is not None and not options.csv.is_file():
        parser.error(
            f"--csv {options.csv} is no file. Its address is in --help; leave it out for computed solubilities."
        )
    began = time.perf_counter()
    options.out.mkdir(parents=True, exist_ok=True)
    molecules, source = read(options.csv, options.molecules)
    graphs, values = to_graphs(molecules), molecules.values[:, None].astype("float32")
    print(f"{len(molecules)} molecules, log S {values.mean():.2f} ± {values.std():.2f}, {source}.")

    updates = options.epochs * -(-round(0.8 * len(molecules)) // 32)
    model = network(options.units, updates)
    start = [variable.numpy() for variable in model.optimizer.variables]
    errors, of_line, groups, gaps, first = [], [], {name: [] for name in GROUPS}, [], None
    for seed in range(options.seeds):
        order = np.random.default_rng(seed).permutation(len(molecules))
        parts = np.split(order, [round(0.8 * len(order)), round(0.9 * len(order))])
        center, spread = values[parts[0]].mean(), values[parts[0]].std()
        keras.utils.set_random_seed(seed)
        model.set_weights(network(options.units, updates).get_weights())
        train(model, start, graphs, (values - center) / spread, parts, options.epochs, seed)
        test, mols = rows_of(graphs, parts[2]), [molecules.mols[n] for n in parts[2]]
        predicted = model.predict(test, batch_size=128, verbose=0)[:, 0] * spread + center
        errors.append(rmse(values[parts[2], 0], predicted))
        of_line.append(linear_rmse(molecules.mols, values, parts))
        learnt = graphs["atoms"][parts[0]]
        average = model.get_layer("embed").get_weights()[0][learnt[learnt > 0]].mean(0)
        path = kerasal.IntegratedGradientsCalculator(
            model,
            score=lambda outputs, spread=spread: outputs[:, 0] * spread,  # in log S
            target_extractor=kerasal.LayerExtractor("embed"),
            baseline=average,
            steps=options.steps,
        )
        saliency = path.explain(test, ch_axis=-1)
        gaps.append(float(np.median(saliency.relative_gap)))
        for name, pattern in GROUPS.items():
            groups[name].append(float(np.mean(of_group(saliency, mols, pattern))))
        if first is None:
            first = (parts[2], saliency, predicted)
        print(
            f"seed {seed}: test RMSE {errors[-1]:.2f} (logP line {of_line[-1]:.2f}); "
            + ", ".join(f"{name} {each[-1]:+.3f}" for name, each in groups.items())
            + f" [{time.perf_counter() - began:.0f} s]",
            flush=True,
        )

    figures = {
        "molecules": len(molecules),
        "solubilities": source,
        "test RMSE": {"graph network": interval(errors), "line through Crippen's logP": interval(of_line)},
        "mean saliency, log S": {name: interval(each) for name, each in groups.items()},
        "median completeness gap": round(float(np.median(gaps)), 4),
    }
    rows, saliency, predicted = first
    both = [
        k
        for k, row in enumerate(rows)
        if all(molecules.mols[row].HasSubstructMatch(pattern) for pattern in GROUPS.values())
    ]
    neither = [k for k in range(len(rows)) if k not in both and molecules.mols[rows[k]].GetNumAtoms() > 6]
    several = (both[: options.shown - options.shown // 3] + neither)[: options.shown]
    for ending in ("png", "svg"):
        kerasal.SmilesVisualizer().visualize_batch(
            {"": [saliency[k] for k in several]},
            [molecules.smiles[rows[k]].strip() for k in several],
            [f"log S {values[rows[k], 0]:.1f}, predicted {predicted[k]:.1f}".replace("-", "−") for k in several],
            save_filepath=options.out / f"molecule_solubility.{ending}",
            scale_label="share of an atom in log S: red raises solubility, blue lowers it",
        )
    figures["seconds"] = round(time.perf_counter() - began, 1)
    (options.out / "molecule_solubility.json").write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
    print(json.dumps(figures, indent=1))
    print("Wrote " + ", ".join(str(options.out / f"molecule_solubility.{ending}") for ending in ("png", "svg", "json")))


if __name__ == "__main__":
    main()
