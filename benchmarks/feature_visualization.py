"""The same units by tf-keras-vis and by kerasal, side by side: a picture and figures. In the environment of `make bench`.

tf-keras-vis takes RGB 0…255, so the network gets a rescaling in front; its settings are its own defaults.
"""

import argparse
import importlib.util
import json
import time
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from tf_keras_vis.activation_maximization import ActivationMaximization
from tf_keras_vis.utils.scores import CategoricalScore

from kerasal import ActivationMaximizer
from kerasal.activation_maximization import presets

ROOT = Path(__file__).parents[1]


def of_example():
    """examples/feature_visualization.py."""
    path = ROOT / "examples" / "feature_visualization.py"
    spec = importlib.util.spec_from_file_location("feature_visualization_example", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def by_tf_keras_vis(model, classes, steps):
    """Its images, in [-1, 1]."""
    inputs = keras.Input(model.input_shape[1:])
    rescaled = keras.Model(inputs, model(keras.layers.Rescaling(1 / 127.5, -1.0)(inputs)))
    start = tf.random.uniform((len(classes), *model.input_shape[1:]), 0, 255, seed=1)
    found = ActivationMaximization(rescaled, clone=False)(CategoricalScore(classes), seed_input=start, steps=steps)
    return np.asarray(found, "float32") / 127.5 - 1


def by_kerasal(model, classes, steps):
    return ActivationMaximizer(model, classes, (-1, 1), **presets.fourier(steps)).maximize().images


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("runs/feature_visualization"), help="folder of the results")
    parser.add_argument("--network", default="MobileNetV2", help="of keras.applications (MobileNetV2)")
    parser.add_argument("--weights", default="imagenet", help="file of its weights (default: Keras fetches them)")
    parser.add_argument("--data", type=Path, help="folder with mobilenet/, in place of --network")
    parser.add_argument("--steps", type=int, default=200, help="of each (200, tf-keras-vis' default)")
    parser.add_argument("--fresh", type=int, default=16, help="transforms that each picture is judged under (16)")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    keras.utils.set_random_seed(0)
    example = of_example()
    model = example.logits_of(options)
    classes = [index + model.output_shape[1] - 1000 for index in example.UNITS.values()]
    pictures, figures = {}, {}
    for name, way in {"tf-keras-vis": by_tf_keras_vis, "kerasal": by_kerasal}.items():
        began = time.perf_counter()
        pictures[name] = np.clip(way(model, classes, options.steps), -1, 1)
        seconds = round(time.perf_counter() - began, 1)
        figures[name] = example.judged(model, pictures[name], np.array(classes), options.fresh) | {"seconds": seconds}
        print(name, json.dumps(figures[name], ensure_ascii=False), flush=True)
    title = f"Eight units of {model.name} after {options.steps} steps: probability as it is, and turned and rolled anew"
    example.draw(pictures, figures, list(example.UNITS), options.out / "units_side_by_side.png", title)
    (options.out / "units_side_by_side.json").write_text(
        json.dumps(figures, indent=1, ensure_ascii=False) + "\n", "utf-8"
    )


if __name__ == "__main__":
    main()
