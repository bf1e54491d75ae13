"""Images that excite eight units of an ImageNet network: gradient ascent on pixels and on a spectrum, with and without transforms.

Each row of the picture is one way for all units at once. The figures say how sure the network is of each picture, as it is and
turned and rolled anew, and how smooth it is. The network is one of keras.applications (its weights from Keras, or from a file),
or the one in a folder that has mobilenet/mobilenet.py.
"""

import argparse
import importlib.util
import json
import sys
import textwrap
import time
from pathlib import Path

import keras
import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf
from scipy.special import softmax

from kerasal import ActivationMaximizer
from kerasal.activation_maximization import Gif, Jitter, Rotate, presets, transformed

UNITS = {  # of the 1000 classes of ImageNet; networks of 1001 count from a background
    "dumbbell": 543,
    "cup": 968,
    "dalmatian": 251,
    "bell pepper": 945,
    "lemon": 951,
    "Siberian husky": 250,
    "computer keyboard": 508,
    "kit fox": 278,
}
WAYS = ("blog", "blog, image moved", "keras-vis", "Fourier", "Fourier, seen moved")
RANGE = (-1.0, 1.0)  # of the pixels that are optimised


def of_image_classifier():
    """The networks of image_classifier.py, beside this file."""
    spec = importlib.util.spec_from_file_location("image_classifier", Path(__file__).with_name("image_classifier.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def logits_of(options):
    """A model from RGB in [-1, 1] to logits."""
    networks = of_image_classifier()
    if options.data:
        return networks.from_folder(options.data).model
    model = networks.from_keras(options.network, options.weights).model
    home = sys.modules[getattr(keras.applications, options.network).__module__]
    inputs = keras.Input(model.input_shape[1:])
    to_network = keras.layers.Lambda(lambda images: home.preprocess_input(127.5 * (images + 1.0)))
    return keras.Model(inputs, model(to_network(inputs)), name=model.name)


def rotation(deviation, interpolation, fill, by):
    """Rotate by N(0, deviation) radians: ours, or tensorflow-addons'."""
    if by == "kerasal":
        return Rotate(deviation, interpolation, fill)
    import tensorflow_addons as tfa

    def rotate(images):
        angles = deviation * tf.random.normal(tf.shape(images)[:1])
        return tfa.image.rotate(images, angles, interpolation=interpolation, fill_mode=fill)

    return rotate


def ways(rotate_with, size, steps=None):
    """{name: settings of an `ActivationMaximizer`}, for each of WAYS.

    Args:
        rotate_with: "kerasal" or "tfa".
        size: height and width of the images.
        steps: in place of each way's own number.
    """

    def turned(settings):
        exchanged = [
            rotation(one.deviation, one.interpolation, one.fill, rotate_with) if isinstance(one, Rotate) else one
            for one in settings["transforms"]
        ]
        return settings | {"transforms": exchanged}

    fourier = turned(presets.fourier(**({"steps": steps} if steps else {})))
    settings = (
        *(presets.blog(size=size), turned(presets.blog(True, size)), presets.keras_vis(RANGE)),
        *(fourier | {"transforms": []}, fourier),
    )
    return {way: one | {"steps": steps or one["steps"]} for way, one in zip(WAYS, settings, strict=True)}


def judged(model, images, classes, fresh):
    """Measure how sure the network is of images (N, H, W, 3) in [-1, 1] of their classes, and how smooth they are.

    Returns:
        Figures: lists have one number per image, "fresh" means are over so many new rotations and rolls of the blog's size.
    """
    place = np.arange(len(classes))
    moves = [Rotate(0.05, "nearest", "constant"), Jitter(15, normal=True)]
    turned = [transformed(images, moves, seed=2021, step=step) for step in range(fresh)]
    own, *new = [softmax(model.predict(batch, verbose=0).astype("float64"), 1) for batch in (images, *turned)]
    mean = np.mean(new, 0)
    pixels = (images + 1) / 2
    variation = np.mean([np.abs(np.diff(pixels, axis=axis)).mean((1, 2, 3)) for axis in (1, 2)], 0)
    contrast = pixels.std((1, 2)).mean(-1)
    return {
        "probability": np.round(own[place, classes], 4).tolist(),
        "probability under fresh transforms": np.round(mean[place, classes], 3).tolist(),
        "mean under fresh transforms": round(float(mean[place, classes].mean()), 3),
        "top class under fresh transforms": [bool(top) for top in mean.argmax(1) == classes],
        "total variation": round(float(variation.mean()), 4),
        "contrast": round(float(contrast.mean()), 4),
        "total variation ÷ contrast": round(float((variation / contrast).mean()), 3),
    }


def draw(pictures, figures, names, path, title):
    """A grid: a row per way, a column per unit, under each picture how sure the network is of it as it is, and moved anew."""
    size = (1.3 + 1.45 * len(names), 0.9 + 1.75 * len(pictures))
    figure, axes = plt.subplots(len(pictures), len(names), figsize=size, squeeze=False, layout="constrained")
    for row, (way, images) in zip(axes, pictures.items(), strict=True):
        both = figures[way]["probability"], figures[way]["probability under fresh transforms"]
        for ax, image, own, fresh in zip(row, images, *both, strict=True):
            ax.imshow((np.clip(image, -1, 1) + 1) / 2)
            ax.set(xticks=[], yticks=[])
            ax.set_xlabel(f"{own:.2f}, moved {fresh:.2f}", fontsize=8)
        row[0].set_ylabel(textwrap.fill(way, 12), rotation=0, ha="right", va="center", fontsize=10)
    for ax, name in zip(axes[0], names, strict=True):
        ax.set_title(name, fontsize=10)
    figure.suptitle(textwrap.fill(title, int(9 * size[0])), fontsize=12)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("runs/feature_visualization"), help="folder of the results")
    parser.add_argument("--network", default="MobileNetV2", help="of keras.applications (MobileNetV2)")
    parser.add_argument("--weights", default="imagenet", help="file of its weights (default: Keras fetches them)")
    parser.add_argument("--data", type=Path, help="folder with mobilenet/, in place of --network")
    parser.add_argument("--units", nargs="+", choices=UNITS, default=list(UNITS), help="of ImageNet (all eight)")
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS), help="rows of the picture (all)")
    parser.add_argument("--steps", type=int, help="in place of each way's own number")
    parser.add_argument("--fresh", type=int, default=16, help="transforms that each picture is judged under (16)")
    parser.add_argument("--rotate-with", choices=("kerasal", "tfa"), default="kerasal", help="whose rotation (kerasal)")
    parser.add_argument("--gif", type=Path, help="also a film of the last way, e.g. units.gif")
    options = parser.parse_args()
    if options.rotate_with == "tfa" and importlib.util.find_spec("tensorflow_addons") is None:
        sys.exit(
            "--rotate-with tfa needs tensorflow-addons. Received: an environment without. pip install kerasal[addons]"
        )
    options.out.mkdir(parents=True, exist_ok=True)
    keras.utils.set_random_seed(0)
    model = logits_of(options)
    classes = np.array([UNITS[name] for name in options.units]) + model.output_shape[1] - 1000

    pictures, figures = {}, {}
    for way in options.ways:
        settings = ways(options.rotate_with, model.input_shape[1:3], options.steps)[way]
        last = options.gif is not None and way == options.ways[-1]
        began = time.perf_counter()
        maximizer = ActivationMaximizer(model, classes.tolist(), RANGE, **settings)
        found = maximizer.maximize(callbacks=[Gif(options.gif)] if last else [])
        seconds = round(time.perf_counter() - began, 1)
        pictures[way] = found.images
        figures[way] = judged(model, found.images, classes, options.fresh) | {"steps": found.steps, "seconds": seconds}
        print(way, json.dumps(figures[way], ensure_ascii=False), flush=True)
    title = f"What eight units of {model.name} want to see: probability as it is, and turned and rolled anew"
    draw(
        pictures,
        figures,
        options.units,
        options.out / "feature_visualization.png",
        title.replace("eight", str(len(classes))),
    )
    described = {"network": model.name, "rotation": options.rotate_with, "units": options.units, "ways": figures}
    (options.out / "feature_visualization.json").write_text(
        json.dumps(described, indent=1, ensure_ascii=False) + "\n", "utf-8"
    )
    print(f"Wrote {options.out / 'feature_visualization.png'} and {options.out / 'feature_visualization.json'}")


if __name__ == "__main__":
    main()
