"""What the laws of every calculator are over: calculators with small settings, kinds of model, scores and targets."""

import dataclasses
import functools
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf
from keras import layers as L
from zoo import IMAGE, ZOO, randomised

from kerasal import (
    Background,
    ConductanceCalculator,
    DeepLIFTCalculator,
    Extremes,
    FullGradientCalculator,
    GradCAMCalculator,
    GradCAMPlusPlusCalculator,
    GradientCalculator,
    InputExtractor,
    IntegratedGradientsCalculator,
    InternalInfluenceCalculator,
    LayerCAMCalculator,
    LayerExtractor,
    LIMECalculator,
    LRPCalculator,
    OcclusionCalculator,
    RISECalculator,
    ScoreCAMCalculator,
    ShapleyCalculator,
    TemporalRescalingCalculator,
    XRAICalculator,
    scores,
)


@dataclasses.dataclass(frozen=True)
class Method:
    """A calculator with its settings.

    Attributes:
        make: (model, score, target_extractor, eval_fun) -> the calculator.
        models: of the zoo, the first of them stands for all where one is enough: class activation maps need spatial maps
            (Grad-CAM++ those of ReLUs: its weights have poles at negative ones), FullGrad, DeepLIFT and relevance
            operations that they have rules for, ReLU rules ReLUs.
        compares: whether it compares several points of a sample, which then must have the same dropout masks.
        linear: whether the saliency of a difference of scores is the difference of their saliencies.
        gap: the relative completeness gap allowed, with its few steps; None where there is none.
    """

    make: Callable
    models: tuple[str, ...]
    compares: bool = False
    linear: bool = False
    gap: float | None = None


def _faded(target):
    return 0.25 * target


def _at_layer(kind, layer):
    """A method that looks at a layer of the zoo while the target moves along a path."""

    def make(model, score=None, target_extractor=None, eval_fun=None):
        return kind(model, layer, score, target_extractor, eval_fun, steps=16)

    return make


def _regions(model, score=None, target_extractor=None, eval_fun=None):
    """Regions of four stripes of pictures of any size, or of what layers make of the zoo's."""
    segments = _stripes
    if isinstance(target_extractor, LayerExtractor):
        segments = _stripes(IMAGE[0, 1:, 1:] if target_extractor.layer == "inner" else IMAGE[0])
    return XRAICalculator(model, score, target_extractor, eval_fun, segments=segments, steps=6)


def _stripes(image):
    height, width, _ = image.shape
    return np.repeat([np.arange(width) * 4 // width], height, 0)


METHODS = {
    "gradient × target": Method(
        functools.partial(GradientCalculator, multiply_target=True), ("two inputs",), linear=True
    ),
    "guided": Method(functools.partial(GradientCalculator, relu_rule="guided"), ("cnn",)),
    "integrated": Method(
        functools.partial(IntegratedGradientsCalculator, steps=8),
        ("lstm", "attention", "sigmoid", "branching"),
        compares=True,
        linear=True,
        gap=0.05,
    ),
    "integrated from a function": Method(
        functools.partial(IntegratedGradientsCalculator, baseline=_faded, steps=3, quadrature="gauss_legendre"),
        ("activation", "dict with tokens", "losses"),
        compares=True,
        linear=True,
        gap=0.05,
    ),
    "expected": Method(
        functools.partial(IntegratedGradientsCalculator, baseline=Background(IMAGE[:3] / 2, drawn=True), steps=8),
        ("sequential",),
        compares=True,
        linear=True,
        gap=0.2,
    ),
    "black and white": Method(
        functools.partial(IntegratedGradientsCalculator, baseline=Extremes(), steps=32),
        ("sequential",),
        compares=True,
        linear=True,
        gap=0.2,
    ),
    "conductance": Method(
        _at_layer(ConductanceCalculator, "inner"), ("cnn", "table"), compares=True, linear=True, gap=0.05
    ),
    "influence": Method(_at_layer(InternalInfluenceCalculator, "inner"), ("sequential",), compares=True, linear=True),
    "occlusion": Method(
        functools.partial(OcclusionCalculator, size=2, stride=2, fill="mean"),
        ("bidirectional", "activation", "gru", "graph call", "dict inputs", "mixed"),
        compares=True,
        linear=True,
    ),
    "occlusion sum": Method(
        functools.partial(OcclusionCalculator, size=3, stride=2, overlap="sum"),
        ("subclassed logits", "list of heads", "nested"),
        compares=True,
        linear=True,
    ),
    "shapley": Method(
        functools.partial(ShapleyCalculator, size=2, fill="mean", exact_up_to=0),
        ("cnn", "lstm", "nested"),
        compares=True,
        linear=True,
        gap=1e-4,
    ),
    "rise": Method(
        functools.partial(RISECalculator, grid=3, fill="blur", masks=4),
        ("two inputs", "attention"),
        compares=True,
        linear=True,
    ),
    "lime": Method(
        functools.partial(LIMECalculator, size=3, perturbations=12),
        ("subclassed softmax", "dict with tokens"),
        compares=True,
        linear=True,
    ),
    "fullgrad": Method(
        functools.partial(FullGradientCalculator, psi="signed"),
        ("noisy", "subclassed softmax", "nested in sequential", "dict of heads", "shared", "residual", "table"),
        linear=True,
        gap=1e-4,
    ),
    "deep lift": Method(functools.partial(DeepLIFTCalculator, baseline=0.1), ("nested",), linear=True, gap=1e-4),
    "deep shap": Method(
        functools.partial(DeepLIFTCalculator, baseline=Background(IMAGE[:3] / 2)),
        ("residual",),
        compares=True,
        linear=True,
        gap=1e-4,
    ),
    "relevance": Method(
        functools.partial(LRPCalculator, rules="epsilon_plus"),
        ("subclassed logits",),
    ),
    "grad-cam": Method(GradCAMCalculator, ("cnn", "dict with tokens", "subclassed logits")),
    "grad-cam++": Method(GradCAMPlusPlusCalculator, ("residual", "sequential")),
    "layer-cam": Method(LayerCAMCalculator, ("dict inputs", "series")),
    "rescaled": Method(functools.partial(TemporalRescalingCalculator, fill="mean"), ("series", "table"), compares=True),
    "score-cam": Method(ScoreCAMCalculator, ("two inputs",), compares=True),
    "regions": Method(_regions, ("cnn", "two inputs"), compares=True),
}
WAYS = [
    "guided",
    "integrated",
    "expected",
    "conductance",
    "occlusion",
    "shapley",
    "fullgrad",
    "deep lift",
    "score-cam",
    "regions",
]
"""A method of every way through the engine: one point, a path, a drawn one, two places, windows, permutations, remainders, rules, masks of its own, regions."""

PAIRS = [(method, model) for method, entry in METHODS.items() for model in entry.models]


def calculator(method, name, model):
    """The calculator of a method for a model of the zoo."""
    case = ZOO[name]
    return METHODS[method].make(model, case.score, LayerExtractor(case.target) if case.target else None)


LABELS = np.array([0, 2, 1, 0, 2])


class Probe(keras.Model):
    """A model that counts how often Python runs its call, and in a variable how often that is computed."""

    calls = 0

    def __init__(self):
        super().__init__()
        self.count = self.add_weight(name="count", shape=(), initializer="zeros", trainable=False)
        self.same, self.inner = L.Activation("linear", name="same"), L.Conv2D(3, 2, activation="relu", name="inner")
        self.dropout, self.flat, self.head = L.Dropout(0.3), L.Flatten(), L.Dense(3, name="head")

    def call(self, x, training=False):
        type(self).calls += 1
        self.count.assign_add(1.0)
        return self.head(self.flat(self.dropout(self.inner(self.same(x)), training=training)))


def _picked(y, outputs):
    """The output of the label: a loss whose saliency is that of a class."""
    return tf.gather(outputs, tf.cast(tf.reshape(y, [-1]), tf.int32), batch_dims=1)


@functools.cache
def probe():
    model = Probe()
    model(IMAGE)
    model.compile("sgd", _picked)
    return randomised(model)


def _of_class(found):
    return found[:, :, 1]


def _of_label(found, labels=LABELS):
    return found[:, np.arange(5), labels]


def _of_predicted(found):
    return _of_label(found, np.argmax(probe()(IMAGE), -1))


SCORES = [  # name, arguments of the calculator, whether y is given, what it is of the saliency of all classes
    ("predicted", dict, False, _of_predicted),
    ("class", lambda: {"score": 1}, False, _of_class),
    ("classes", lambda: {"score": LABELS.tolist()}, False, _of_label),
    ("label", lambda: {"score": scores.Label()}, True, _of_label),
    ("loss", lambda: {"score": scores.Loss()}, True, _of_label),
    ("unit", lambda: {"score": scores.Unit("head", 1)}, False, _of_class),
    ("function", lambda: {"score": lambda outputs: outputs[:, 1]}, False, _of_class),
    ("eval_fun", lambda: {"eval_fun": lambda x: probe()(x)[:, 1]}, False, _of_class),
    ("eval_fun of y", lambda: {"eval_fun": lambda x, y: _picked(y, probe()(x))}, True, _of_label),
    ("margin", lambda: {"score": scores.Margin(2, 0)}, False, lambda found: found[:, :, 2] - found[:, :, 0]),
]
TARGETS = [
    None,
    InputExtractor(0),
    LayerExtractor("same"),
    LayerExtractor("same", timing="pre"),
    LayerExtractor("inner", timing="pre"),
]
