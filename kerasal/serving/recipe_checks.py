"""Recipes that a layer can explain by: refused before any work is what a graph cannot compute."""

import dataclasses
import json
from collections.abc import Iterator
from typing import Any

import keras

from kerasal._engine.sampling import Sampling
from kerasal.recipes.recipe import Recipe
from kerasal.scores.classes import Classes


def check_recipe(model: Any, recipe: Any) -> None:
    """Refuse what is no model or no recipe, and recipes whose arguments a graph cannot follow.

    Args:
        model: as given.
        recipe: as given.

    Raises:
        TypeError: they are other things.
        ValueError: a recipe that cannot be.
    """
    if not isinstance(model, keras.Model) or not isinstance(recipe, Recipe):
        raise TypeError(
            f"Saliency takes a Keras model and a Recipe. Received: {type(model).__name__} and {type(recipe).__name__}. Pass e.g. "
            "Saliency(model, kerasal.recipes.vanilla())."
        )
    if "target_error" in recipe:
        _refuse("target_error, which draws until it is reached", "Give M=, the number of samples.")
    if isinstance(recipe["method"], (list, tuple)):
        _refuse("several methods", "Make a layer for each.")


def check_calculator(calculator: Any) -> None:
    """Refuse a calculator whose settings a graph cannot follow.

    Args:
        calculator: of the recipe and the model.

    Raises:
        ValueError: it is one.
    """
    score = calculator.score
    if calculator.eval_fun is not None:
        _refuse("eval_fun, which calls a model of its own", "Give score= a function of the outputs.")
    if score.needs_y:
        _refuse(f"the score {score!r}, which needs y", "Give score=None or a class.")
    if isinstance(score, Classes):
        _refuse("one score for each of some examples", "Give score=None, a class, or a function of the outputs.")
    if len(calculator.objectives) > 1 or isinstance(calculator.target, list):
        _refuse("a list of targets", "Make a layer for each.")
    if not calculator.is_planned:
        _refuse("completeness_tolerance, which looks at each example anew", "Give steps=, the number of nodes.")


def check_trusted(text: str) -> None:
    """Refuse, where Keras loads in safe mode, a recipe that names what is not of kerasal: reading it imports modules.

    Args:
        text: the JSON.

    Raises:
        ValueError: it does.
    """
    foreign = [name for name in _names(json.loads(text)) if not name.startswith(("kerasal.", "kerasal:"))]
    if foreign:
        raise ValueError(
            "In safe mode the recipe of a layer names classes and functions of kerasal alone, since others are imported. Received: "
            f"{foreign[0]!r}. Where you trust the file, load it with safe_mode=False."
        )


def sampling_of(recipe: Recipe) -> Sampling:
    """Give how the samples of a recipe are drawn.

    Args:
        recipe: the recipe.
    """
    names = {each.name for each in dataclasses.fields(Sampling)}
    return Sampling(**{name: value for name, value in recipe.arguments.items() if name in names})


def _names(content: Any) -> Iterator[str]:
    """All names of classes and functions in the JSON of a recipe."""
    if isinstance(content, dict):
        for key, part in content.items():
            if key in ("type", "name") and isinstance(part, str):
                yield part
            yield from _names(part)
    elif isinstance(content, list):
        for part in content:
            yield from _names(part)


def _refuse(received: str, way_out: str) -> None:
    raise ValueError(
        f"A layer explains by a recipe that looks at every example alike. Received: {received}. {way_out} Or explain by "
        "recipe.explain(model, x)."
    )
