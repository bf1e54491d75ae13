"""Train a small CNN on scanned digits while its saliency is logged in two ways, then explain test digits in four."""

import argparse
import time
from pathlib import Path

import keras
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import kerasal

SMOOTH = kerasal.GaussianNoiseSampler(scale=0.15)
RECIPES = {
    "vanilla": {},
    "SmoothGrad": {"noise_sampler": SMOOTH},
    "BayesGrad": {"train": True},
    "Bayes + Smooth": {"noise_sampler": SMOOTH, "train": True},
}


def load_data():
    """The 1797 digits, 8 × 8 pixels with ink from 0 to 1, split into training and test."""
    digits = load_digits()
    images = (digits.images / 16.0).astype("float32")[..., None]
    return train_test_split(images, digits.target, test_size=400, random_state=0, stratify=digits.target)


def build_model():
    """A small CNN with dropout."""
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.Conv2D(64, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Dropout(0.25),
            layers.Flatten(),
            layers.Dense(64, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(10, activation="softmax"),
        ],
        name="digits",
    )
    model.compile(keras.optimizers.Adam(2e-3), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def explain(model, images, samples):
    """{recipe: Saliency} of the digits: how the logit of the predicted class changes with each pixel's ink."""
    calculator = kerasal.GradientCalculator(model)
    return {
        name: calculator.explain(images, M=samples if recipe else 1, ch_axis=-1, **recipe)
        for name, recipe in RECIPES.items()
    }


def save(out, results, model, images, labels):
    """Write saliency.png and saliency.npz; the names of what was written."""
    probabilities = np.asarray(model.predict(images, verbose=0))
    predicted = probabilities.argmax(1)
    columns, arrays = {}, {"images": images[..., 0], "label": labels, "predicted": predicted}
    for name, result in results.items():
        columns[name] = result
        arrays[name] = result.values
        if result.std is not None:
            columns[f"{name}: std"] = arrays[f"{name}: std"] = result.std
    kerasal.ImageVisualizer().visualize_batch(
        columns,
        images,
        labels=[
            f"{kind} (true {true})" if kind != true else str(kind) for kind, true in zip(predicted, labels, strict=True)
        ],
        probabilities=probabilities.max(1),
        save_filepath=out / "saliency.png",
        title="Which ink speaks for the predicted digit: mean and standard deviation over samples",
        colorbar_label="logit per unit of ink",
    )
    np.savez_compressed(out / "saliency.npz", **arrays)
    return [out / "saliency.png", out / "saliency.npz"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("runs/demo"), help="folder of the results")
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--samples", type=int, default=50, help="samples of noise and dropout per digit")
    parser.add_argument("--digits", type=int, default=6, help="how many test digits are explained")
    options = parser.parse_args()
    began = time.perf_counter()
    keras.utils.set_random_seed(0)
    options.out.mkdir(parents=True, exist_ok=True)
    train_x, test_x, train_y, test_y = load_data()
    shown = [int(np.flatnonzero(test_y == digit)[0]) for digit in range(10)][: options.digits]
    images, labels = test_x[shown], test_y[shown]

    model = build_model()
    logs = options.out / "logs"
    model.fit(
        train_x,
        train_y,
        epochs=options.epochs,
        batch_size=32,
        validation_data=(test_x, test_y),
        verbose=2,
        callbacks=[
            keras.callbacks.TensorBoard(logs),
            kerasal.SaliencyLogger(logs, images, labels, name="gradient", method="raw", max_overhead=None),
            kerasal.SaliencyLogger(
                logs, images, labels, name="SmoothGrad", noise_sampler=SMOOTH, M=30, method="raw", max_overhead=None
            ),
        ],
    )
    accuracy = model.evaluate(test_x, test_y, verbose=0)[1]
    written = save(options.out, explain(model, images, options.samples), model, images, labels)
    print(f"\nTest accuracy: {accuracy:.4f} ({len(test_x)} digits)")
    for path in [*written, logs]:
        print(f"Wrote {path}")
    print(f"See the saliency of every epoch: .venv/bin/tensorboard --logdir {logs}   (Saliency, Images, Scalars)")
    print("In the tab Saliency choose saliency/gradient under 'compare with'.")
    print(f"Done in {time.perf_counter() - began:.0f} s.")


if __name__ == "__main__":
    main()
