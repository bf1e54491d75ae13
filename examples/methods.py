"""Train a small CNN on scanned digits and attribute a few test digits by every method, side by side."""

import argparse
import importlib.util
import json
import time
from pathlib import Path

import keras
import numpy as np

import kerasal

UNITS = {  # of the numbers of each method
    "gradient": "logit per unit of ink",
    "SmoothGrad": "logit per unit of ink",
    "guided": "logit per unit of ink",
    "integrated\ngradients": "share of the logit",
    "occlusion": "fall of the logit",
    "FullGrad": "share of the logit, absolute",
    "Grad-CAM": "gradient × activation",
    "Grad-CAM++": "gradient × activation",
    "LayerCAM": "gradient × activation",
    "Score-CAM": "score × activation",
}
SMOOTH = {"noise_sampler": kerasal.GaussianNoiseSampler(scale=0.15)}


def of_demo():
    """The data and the model of demo.py, beside this file."""
    spec = importlib.util.spec_from_file_location("demo", Path(__file__).with_name("demo.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def methods(model):
    """{name: function of (images, M) that gives a `Saliency` of shape (N, 8, 8)}."""

    def by(kind, settings=None, sampled=None, **fold):
        calculator = kind(model, **(settings or {}))
        return lambda images, M: calculator.explain(
            images, M=M if sampled else None, ch_axis=-1, **(sampled or {}), **fold
        )

    return {
        "gradient": by(kerasal.GradientCalculator),
        "SmoothGrad": by(kerasal.GradientCalculator, sampled=SMOOTH),
        "guided": by(kerasal.GradientCalculator, {"relu_rule": "guided"}),
        "integrated\ngradients": by(kerasal.IntegratedGradientsCalculator),
        "occlusion": by(kerasal.OcclusionCalculator, {"size": 2}),
        "FullGrad": by(kerasal.FullGradientCalculator),
        "Grad-CAM": by(kerasal.GradCAMCalculator),
        "Grad-CAM++": by(kerasal.GradCAMPlusPlusCalculator),
        "LayerCAM": by(kerasal.LayerCAMCalculator),
        "Score-CAM": by(kerasal.ScoreCAMCalculator),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("runs/methods"), help="folder of the results")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--samples", type=int, default=50, help="samples of SmoothGrad")
    parser.add_argument("--digits", type=int, default=4, help="how many test digits are explained")
    options = parser.parse_args()
    demo = of_demo()
    keras.utils.set_random_seed(0)
    options.out.mkdir(parents=True, exist_ok=True)
    train_x, test_x, train_y, test_y = demo.load_data()
    images = test_x[[int(np.flatnonzero(test_y == digit)[0]) for digit in (0, 2, 3, 5, 8, 9)][: options.digits]]
    model = demo.build_model()
    model.fit(train_x, train_y, epochs=options.epochs, batch_size=32, verbose=0)
    accuracy = float(model.evaluate(test_x, test_y, verbose=0)[1])
    print(f"Test accuracy: {accuracy:.4f}")

    results, figures = {}, {"accuracy": accuracy, "methods": {}}
    for name, explain in methods(model).items():
        began = time.perf_counter()
        results[name] = explain(images, options.samples)
        gap = results[name].relative_gap
        figures["methods"][name.replace("\n", " ")] = {
            "seconds, first call": round(time.perf_counter() - began, 2),
            "worst relative gap": None if gap is None else float(gap.max()),
        }
        print(f"{name.replace(chr(10), ' ')}: {figures['methods'][name.replace(chr(10), ' ')]}")
    probabilities = np.asarray(model.predict(images, verbose=0))
    kerasal.ImageVisualizer().visualize_batch(
        results,
        images,
        labels=[str(label) for label in probabilities.argmax(1)],
        probabilities=probabilities.max(1),
        save_filepath=options.out / "methods.png",
        title="Which ink speaks for the predicted digit, by every method",
        colorbar_label=UNITS,
    )
    (options.out / "methods.json").write_text(json.dumps(figures, indent=1) + "\n")
    print(f"Wrote {options.out / 'methods.png'} and {options.out / 'methods.json'}")


if __name__ == "__main__":
    main()
