"""The things timed: a model, its examples, and how many rows (samples × examples) the limit packs into a model call."""

from collections.abc import Callable
from dataclasses import dataclass

import keras
import networks
import numpy as np
import tensorflow as tf

SCALE = 0.15  # standard deviation of the noise over the range of each example, everywhere
IMAGE_RECIPES = ("gradient", "SmoothGrad", "integrated gradients", "occlusion")


@dataclass(frozen=True)
class Job:
    """A workload made.

    Args:
        model, x: as a user of kerasal has them.
        layer: name of the layer that is explained, None for the input.
        points: the clean values of what is explained, (N, ...); x itself for an input.
        tail: (rows of such values, training=False) -> logits; the model itself for an input.
        random: rows of such values -> logits, Keras' own dropout on and BatchNormalization frozen.
        train: what kerasal is told to do the same.
        rows: the most rows of a model call of the hand-written loops.
    """

    model: keras.Model
    x: object
    layer: str | None
    points: np.ndarray
    tail: Callable
    random: Callable
    train: object
    rows: int


@dataclass(frozen=True)
class Workload:
    """A model with random weights and random examples.

    Args:
        title: how tables name it.
        build: function that makes the model.
        shape: of the examples, (N, ...), uniform in [0, 1).
        rows: rows a model call of the hand-written limit, the fastest found for this model.
        recipes: names of what is timed on it.
        samples: M of SmoothGrad and BayesGrad; nodes of a path, up to 50.
        windows: (size, stride) of occlusion; the last ones end at the edge by themselves.
        train: kerasal's; a dict puts dropout behind layers.
    """

    title: str
    build: Callable
    shape: tuple
    rows: int
    recipes: tuple
    samples: int = 50
    windows: tuple = ()
    train: object = True

    def make(self):
        """The same numbers in every process."""
        keras.utils.set_random_seed(0)
        model = self.build()
        for layer in model.layers:
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.trainable = False  # Keras then runs it in inference whatever `training` says
        return self._job(model, np.random.default_rng(0))

    def _job(self, model, rng):
        x = rng.random(self.shape, "float32")
        other = networks.with_dropout_behind(model, self.train) if isinstance(self.train, dict) else model
        return Job(model, x, None, x, model, lambda points: other(points, training=True), self.train, self.rows)


class TokenWorkload(Workload):
    """A chain of layers that begins with an embedding, explained there."""

    def _job(self, model, rng):
        ids = rng.integers(0, model.get_layer("embed").input_dim, self.shape, "int32")
        tail = keras.Sequential([keras.Input(model.get_layer("embed").output.shape[1:]), *model.layers[1:]])
        points = np.asarray(model.get_layer("embed")(ids))
        return Job(model, ids, "embed", points, tail, lambda rows: tail(rows, training=True), self.train, self.rows)


class MoleculeWorkload(Workload):
    """A gated graph network on molecules, explained at its embedding."""

    def _job(self, model, rng):
        from kerasal.molecules import from_smiles, to_graphs

        count = self.shape[0]
        graphs = to_graphs(from_smiles((SMILES * count)[:count]))
        embed, others = model.get_layer("embed"), ("bonds", "mask")
        inputs = {array.name: array for array in model.inputs}
        inner = keras.Model([embed.output, *(inputs[name] for name in others)], model.output)

        def tail(rows, training=False):
            rows = tf.convert_to_tensor(rows)
            copies = tf.shape(rows)[0] // count
            repeated = [tf.repeat(graphs[name][None], copies, 0) for name in others]
            return inner([rows, *(tf.reshape(a, [-1, *a.shape[2:]]) for a in repeated)], training=training)

        points = np.asarray(embed(graphs["atoms"]))
        return Job(model, graphs, "embed", points, tail, lambda rows: tail(rows, True), self.train, self.rows)


SMILES = [
    "CC(=O)Oc1ccccc1C(=O)O",
    "Cn1cnc2c1c(=O)n(C)c(=O)n2C",
    "CC(C)Cc1ccc(cc1)C(C)C(=O)O",
    "CN1CCCC1c1cccnc1",
    "CC(=O)Nc1ccc(O)cc1",
    "NC(Cc1c[nH]c2ccccc12)C(=O)O",
    "OCC1OC(O)C(O)C(O)C1O",
    "CCN(CC)CCNC(=O)c1ccc(N)cc1",
]

WORKLOADS = {
    "mobilenet-1": Workload(
        "MobileNetV2 224, 1 image", networks.mobilenet, (1, 224, 224, 3), 16, IMAGE_RECIPES, windows=(32, 16)
    ),
    "resnet50-1": Workload(
        "ResNet50 224, 1 image", networks.resnet50, (1, 224, 224, 3), 8, IMAGE_RECIPES, windows=(32, 16)
    ),
    "efficientnet-1": Workload(
        "EfficientNetB0 224, 1 image", networks.efficientnet, (1, 224, 224, 3), 16, ("BayesGrad",)
    ),
    "cnn-64": Workload(
        "small CNN 28, 64 images",
        networks.small_cnn,
        (64, 28, 28, 1),
        1600,
        (*IMAGE_RECIPES[:2], "BayesGrad", *IMAGE_RECIPES[2:]),
        windows=(8, 4),
    ),
    "iris-150": Workload(
        "iris MLP 4-48-3, 150 rows", networks.iris_mlp, (150, 4), 15000, ("gradient", "SmoothGrad", "BayesGrad"), 100
    ),
    "lstm-32": TokenWorkload(
        "LSTM at embeddings, 32 texts of 40 tokens",
        networks.token_lstm,
        (32, 40),
        1600,
        ("gradient", "SmoothGrad", "integrated gradients"),
    ),
    "ggnn-32": MoleculeWorkload(
        "GGNN at embeddings, 32 molecules", networks.molecule_ggnn, (32,), 1600, ("gradient", "SmoothGrad", "BayesGrad")
    ),
    "vgg16-1": Workload(
        "VGG16 224, 1 image",
        networks.vgg16,
        (1, 224, 224, 3),
        4,
        (*IMAGE_RECIPES[:2], "BayesGrad", *IMAGE_RECIPES[2:]),
        samples=20,
        windows=(32, 16),
        train={"fc1": 0.5, "fc2": 0.5},
    ),
}
