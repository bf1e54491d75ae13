"""Fixed examples, explained as a model is now."""

import dataclasses
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import keras
import numpy as np

from kerasal._engine.blocks import Blocks
from kerasal._engine.inputs import Inputs
from kerasal._engine.kinds import Kind, kind_of
from kerasal._engine.sampling import Sampling
from kerasal._folds.moments import Moments
from kerasal.calculators.base import Calculator
from kerasal.callbacks.examples import Examples
from kerasal.callbacks.measured import Given, Measures
from kerasal.callbacks.predictor import Predictor
from kerasal.recipes import Recipe
from kerasal.saliency import Saliency

_ONE_MAP = "SaliencyLogger logs one map per example, or one for each class. Received: {}. Use a logger for each."
_OWN_NUMBERS = (
    "score",
    "concentration",
    "gap",
    "uncertainty",
    "drift",
    "distance",
    "probability",
    "output",
    "prediction",
    "seconds",
)
_OF_SAMPLING = {field.name for field in dataclasses.fields(Sampling)}


def check_arguments(arguments: Mapping[str, Any]) -> None:
    """Refuse keywords of `Calculator.explain` that cannot be right, before there is a model.

    Args:
        arguments: The keywords; `ch_axis` may be "auto".

    Raises:
        TypeError, ValueError: As `explain` raises them, or there would be several maps per example.
    """
    method, ch_axis = arguments.get("method", "raw"), arguments.get("ch_axis")
    has_several_methods = isinstance(method, (list, tuple))
    if has_several_methods:
        raise ValueError(_ONE_MAP.format(f"method={method!r}"))
    Sampling(**{name: value for name, value in arguments.items() if name in _OF_SAMPLING})
    Moments(method, None if ch_axis == "auto" else ch_axis, arguments.get("ch_reduce", "sum"))


def check_recipe(recipe: Recipe, beside: Sequence[str]) -> None:
    """Refuse something else than a recipe, and a recipe together with what it decides.

    Args:
        recipe: As given.
        beside: Names of arguments that were given and that a recipe decides.

    Raises:
        TypeError, ValueError: See above.
    """
    if not isinstance(recipe, Recipe):
        raise TypeError(
            f"recipe is a kerasal.Recipe. Received: {recipe!r}. Pass e.g. kerasal.recipes.smooth_grad(), or a calculator class "
            "as calculator."
        )
    if beside:
        raise ValueError(
            f"A recipe decides the calculator and its arguments. Received: recipe={recipe!r}, and {', '.join(beside)} as well. Put all of "
            f"it into the recipe, e.g. recipe.replace({beside[-1]}=...), or leave the recipe out."
        )


class Explained(NamedTuple):
    """An explanation of all examples.

    Attributes:
        saliency: Of the batch.
        outputs: Of the model, float32 (N, C), or None where it has others.
        measured: By the measures of the logger, {name: (N,)}.
        seconds: Time that it took, measures included.
    """

    saliency: Saliency
    outputs: np.ndarray | None
    measured: dict[str, np.ndarray]
    seconds: float


class Explainer:
    """Explains the same examples by one calculator, again and again.

    Args:
        model: The model in training.
        examples: The examples.
        make_calculator: Calculator class, or function of the model that returns a calculator.
        arguments: Keywords of `Calculator.explain`; `ch_axis="auto"` is the axis of images' channels, else None.
        kind: The user's word for the kind of the examples, or None.
        measures: From `check_measures`.

    Attributes:
        target: The input that is explained; where that is the output of a layer, the only image among the inputs, or None.
        kind: The kind of the examples.
        quantity: Name of the model's output: "probability", "output", or None; see `Predictor`.

    Raises:
        TypeError: `make_calculator` makes no calculator.
        ValueError: There would be several maps per example.
    """

    def __init__(
        self,
        model: keras.Model,
        examples: Examples,
        make_calculator: Callable[[keras.Model], Calculator],
        arguments: Mapping[str, Any],
        kind: str | None = None,
        measures: Sequence[Given] = (),
    ):
        self._examples, self._measures = examples, Measures(model, measures, _OWN_NUMBERS)
        self._calculator = calculator = make_calculator(model)
        if not isinstance(calculator, Calculator):
            raise TypeError(
                "calculator is a calculator class, or a function of the model that returns a calculator. "
                f"Received: {make_calculator!r}, which returned {calculator!r}. "
                "Pass e.g. lambda model: GradientCalculator(model, score=3)."
            )
        has_several_targets = isinstance(calculator.target, list)
        if has_several_targets:
            raise ValueError(_ONE_MAP.format("a calculator of several targets"))
        x, y = examples.x, examples.y
        blocks = Blocks(x, y, model)
        inputs = Inputs(calculator.objectives[0], blocks.structure, blocks.first())
        self._y = y if inputs.uses_y else None  # labels are for the names of examples too
        self.target = None if inputs.position is None else examples.inputs[inputs.position]
        self._predictor = Predictor(calculator, inputs, blocks.first())
        self.kind: Kind = kind_of(self.target, self._predictor.layout, kind)
        if self.target is None:  # maps of a layer may lie over the only image
            images = [leaf for leaf in examples.inputs if leaf.ndim == 4 and leaf.dtype.kind in "fiub"]
            self.target = images[0] if len(images) == 1 else None
        self._arguments = dict(arguments)
        if self._arguments.get("ch_axis") == "auto":
            self._arguments["ch_axis"] = self.kind.channels

    @property
    def quantity(self) -> str | None:
        """Name of the model's output, see `Predictor`."""
        return self._predictor.quantity

    def explain(self) -> Explained:
        """Explain the examples as the model is now."""
        began = time.perf_counter()
        saliency = self._calculator.explain(self._examples.x, self._y, **self._arguments)
        measured = self._measures(self._examples.x, saliency, self._y)
        return Explained(saliency, self._predictor(), measured, time.perf_counter() - began)
