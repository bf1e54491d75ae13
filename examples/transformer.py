"""Train a small vision transformer on pictures of two digits; its attention rollout, plain and weighed by the gradient of each digit.

python examples/transformer.py --out docs        # writes transformers.png, and prints what it measured
"""

import argparse
import json
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from sklearn.datasets import load_digits

import kerasal

layers = keras.layers
HEIGHT, WIDTH, PATCH, CELL = 16, 24, 4, 8  # pixels; pictures have 2 × 3 cells, of which two have a digit


class Tokens(layers.Layer):
    """Patches with a class token in front and a learned place each."""

    def build(self, shape):
        self.token = self.add_weight(name="token", shape=(1, 1, shape[-1]), initializer="random_normal")
        self.place = self.add_weight(name="place", shape=(1, shape[1] + 1, shape[-1]), initializer="random_normal")

    def call(self, x):
        return tf.concat([tf.repeat(self.token, tf.shape(x)[0], 0), x], 1) + self.place


def transformer(width=48, blocks=3, heads=4):
    """A vision transformer that reads its class token."""
    inputs = keras.Input((HEIGHT, WIDTH, 1))
    x = layers.Conv2D(width, PATCH, strides=PATCH)(inputs)
    x = Tokens()(layers.Reshape((-1, width))(x))
    for _ in range(blocks):
        normal = layers.LayerNormalization()(x)
        x = layers.Add()([x, layers.MultiHeadAttention(heads, width // heads)(normal, normal)])
        normal = layers.LayerNormalization()(x)
        x = layers.Add()([x, layers.Dense(width)(layers.Dense(2 * width, activation="gelu")(normal))])
    token = layers.Lambda(lambda x: x[:, 0])(layers.LayerNormalization()(x))
    return keras.Model(inputs, layers.Dense(10, activation="sigmoid")(token))


def compositions(digits, labels, count, seed):
    """(pictures (count, 16, 24, 1); which of ten digits are in each; (count, 2) the digits; their cells)."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(0, 0.15, (count, HEIGHT, WIDTH, 1)).astype("float32")
    y, shown, cells = np.zeros((count, 10), "float32"), np.zeros((count, 2), int), np.zeros((count, 2), int)
    for n in range(count):
        cells[n] = rng.choice(6, 2, replace=False)
        shown[n] = rng.choice(10, 2, replace=False)
        for digit, cell in zip(shown[n], cells[n], strict=True):
            top, left = CELL * (cell // 3), CELL * (cell % 3)
            x[n, top : top + CELL, left : left + CELL, 0] += digits[rng.choice(np.flatnonzero(labels == digit))]
        y[n, shown[n]] = 1
    return x, y, shown, cells


def inside(maps, cells):
    """Share of each map in a cell of its own, (N,)."""
    total = maps.sum((1, 2))
    by_cell = maps.reshape(len(maps), 2, CELL, 3, CELL).sum((2, 4)).reshape(len(maps), 6)
    return by_cell[np.arange(len(maps)), cells] / total


def measured(model, x, shown, cells):
    """{name: mean share of the map in the cell of the digit that is explained}, for the first digit of each picture."""
    of_digit = {"score": shown[:, 0].tolist()}
    found = {
        "attention rollout": kerasal.RolloutCalculator(model, **of_digit).explain(x),
        "gradient rollout": kerasal.GradientRolloutCalculator(model, **of_digit).explain(x),
    }
    shares = {name: inside(each.values[..., 0], cells[:, 0]) for name, each in found.items()}
    other = {name: inside(each.values[..., 0], cells[:, 1]) for name, each in found.items()}
    return {name: (float(shares[name].mean()), float(other[name].mean())) for name in found}


def draw(model, x, shown, path):
    """A row for each picture: the picture, its rollout, and the rollout weighed by the gradient of either digit."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(len(x), 4, figsize=(9, 1.65 * len(x)), layout="constrained")
    rollout = kerasal.RolloutCalculator(model).explain(x)
    each = [kerasal.GradientRolloutCalculator(model, score=digits.tolist()).explain(x) for digits in shown.T]
    draws = kerasal.ImageVisualizer()
    for n, row in enumerate(axes):
        row[0].imshow(x[n, ..., 0], cmap="gray_r")
        row[0].set_axis_off()
        titles = ["rollout", *(f"by gradient: {digit}" for digit in shown[n])]
        for ax, maps, title in zip(row[1:], [rollout, *each], titles, strict=True):
            draws.visualize(
                maps.values[n],
                image=1 - x[n].clip(0, 1),
                image_range=(0, 1),
                ax=ax,
                title=title,
                show_colorbar=False,
                percentile=100,
            )
        row[0].set_title(f"{shown[n][0]} and {shown[n][1]}")
    figure.savefig(path, dpi=110)


def main():
    """Train, measure and draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("."), help="folder for transformers.png")
    parser.add_argument("--pictures", type=int, default=10000, help="pictures to train with")
    parser.add_argument("--epochs", type=int, default=10)
    arguments = parser.parse_args()
    keras.utils.set_random_seed(0)
    data = load_digits()
    digits, labels = data.images.astype("float32") / 16, data.target
    train = np.arange(len(digits)) % 5 > 0
    x, y, _, _ = compositions(digits[train], labels[train], arguments.pictures, seed=0)
    test_x, _, shown, cells = compositions(digits[~train], labels[~train], 200, seed=1)
    model = transformer()
    steps = arguments.epochs * -(-len(x) // 64)
    model.compile(keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(2e-3, steps)), "binary_crossentropy")
    model.fit(x, y, batch_size=64, epochs=arguments.epochs, verbose=2)
    best = np.sort(np.argsort(model.predict(test_x, verbose=0), 1)[:, -2:], 1)
    right = (best == np.sort(shown, 1)).all(1)
    found = {"accuracy": float(right.mean())}
    right |= right.sum() < 4  # all, where hardly any is right
    found |= measured(model, test_x[right], shown[right], cells[right])
    arguments.out.mkdir(parents=True, exist_ok=True)
    draw(model, test_x[right][:4], shown[right][:4], arguments.out / "transformers.png")
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
