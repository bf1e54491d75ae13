"""One photograph, explained in six ways: the picture of the README.

    python examples/photograph.py                       # MobileNetV2, weights from Keras, the flower of scikit-learn
    python examples/photograph.py --images dog.jpg
    python examples/photograph.py --data FOLDER         # FOLDER/mobilenet/mobilenet.py, FOLDER/images

It writes photograph.png.
"""

import argparse
from pathlib import Path

import keras
import numpy as np
from image_classifier import from_folder, from_keras, load_images
from scipy.special import softmax

import kerasal
from kerasal import recipes

SIX = {
    "SmoothGrad": recipes.smooth_grad(M=50, method="abs", ch_axis=-1),
    "integrated gradients": recipes.integrated_gradients(steps=128, ch_axis=-1),
    "relevance (LRP)": recipes.lrp(rules="epsilon_plus", ch_axis=-1),
    "Grad-CAM": recipes.grad_cam(ch_axis=-1),
    "occlusion": recipes.occlusion(size=32, stride=8, fill="blur", ch_axis=-1),
    "XRAI": recipes.xrai(ch_axis=-1),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("runs/photograph"), help="folder of the result")
    parser.add_argument("--network", default="MobileNetV2", help="of keras.applications (MobileNetV2)")
    parser.add_argument("--weights", default="imagenet", help="file of its weights (default: Keras fetches them)")
    parser.add_argument("--data", type=Path, help="folder with mobilenet/ and images/, in place of --network")
    parser.add_argument(
        "--images", type=Path, nargs="+", help="a photograph (of --data its goldfish, or scikit-learn's flower)"
    )
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    keras.utils.set_random_seed(0)
    network = from_folder(options.data) if options.data else from_keras(options.network, options.weights)
    if options.data and not options.images:
        options.images = [options.data / "images" / "goldfish.jpg"]
    _, images = load_images(options, network.size)
    x = network.preprocess(images[-1:]).astype("float32")
    probabilities = softmax(network.model.predict(x, verbose=0), axis=1)[0]
    best = int(probabilities.argmax())

    kerasal.ImageVisualizer().visualize_batch(
        {name: recipe.explain(network.model, x) for name, recipe in SIX.items()},
        images[-1:] / 255,
        labels=[network.label(best).split(",")[0]],
        probabilities=[float(probabilities[best])],
        save_filepath=options.out / "photograph.png",
        overlay=True,
        scale="map",
        colorbar_label="",
    )
    print(f"{network.label(best)} {np.round(probabilities[best], 2)}: {options.out / 'photograph.png'}")


if __name__ == "__main__":
    main()
