"""Measurements that tell three irises apart: loss and logit saliency of a small MLP beside a random forest's importances.

For every seed a network 4-48-3 with dropout is trained on the 150 flowers (standardised), and the squared gradient of its
loss and of its predicted logit is averaged over them: vanilla, SmoothGrad, BayesGrad (dropout) and both.
"""

import argparse
import json
import time
from pathlib import Path

import keras
import numpy as np
from matplotlib.figure import Figure
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.preprocessing import StandardScaler

import kerasal

NAMES = ["sepal length", "sepal width", "petal length", "petal width"]
SQUARES = "#6a51a3"  # squares have no sign
SMOOTH = kerasal.GaussianNoiseSampler(scale=0.15)
RECIPES = {
    "vanilla": {},
    "SmoothGrad": {"noise_sampler": SMOOTH},
    "BayesGrad": {"train": True},
    "Bayes + Smooth": {"noise_sampler": SMOOTH, "train": True},
}


def network():
    """An MLP 4-48-3 with dropout .5, the predicted probabilities at its end."""
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(48, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(3, activation="softmax"),
        ]
    )


def train(model, x, y, epochs):
    """Train the model from fresh weights; what a calculator has traced of it stays valid."""
    model.set_weights(network().get_weights())
    model.compile(keras.optimizers.Adam(1e-2), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x, y, epochs=epochs, batch_size=32, verbose=0)


def explained(calculators, x, y, samples):
    """{score: {recipe: Saliency of shape (150, 4)}}, squared gradients."""
    return {
        score: {
            recipe: calculator.explain(
                x, y if score == "loss" else None, M=samples if how else 1, method="square", **how
            )
            for recipe, how in RECIPES.items()
        }
        for score, calculator in calculators.items()
    }


def shares(importance):
    """Importances that add up to 1, {feature: share}."""
    return {
        name: round(float(share), 4) for name, share in zip(NAMES, kerasal.normalize_scaler(importance), strict=True)
    }


def petals_on_top(importance):
    return set(np.argsort(importance)[-2:]) == {2, 3}


def draw(results, forest, flower, path):
    """Rows: the loss and the logit over the data set, one flower. Columns: recipes; below them the forest."""
    figure = Figure(figsize=(10, 11.5), dpi=120, layout="constrained")
    axes = figure.subplots(4, len(RECIPES))
    visualizer = kerasal.TableVisualizer()
    how = {"scaler": kerasal.normalize_scaler, "sort": "none", "color": SQUARES}
    shares_of = "share of the squared gradient"
    for column, recipe in enumerate(RECIPES):
        for row, score in enumerate(("loss", "logit")):
            title, saliency = f"{recipe}\n{score}, mean of flowers", results[score][recipe]
            mean, error = saliency.values.mean(0), saliency.values.std(0, ddof=1) / np.sqrt(len(saliency))
            ax = axes[row, column]
            visualizer.visualize(mean, NAMES, std=error, title=title, xlabel=shares_of, ax=ax, **how)
        one = results["logit"][recipe][flower]
        title, ax = f"{recipe}\nlogit, flower {flower}", axes[2, column]
        visualizer.visualize(one.values, NAMES, std=one.standard_error, title=title, xlabel=shares_of, ax=ax, **how)
    title = f"random forest\n{len(forest.estimators_)} trees"
    spread = np.std([tree.feature_importances_ for tree in forest.estimators_], axis=0, ddof=1)
    error = spread / np.sqrt(len(forest.estimators_))
    how |= {"color": ("0.5", "0.5"), "xlabel": "share of the decrease of impurity"}
    visualizer.visualize(forest.feature_importances_, NAMES, std=error, title=title, ax=axes[3, 0], **how)
    for ax in axes[3, 1:]:
        ax.set_axis_off()
    legend = (
        "Each bar is a feature's share of the sum over the four, without a unit:\n"
        "of squared gradients per standard deviation (purple),\nor of the decrease of impurity (grey).\n\n"
        "Whiskers: ±1 standard error of the mean: over the 150 flowers in the\n"
        "first two rows, over samples of noise and dropout in the third\n"
        "(vanilla has one sample, and none), over trees in the fourth."
    )
    axes[3, 1].text(0, 0.5, legend, fontsize=10, va="center", in_layout=False)
    for ax in axes[:3, 1:].flat:
        ax.set_yticklabels([])
    for ax in axes.flat:
        ax.title.set_fontsize(10)
        ax.xaxis.label.set_fontsize(9)
        ax.tick_params(axis="x", labelsize=9)
        ax.set_xlim(left=0)
    figure.suptitle("Which measurements tell three irises apart?", fontsize=14)
    figure.savefig(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("runs/table_iris"), help="folder of the results")
    parser.add_argument("--seeds", type=int, default=20, help="how many networks are trained (20)")
    parser.add_argument("--epochs", type=int, default=40, help="of each network (40)")
    parser.add_argument("--samples", type=int, default=30, help="of noise and dropout (30)")
    parser.add_argument("--flower", type=int, default=0, help="the row that is explained alone (0)")
    options = parser.parse_args()
    began = time.perf_counter()
    options.out.mkdir(parents=True, exist_ok=True)
    data = load_iris()
    x, y = StandardScaler().fit_transform(data.data).astype("float32"), data.target
    forest = RandomForestClassifier(100, random_state=0).fit(x, y)

    model = network()
    model.compile(loss="sparse_categorical_crossentropy")  # what scores.Loss reads
    calculators = {
        "loss": kerasal.GradientCalculator(model, kerasal.scores.Loss()),
        "logit": kerasal.GradientCalculator(model),
    }
    on_top = {score: dict.fromkeys(RECIPES, 0) for score in calculators}
    figures = {"seeds": options.seeds, "random forest": shares(forest.feature_importances_), "accuracy": []}
    for seed in range(options.seeds):
        keras.utils.set_random_seed(seed)
        train(model, x, y, options.epochs)
        results = explained(calculators, x, y, options.samples)
        figures["accuracy"].append(round(float(model.evaluate(x, y, verbose=0)[1]), 4))
        for score, recipes in results.items():
            for recipe, saliency in recipes.items():
                on_top[score][recipe] += petals_on_top(saliency.values.mean(0))
        if seed == 0:
            draw(results, forest, options.flower, options.out / "table_iris.png")
            figures["shares of seed 0"] = {
                score: {recipe: shares(saliency.values.mean(0)) for recipe, saliency in recipes.items()}
                for score, recipes in results.items()
            }
        told = ", ".join(f"{score} {min(counts.values())} of {seed + 1}" for score, counts in on_top.items())
        print(
            f"seed {seed}: accuracy {figures['accuracy'][-1]}; petals are the top two in the worst recipe: {told}",
            flush=True,
        )
    figures["petals are the top two"] = on_top
    figures["seconds"] = round(time.perf_counter() - began, 1)
    (options.out / "table_iris.json").write_text(json.dumps(figures, indent=1) + "\n")
    print(json.dumps(figures["petals are the top two"], indent=1))
    print(f"Wrote {options.out / 'table_iris.png'} and {options.out / 'table_iris.json'} in {figures['seconds']} s.")


if __name__ == "__main__":
    main()
