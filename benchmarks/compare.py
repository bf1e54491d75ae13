"""Seconds of `metrics.compare` on 100 pictures, six recipes by six measures, and whether it finds the recipe that is wrong on purpose.

    python benchmarks/compare.py [--pictures 100]

The network is small: two convolutions on the digits of scikit-learn, trained for some seconds, which are not counted. The wrong
recipe is minus gradient × input. The bar: under three minutes on two cores.
"""

import argparse
import time

import keras
from sklearn.datasets import load_digits

from kerasal import Calculator, Recipe, metrics, recipes

BAR = 180.0  # seconds


class MinusCalculator(Calculator):
    """Minus gradient × input."""

    def attribution(self, score, target, at):
        return score.differentiate(target, lambda found: -target * found.gradient)


def network(x, y):
    layers = keras.layers
    body = [layers.Conv2D(16, 3, activation="relu"), layers.Conv2D(16, 3, activation="relu", name="second")]
    model = keras.Sequential([keras.Input(x.shape[1:]), *body, layers.Flatten(), layers.Dense(10)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss, metrics=["accuracy"])
    model.fit(x, y, epochs=8, verbose=0)
    return model


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=100, help="that are explained (100)")
    options = parser.parse_args()
    keras.utils.set_random_seed(0)
    digits = load_digits()
    images = (digits.images[..., None] / 16).astype("float32")
    model, x = network(images[300:], digits.target[300:]), images[: options.pictures]
    several = {
        "wrong": Recipe(MinusCalculator, ch_axis=-1),
        "times input": recipes.gradient_times_input(ch_axis=-1),
        "SmoothGrad": recipes.smooth_grad(M=50, ch_axis=-1),
        "integrated": recipes.integrated_gradients(ch_axis=-1),
        "occlusion": recipes.occlusion(size=2, stride=1, ch_axis=-1),
        "Grad-CAM": recipes.grad_cam(layer="second", ch_axis=-1),
    }
    chosen = [
        metrics.Deletion(model),
        metrics.Deletion(model, fill="mean"),
        metrics.Insertion(model),
        metrics.SensitivityN(model),
        lambda recipe: metrics.MaxSensitivity(model, recipe),
        lambda recipe: metrics.RandomizationCheck(model, recipe),
    ]
    began = time.perf_counter()
    found = metrics.compare(model, x, several, chosen, show_progress=True)
    seconds = time.perf_counter() - began
    print(found)
    losses = [
        each.measure
        for each in found.differences
        if (each.first, each.verdict) == ("wrong", "worse") or (each.second, each.verdict) == ("wrong", "better")
    ]
    lost = {measure: losses.count(measure) for measure in found.measurements}
    told = ", ".join(f"{measure} ({count} of {len(several) - 1})" for measure, count in lost.items() if count)
    print(f"The wrong recipe is surely worse than others by: {told}")
    print(
        f"{seconds:.1f} s for {len(x)} pictures, {len(several)} recipes, {len(found.measurements)} measures (bar: {BAR:.0f} s)"
    )


if __name__ == "__main__":
    main()
