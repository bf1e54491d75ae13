"""Every calculator with small settings, and the kinds of model of the zoo that it meets."""

import dataclasses
import functools
from collections.abc import Callable

from zoo import IMAGE, ZOO

from kerasal import (
    Background,
    FullGradientCalculator,
    GradCAMCalculator,
    GradCAMPlusPlusCalculator,
    GradientCalculator,
    IntegratedGradientsCalculator,
    LayerCAMCalculator,
    LayerExtractor,
    OcclusionCalculator,
    ScoreCAMCalculator,
)


@dataclasses.dataclass(frozen=True)
class Method:
    """A calculator with its settings.

    Attributes:
        make: (model, score, target_extractor, eval_fun) -> the calculator.
        models: of the zoo, the first of them stands for all where one is enough: class activation maps need spatial maps, FullGrad layers it can account for, ReLU rules ReLUs.
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


METHODS = {
    "gradient × target": Method(
        functools.partial(GradientCalculator, multiply_target=True), ("two inputs", "table"), linear=True
    ),
    "guided": Method(functools.partial(GradientCalculator, relu_rule="guided"), ("cnn", "residual")),
    "integrated": Method(
        functools.partial(IntegratedGradientsCalculator, steps=8),
        ("lstm", "bidirectional", "attention", "nested", "sigmoid", "list of heads", "graph call", "branching"),
        compares=True,
        linear=True,
        gap=0.05,
    ),
    "integrated from a function": Method(
        functools.partial(IntegratedGradientsCalculator, baseline=_faded, steps=3, quadrature="gauss_legendre"),
        ("activation", "dict with tokens", "losses", "shared"),
        compares=True,
        linear=True,
        gap=0.05,
    ),
    "expected": Method(
        functools.partial(IntegratedGradientsCalculator, baseline=Background(IMAGE[:3] / 2, drawn=True), steps=8),
        ("sequential", "cnn"),
        compares=True,
        linear=True,
        gap=0.2,
    ),
    "occlusion": Method(
        functools.partial(OcclusionCalculator, size=2, stride=2, fill="mean"),
        ("attention", "activation", "sigmoid", "dict of heads", "gru", "graph call", "branching", "losses", "mixed"),
        compares=True,
        linear=True,
    ),
    "occlusion sum": Method(
        functools.partial(OcclusionCalculator, size=3, stride=2, overlap="sum"),
        ("subclassed logits", "list of heads", "series", "nested"),
        compares=True,
        linear=True,
    ),
    "fullgrad": Method(
        functools.partial(FullGradientCalculator, psi="signed"),
        ("noisy", "subclassed softmax", "nested in sequential", "dict of heads", "shared", "residual", "table"),
        linear=True,
        gap=1e-4,
    ),
    "grad-cam": Method(GradCAMCalculator, ("nested in sequential", "dict with tokens", "mixed")),
    "grad-cam++": Method(GradCAMPlusPlusCalculator, ("subclassed logits", "sequential", "dict inputs")),
    "layer-cam": Method(LayerCAMCalculator, ("dict inputs", "series")),
    "score-cam": Method(ScoreCAMCalculator, ("two inputs", "residual"), compares=True),
}
PAIRS = [(method, model) for method, entry in METHODS.items() for model in entry.models]


def calculator(method, name, model):
    """The calculator of a method for a model of the zoo."""
    case = ZOO[name]
    return METHODS[method].make(model, case.score, LayerExtractor(case.target) if case.target else None)
