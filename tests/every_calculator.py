"""Every calculator with small settings, and the kinds of model of the zoo that it meets."""

import dataclasses
import functools
from collections.abc import Callable

import numpy as np

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
        models: names of the zoo: class activation maps need spatial maps, FullGrad layers it can account for, ReLU rules ReLUs.
        compares: whether it compares several points of a sample, which then must have the same dropout masks.
        linear: whether the saliency of a difference of scores is the difference of saliencies.
        gap: the relative completeness gap allowed, with its few steps; None where there is none.
    """

    make: Callable
    models: tuple[str, ...]
    compares: bool = False
    linear: bool = False
    gap: float | None = None


def _baselines(target):
    """Three quarters of the target: a baseline of every shape."""
    return 0.75 * target


METHODS = {
    "gradient × target": Method(
        functools.partial(GradientCalculator, multiply_target=True), ("two inputs", "bidirectional"), linear=True
    ),
    "guided": Method(functools.partial(GradientCalculator, relu_rule="guided"), ("cnn", "residual", "table")),
    "integrated": Method(
        functools.partial(IntegratedGradientsCalculator, steps=8),
        ("activation", "subclassed softmax", "sigmoid", "nested", "two inputs", "list of heads", "lstm", "gru")
        + ("bidirectional", "attention", "shared", "graph call", "branching"),
        compares=True,
        linear=True,
        gap=0.05,
    ),
    "integrated from a function": Method(
        functools.partial(
            IntegratedGradientsCalculator, baseline=_baselines, steps=3, quadrature="gauss_legendre"
        ),
        ("cnn", "dict with tokens", "losses"),
        compares=True,
        linear=True,
        gap=0.05,
    ),
    "expected": Method(
        functools.partial(
            IntegratedGradientsCalculator,
            baseline=Background(np.linspace(-1, 1, 3, dtype="float32")[:, None], drawn=True),
            steps=6,
        ),
        ("table", "nested"),
        compares=True,
        linear=True,
        gap=0.2,
    ),
    "occlusion": Method(
        functools.partial(OcclusionCalculator, size=2, stride=2, fill="mean"),
        ("activation", "sigmoid", "dict inputs", "dict of heads", "lstm", "gru", "attention", "series", "graph call")
        + ("branching", "losses", "mixed"),
        compares=True,
        linear=True,
    ),
    "occlusion sum": Method(
        functools.partial(OcclusionCalculator, size=3, stride=2, overlap="sum"),
        ("list of heads", "subclassed logits"),
        compares=True,
        linear=True,
    ),
    "fullgrad": Method(
        functools.partial(FullGradientCalculator, psi="signed"),
        ("cnn", "sequential", "subclassed softmax", "nested in sequential", "dict of heads", "shared", "residual", "noisy"),
        linear=True,
        gap=1e-4,
    ),
    "grad-cam": Method(GradCAMCalculator, ("cnn", "nested in sequential", "dict with tokens", "mixed")),
    "grad-cam++": Method(GradCAMPlusPlusCalculator, ("subclassed logits", "residual")),
    "layer-cam": Method(LayerCAMCalculator, ("sequential", "dict inputs", "series")),
    "score-cam": Method(ScoreCAMCalculator, ("two inputs", "noisy", "residual"), compares=True),
}
PAIRS = [(method, model) for method, entry in METHODS.items() for model in entry.models]


def made(method, case, model):
    """The calculator of a method for a case of the zoo."""
    return METHODS[method].make(model, case.score, LayerExtractor(case.target) if case.target else None)
