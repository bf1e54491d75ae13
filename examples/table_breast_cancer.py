"""Five views of one table: a decision tree, a random forest, logistic regression, the same after PCA, and an MLP's saliency.

The 569 tumours with 30 measurements that ship with scikit-learn, standardised; importances speak for "malignant" (red) or
against it (blue). A chart of each model, and how far the orders of their features agree.
"""

import argparse
import json
import time
from pathlib import Path

import keras
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from scipy.stats import spearmanr
from sklearn.datasets import load_breast_cancer
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier, plot_tree

import kerasal
from kerasal import metrics, recipes


def classical(x, malignant, seed):
    """(fitted models by name, {name: importance (30,)}); linear ones are signed, in logits per standard deviation."""
    tree = DecisionTreeClassifier(random_state=seed).fit(x, malignant)
    forest = RandomForestClassifier(random_state=seed).fit(x, malignant)
    linear = make_pipeline(StandardScaler(), LogisticRegression()).fit(x, malignant)
    reduced = make_pipeline(StandardScaler(), PCA(n_components=0.99), LogisticRegression()).fit(x, malignant)
    models = {"decision tree": tree, "random forest": forest, "logistic regression": linear, "PCA + logistic": reduced}
    importances = {
        "decision tree": tree.feature_importances_,
        "random forest": forest.feature_importances_,
        "logistic regression": linear[-1].coef_.ravel(),
        "PCA + logistic": reduced[1].components_.T @ reduced[-1].coef_.ravel(),
    }
    return models, importances


def network():
    """An MLP 30-32-16-1 with dropout; its last logit is positive for malignant."""
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((30,)),
            layers.Dense(32, activation="relu"),
            layers.Dropout(0.3),
            layers.Dense(16, activation="relu"),
            layers.Dropout(0.3),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(keras.optimizers.Adam(2e-3), loss="binary_crossentropy", metrics=["accuracy"])
    return model


def compared(model, x):
    """Four recipes of the MLP's map, as shares of the logit of malignant; a hidden column is at its mean, which is 0."""
    several = {
        "gradient": recipes.vanilla(),
        "times input": recipes.gradient_times_input(),
        "times input, dropout": recipes.gradient_times_input(train=True, M=50),
        "integrated": recipes.integrated_gradients(steps=32),
    }
    chosen = [
        metrics.Deletion(model),
        metrics.Insertion(model),
        metrics.SensitivityN(model),
        lambda recipe: metrics.MaxSensitivity(model, recipe, radius=0.1),
    ]
    return metrics.compare(model, x, several, chosen)


def cross_validated(x, malignant, models, epochs, folds):
    """{name: mean accuracy on parts that were held out}."""
    found = {name: cross_val_score(model, x, malignant, cv=folds).mean() for name, model in models.items()}
    parts, right = np.arange(len(x)) % folds, 0
    for part in range(folds):
        scaler, fit = StandardScaler().fit(x[parts != part]), parts != part
        model = network()
        model.fit(scaler.transform(x[fit]), malignant[fit], epochs=epochs, batch_size=32, verbose=0)
        right += np.sum((model.predict(scaler.transform(x[~fit]), verbose=0)[:, 0] > 0.5) == malignant[~fit])
        print(f"network, part {part + 1} of {folds} held out", flush=True)
    return {name: round(float(share), 4) for name, share in {**found, "network": right / len(x)}.items()}


def draw_tree(tree, names, path):
    figure = Figure(figsize=(13.2, 6.8), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)  # plot_tree measures its words
    ax = figure.subplots()
    classes = ["benign", "malignant"]
    broken = [name.replace(" ", "\n") for name in names]  # so that neighbours have room at a size that can be read
    how = {"filled": True, "precision": 3, "impurity": False, "fontsize": 9, "max_depth": 3}
    for note in plot_tree(tree, ax=ax, feature_names=broken, class_names=classes, **how):
        if note.arrow_patch is not None:
            note.arrow_patch.set(edgecolor="0.4", linewidth=1.5)
    ax.set_title("Decision tree, its first levels: benign (orange) or malignant (blue)", fontsize=14)
    figure.savefig(path)


def draw(importances, errors, saliency, names, correlations, shown, path):
    """A chart of each model, and how far their orders agree. Whiskers are standard errors, where there are many of a thing."""
    figure = Figure(figsize=(10.5, 13), dpi=110, layout="constrained")
    axes = figure.subplots(3, 2)
    visualizer = kerasal.TableVisualizer()
    how = {"num_visualize": shown, "scaler": None}
    units = {
        "random forest": "mean decrease of impurity\n(whiskers: ±1 standard error over trees)",
        "decision tree": "decrease of impurity",
    }
    for ax, (name, importance) in zip(axes.flat, importances.items(), strict=False):  # two panels are left
        color = ("0.5", "0.5") if name in units else ("#b2182b", "#2166ac")
        xlabel = units.get(name, "logit of malignant per standard deviation")
        visualizer.visualize(
            importance, names, std=errors.get(name), title=name, xlabel=xlabel, color=color, ax=ax, **how
        )
    mean, error = saliency.values.mean(0), saliency.values.std(0, ddof=1) / np.sqrt(len(saliency))
    title = "MLP: gradient of the logit, BayesGrad"
    xlabel = (
        f"mean logit of malignant per standard deviation\n(whiskers: ±1 standard error over {len(saliency)} tumours)"
    )
    visualizer.visualize(mean, names, std=error, title=title, xlabel=xlabel, ax=axes[2, 0], **how)
    ax, labels = axes[2, 1], [*importances, "network"]
    shades = ax.imshow(correlations, cmap="RdBu_r", vmin=-1, vmax=1)
    for (row, column), value in np.ndenumerate(correlations):
        ink = "white" if abs(value) > 0.7 else "black"
        ax.text(column, row, f"{value:.2f}".replace("-", "−"), ha="center", va="center", color=ink)
    ax.set_xticks(range(len(labels)), labels, rotation=30, ha="right")
    ax.set_yticks(range(len(labels)), labels)
    ax.set_title("do the orders of the 30 features agree?")
    figure.colorbar(shades, ax=ax, shrink=0.7, label="Spearman correlation of |importance|")
    figure.suptitle(
        f"What speaks for a malignant tumour (red) or against it (blue):\n"
        f"the {shown} strongest of 30 features by each model; grey has no sign",
        fontsize=13,
    )
    figure.savefig(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("runs/table_breast_cancer"), help="folder of the results")
    parser.add_argument("--epochs", type=int, default=40, help="of the network (40)")
    parser.add_argument("--samples", type=int, default=50, help="of dropout (50)")
    parser.add_argument("--folds", type=int, default=5, help="of the cross-validation (5)")
    parser.add_argument("--shown", type=int, default=12, help="features in each chart (12)")
    parser.add_argument("--compared", type=int, default=200, help="tumours that recipes are compared on (200)")
    options = parser.parse_args()
    began = time.perf_counter()
    options.out.mkdir(parents=True, exist_ok=True)
    keras.utils.set_random_seed(0)
    data = load_breast_cancer()
    x, malignant, names = data.data, (data.target == 0).astype(int), list(data.feature_names)

    models, importances = classical(x, malignant, seed=0)
    standardised = StandardScaler().fit_transform(x).astype("float32")
    model = network()
    model.fit(standardised, malignant, epochs=options.epochs, batch_size=32, verbose=0)
    saliency = kerasal.GradientCalculator(model).explain(standardised, train=True, M=options.samples)
    every = {**importances, "network": saliency.values.mean(0)}
    correlations = spearmanr(np.abs(list(every.values())), axis=1).statistic

    draw_tree(models["decision tree"], names, options.out / "decision_tree.png")
    forest = models["random forest"].estimators_
    spread = np.std([tree.feature_importances_ for tree in forest], axis=0, ddof=1)
    errors = {"random forest": spread / np.sqrt(len(forest))}
    draw(importances, errors, saliency, names, correlations, options.shown, options.out / "table_breast_cancer.png")
    found = compared(model, standardised[: options.compared])
    print(found)
    found.plot(options.out / "compared.png")
    accuracy = {name: round(float(fitted.score(x, malignant)), 4) for name, fitted in models.items()}
    accuracy["network"] = round(float(model.evaluate(standardised, malignant, verbose=0)[1]), 4)
    figures = {
        "accuracy on all data, as fitted": accuracy,
        f"accuracy, {options.folds} parts held out in turn": cross_validated(
            x, malignant, models, options.epochs, options.folds
        ),
        "components of PCA": int(models["PCA + logistic"][1].n_components_),
        "variance they explain": round(float(models["PCA + logistic"][1].explained_variance_ratio_.sum()), 4),
        "signed correlation of the two logistic regressions": round(
            float(np.corrcoef(importances["logistic regression"], importances["PCA + logistic"])[0, 1]), 3
        ),
        "rank correlations of |importance|": {
            name: dict(zip(every, np.round(row, 3).tolist(), strict=True))
            for name, row in zip(every, correlations, strict=True)
        },
        "strongest five": {
            name: [names[k] for k in np.argsort(-np.abs(importance))[:5]] for name, importance in every.items()
        },
        "recipes that no other is surely better than": {measure: found.best(measure) for measure in found.measurements},
        "seconds": round(time.perf_counter() - began, 1),
    }
    (options.out / "table_breast_cancer.json").write_text(json.dumps(figures, indent=1) + "\n")
    print(json.dumps(figures, indent=1))
    written = [
        options.out / name
        for name in ("table_breast_cancer.png", "decision_tree.png", "compared.png", "table_breast_cancer.json")
    ]
    print("Wrote " + ", ".join(map(str, written)))


if __name__ == "__main__":
    main()
