"""Print where class activation maps look in networks of keras.applications, as docs/where_cams_look.md has it.

Weights are random: where a map is looked at follows from the graph alone. Transformers of KerasHub are there where it is installed.
`python benchmarks/where_cams_look.py > docs/where_cams_look.md`
"""

import importlib
import importlib.util
import sys
from collections.abc import Iterator
from typing import NamedTuple

import keras
import numpy as np

import kerasal
from kerasal._engine.blocks import Blocks
from kerasal._engine.sampling import Sampling
from kerasal._engine.session import Session

NETWORKS = {  # name -> sizes of the input
    "VGG16": (32, 224),
    "ResNet50": (32, 224),
    "ResNet50V2": (32, 224),
    "InceptionV3": (75, 299),
    "InceptionResNetV2": (75,),
    "Xception": (71,),
    "MobileNet": (32, 224),
    "MobileNetV2": (32, 224),
    "MobileNetV3Small": (32, 224),
    "DenseNet121": (32, 224),
    "NASNetMobile": (32, 224),
    "EfficientNetB0": (32,),
    "EfficientNetV2B0": (32, 224),
    "ConvNeXtTiny": (32, 224),
}
QUICK = ("MobileNet", "MobileNetV3Small")
SIDES = {"image_shape": (64, 64, 3)}
BLOCKS = {**SIDES, "patch_size": 8, "num_layers": 2, "num_heads": 2, "hidden_dim": 8}
TRANSFORMERS = {  # name in KerasHub -> settings of small ones
    "ViTBackbone": {**BLOCKS, "mlp_dim": 16},
    "DeiTBackbone": {**BLOCKS, "intermediate_dim": 16},
    "DINOV2Backbone": {**BLOCKS, "intermediate_dim": 16, "num_register_tokens": 4},
    "SwinTransformerBackbone": {**SIDES, "embed_dim": 8, "depths": [2, 2], "num_heads": [2, 2], "window_size": 4},
}
HEAD = """# Where class activation maps look

Made by `python benchmarks/where_cams_look.py`: networks of keras.applications with random weights. The map is the last one that
all of the score passes through and that has more than one position. At small sizes this is an earlier map than at the size that the
network was made for. How the map is found: methods.md. In transformers (KerasHub's, with two blocks and patches of 8, or of 4 in Swin) the
patches are looked at, not the class token. Where the score reads the class token alone, they are looked at before the last block that mixes
patches and token.

| network | input | looked at | positions | channels |
|---|---|---|---|---|"""


class Row(NamedTuple):
    """A network of the table, at one size of its input."""

    network: str
    size: int
    found: str
    positions: str
    channels: str

    def __str__(self) -> str:
        return f"| {self.network} | {self.size} × {self.size} | {self.found} | {self.positions} | {self.channels} |"


def rows(names: tuple[str, ...]) -> Iterator[Row]:
    """Look at networks of these names."""
    for name in names:
        for size in NETWORKS[name]:
            keras.backend.clear_session()
            make = getattr(keras.applications, name)
            model = make(weights=None, input_shape=(size, size, 3), classes=10, classifier_activation=None)
            yield looked_at(name, size, kerasal.GradCAMCalculator(model, 1))


def transformer_rows() -> Iterator[Row]:
    """Look at small transformers, whose tokens are averaged, or the first of which is read; none without KerasHub."""
    if importlib.util.find_spec("keras_hub") is None:
        return
    models = importlib.import_module("keras_hub").models
    for name, settings in TRANSFORMERS.items():
        image = keras.Input(SIDES["image_shape"])
        tokens = getattr(models, name)(**settings)(image)
        heads = {"mean of all tokens": keras.layers.GlobalAveragePooling1D()(tokens)}
        if "Swin" not in name:
            heads["class token"] = tokens[:, 0]
        for read, features in heads.items():
            model = keras.Model(image, keras.layers.Dense(4)(features))
            yield looked_at(f"{name}, {read}", 64, kerasal.GradCAMCalculator(model, 1))


def looked_at(name: str, size: int, calculator: kerasal.GradCAMCalculator) -> Row:
    """Look at one network."""
    try:
        x = np.zeros((1, size, size, 3), "float32")
        found = Session(
            calculator.objectives[0], calculator, calculator.traces, Blocks(x, None), Sampling()
        ).points.context
    except ValueError as error:
        return Row(name, size, f"refused: {error}", "–", "–")
    where = found.name.removeprefix("LayerExtractor(").removesuffix(", timing='post')").replace("'", "`")
    *positions, channels = (str(length) for length in found.view.shape[1:])
    return Row(name, size, where, " × ".join(positions), channels)


if __name__ == "__main__":
    sys.stdout.write("\n".join([HEAD, *map(str, rows(tuple(NETWORKS))), *map(str, transformer_rows())]) + "\n")
