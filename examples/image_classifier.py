"""An ImageNet network: photographs explained by seven methods, and one photograph's five best classes.

The network is one of keras.applications (its weights from Keras, or from a file), or the one in a folder that has
mobilenet/mobilenet.py. What is explained is the class that the network predicts, right or wrong.
"""

import argparse
import contextlib
import importlib.util
import json
import sys
import time
from pathlib import Path

import keras
import numpy as np
from scipy.special import softmax

import kerasal
from kerasal import metrics, recipes

# Objects in photographs of these names: top, left, bottom, right, as shares of height and width, drawn by hand.
BOXES = {
    "bus.jpeg": (0.339, 0.443, 0.786, 0.768),
    "dog.jpeg": (0.130, 0.414, 0.844, 0.628),
    "bear.jpg": (0.346, 0.484, 0.802, 0.927),
    "basketball.jpeg": (0.300, 0.460, 1.000, 1.000),
}
PHOTOGRAPHS = ["basketball.jpeg", "bus.jpeg", "dog.jpeg", "bear.jpg"]  # of --data
SMOOTH = kerasal.GaussianNoiseSampler(scale=0.15)


class Network:
    """A classifier of images with what belongs to it.

    Args:
        model: from (N, H, W, 3) to logits or probabilities (N, classes).
        preprocess: from RGB 0…255, (N, H, W, 3), to what the model takes.
        label: function of a class index -> words.
    """

    def __init__(self, model, preprocess, label):
        self.model, self.preprocess, self.label = model, preprocess, label
        self.size = tuple(model.input_shape[1:3])


def from_folder(folder):
    """The ImageNet network of a folder of data."""
    spec = importlib.util.spec_from_file_location("mobilenet", folder / "mobilenet" / "mobilenet.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    names = module.labels()
    return Network(module.load_mobilenet(), lambda images: images / 127.5 - 1.0, lambda index: names[index])


def from_keras(name, weights):
    """A network of keras.applications; it tells its logits."""
    build = getattr(keras.applications, name, None)
    if not isinstance(build, type(from_folder)):
        sys.exit(
            f"--network is a network of keras.applications. Received: {name}. Give e.g. VGG16, ResNet50, MobileNetV2."
        )
    home = sys.modules[build.__module__]
    try:
        model = build(weights=weights, classifier_activation=None)
    except Exception as error:  # no network, no such file, other shapes
        raise SystemExit(
            f"The weights {weights!r} of {name} cannot be had: {error}\nGive a file by --weights, or a folder by --data."
        ) from error

    def label(index):
        one_hot = np.eye(1000)[[index]]
        with contextlib.suppress(Exception):  # the names are a download too
            return home.decode_predictions(one_hot, top=1)[0][0][1].replace("_", " ")
        return f"class {index}"

    return Network(model, lambda images: home.preprocess_input(np.array(images)), label)


def dropout_of(model, rate):
    """Choose `train`: True where the model has dropout above 1 %, else dropout behind the layers before its last one."""
    layers = keras.layers
    if any(isinstance(layer, layers.Dropout) and layer.rate > 0.01 for layer in model.layers):
        return True, "its own dropout"
    dense = [layer.name for layer in model.layers if isinstance(layer, layers.Dense)][:-1]
    pooled = [
        layer.name for layer in model.layers if isinstance(layer, (layers.GlobalAveragePooling2D, layers.Flatten))
    ]
    behind = dense or pooled[:1]
    return {name: rate for name in behind}, f"dropout {rate} behind {', '.join(behind)}"


def explain(network, x, samples, steps, train):
    """{method: Saliency (N, H, W)}; of gradients Σ|·| over the colours."""
    model = network.model
    gradient = kerasal.GradientCalculator(model)
    colours = {"method": "abs", "ch_axis": -1}
    smooth, bayes = {"noise_sampler": SMOOTH, "M": samples}, {"train": train, "M": samples}
    ways = {
        "vanilla": lambda: gradient.explain(x, **colours),
        "SmoothGrad": lambda: gradient.explain(x, **smooth, **colours),
        "BayesGrad": lambda: gradient.explain(x, **bayes, **colours),
        "Bayes + Smooth": lambda: gradient.explain(x, **smooth | bayes, **colours),
        "integrated gradients": lambda: kerasal.IntegratedGradientsCalculator(model, steps=steps).explain(
            x, ch_axis=-1
        ),
        "Grad-CAM": lambda: kerasal.GradCAMCalculator(model).explain(x, ch_axis=-1),
        "FullGrad": lambda: kerasal.FullGradientCalculator(model).explain(x, ch_axis=-1),
    }
    found = {}
    for name, way in ways.items():
        began = time.perf_counter()
        found[name] = way()
        print(f"{name}: {time.perf_counter() - began:.1f} s", flush=True)
    return found


def compared(model, x, samples, steps):
    """Four recipes by what hiding pixels takes from the logit, and by what showing them gives."""
    several = {
        "vanilla": recipes.vanilla(method="abs", ch_axis=-1),
        "SmoothGrad": recipes.smooth_grad(M=samples, method="abs", ch_axis=-1),
        "integrated gradients": recipes.integrated_gradients(steps=steps, ch_axis=-1),
        "Grad-CAM": recipes.grad_cam(ch_axis=-1),
    }
    chosen = [
        metrics.Deletion(model, fill="mean", steps=16),
        metrics.Deletion(model, fill="blur", steps=16),
        metrics.Insertion(model, fill="blur", steps=16),
    ]
    return metrics.compare(model, x, several, chosen, show_progress=True)


def five_classes(network, x, classes, samples):
    """{"SmoothGrad": (5, H, W), "Grad-CAM": (5, H, W)} of one photograph, a map per class."""
    repeated, score = np.repeat(x[None], len(classes), 0), [int(index) for index in classes]
    smooth = {"noise_sampler": SMOOTH, "M": samples, "method": "abs", "ch_axis": -1}
    return {
        "SmoothGrad": kerasal.GradientCalculator(network.model, score).explain(repeated, **smooth).values,
        "Grad-CAM": kerasal.GradCAMCalculator(network.model, score).explain(repeated, ch_axis=-1).values,
    }


def object_share(saliency, box):
    """(share of Σ|saliency| inside the box) ÷ (share of its area): 1 for a map that knows nothing."""
    height, width = saliency.shape
    top, left, bottom, right = np.rint(np.array(box) * [height, width, height, width]).astype(int)
    inside = np.abs(saliency[top:bottom, left:right]).sum() / np.abs(saliency).sum()
    return round(float(inside * height * width / ((bottom - top) * (right - left))), 2)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("runs/image_classifier"), help="folder of the results")
    parser.add_argument("--network", default="MobileNetV2", help="of keras.applications (MobileNetV2)")
    parser.add_argument("--weights", default="imagenet", help="file of its weights (default: Keras fetches them)")
    parser.add_argument("--data", type=Path, help="folder with mobilenet/ and images/, in place of --network")
    parser.add_argument("--images", type=Path, nargs="+", help="photographs (those of --data, or two of scikit-learn)")
    parser.add_argument("--samples", type=int, default=30, help="of noise and dropout (30)")
    parser.add_argument("--steps", type=int, default=64, help="of integrated gradients (64)")
    parser.add_argument("--rate", type=float, default=0.5, help="of dropout where the network has none (.5)")
    parser.add_argument(
        "--top-five", type=int, default=2, help="position of the photograph whose five classes are drawn (2)"
    )
    options = parser.parse_args()
    began = time.perf_counter()
    options.out.mkdir(parents=True, exist_ok=True)
    keras.utils.set_random_seed(0)
    network = from_folder(options.data) if options.data else from_keras(options.network, options.weights)
    names, images = load_images(options, network.size)
    x = network.preprocess(images).astype("float32")

    outputs = network.model.predict(x, verbose=0)
    probabilities = softmax(outputs, axis=1)
    best = np.argsort(-probabilities, axis=1)[:, :5]
    top_five = [
        [(network.label(index), round(float(row[index]), 4)) for index in indices]
        for row, indices in zip(probabilities, best, strict=True)
    ]
    for name, five in zip(names, top_five, strict=True):
        print(f"{name}: " + ", ".join(f"{label} {probability:.2f}" for label, probability in five))

    train, words = dropout_of(network.model, options.rate)
    results = explain(network, x, options.samples, options.steps, train)
    shown = images / 255.0
    kerasal.ImageVisualizer().visualize_batch(
        results,
        shown,
        labels=[five[0][0].split(",")[0] for five in top_five],
        probabilities=[five[0][1] for five in top_five],
        save_filepath=options.out / "image_classifier.png",
        title=f"What speaks for the predicted class: {network.model.name}, M = {options.samples}, BayesGrad by {words}",
        scale="map",
        colorbar_label="",
    )
    chosen = min(options.top_five, len(names) - 1)
    maps = five_classes(network, x[chosen], best[chosen], options.samples)
    kerasal.ImageVisualizer().visualize_batch(
        {
            f"{label.split(',')[0]} ({probability:.2f})": np.stack([maps[method][k] for method in maps])
            for k, (label, probability) in enumerate(top_five[chosen])
        },
        np.stack([shown[chosen]] * len(maps)),
        labels=list(maps),
        save_filepath=options.out / "five_classes.png",
        title=f"{names[chosen]}: the five best classes of {network.model.name}",
        overlay=True,
        scale="map",
        colorbar_label="",
    )
    found = compared(network.model, x, options.samples, options.steps)
    print(found)
    found.plot(options.out / "compared.png")
    figures = {
        "network": network.model.name,
        "BayesGrad": words,
        "top five": dict(zip(names, top_five, strict=True)),
        "relative completeness gap": {
            name: np.round(saliency.relative_gap, 4).tolist()
            for name, saliency in results.items()
            if saliency.relative_gap is not None
        },
        "median standard error of SmoothGrad ÷ strongest value": round(
            float(np.median(results["SmoothGrad"].standard_error) / results["SmoothGrad"].values.max()), 4
        ),
        "saliency inside the object's box ÷ its share of the area": {
            name: {method: object_share(saliency.values[n], BOXES[name]) for method, saliency in results.items()}
            for n, name in enumerate(names)
            if name in BOXES
        },
        "recipes that no other is surely better than": {measure: found.best(measure) for measure in found.measurements},
        "seconds": round(time.perf_counter() - began, 1),
    }
    (options.out / "image_classifier.json").write_text(
        json.dumps(figures, indent=1, ensure_ascii=False) + "\n", "utf-8"
    )
    print(json.dumps(figures, indent=1, ensure_ascii=False))
    written = ("image_classifier.png", "five_classes.png", "compared.png", "image_classifier.json")
    print("Wrote " + ", ".join(str(options.out / name) for name in written))


def load_images(options, size):
    """(names, RGB 0…255 of shape (N, H, W, 3)), resized without cropping."""
    if options.images or options.data:
        paths = options.images or [options.data / "images" / name for name in PHOTOGRAPHS]
        loaded = [keras.utils.load_img(path, target_size=size, interpolation="bilinear") for path in paths]
        return [path.name for path in paths], np.stack([keras.utils.img_to_array(image) for image in loaded])
    from sklearn.datasets import load_sample_images

    found = load_sample_images()
    resized = [keras.utils.img_to_array(keras.utils.array_to_img(image).resize(size[::-1])) for image in found.images]
    return [Path(name).name for name in found.filenames], np.stack(resized)


if __name__ == "__main__":
    main()
