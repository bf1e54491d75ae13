"""Maps of a recipe, made again and again, with the class that the clean input has."""

from typing import Any

import numpy as np

from kerasal._network.targets import InputExtractor
from kerasal._tree import leaves
from kerasal.recipes import Recipe

_DECIDES = ("score", "eval_fun")


class Explainer:
    """A recipe at a model, whose score is that of the class predicted for the examples as they are.

    Args:
        model: a Keras model.
        recipe: a `Recipe`.
        who: name of the measure, for errors.

    Raises:
        TypeError: no recipe.
    """

    def __init__(self, model: Any, recipe: Any, who: str):
        if not isinstance(recipe, Recipe):
            raise TypeError(f"{who} takes a Recipe. Received: {recipe!r}. Use e.g. kerasal.recipes.vanilla().")
        self._model, self._recipe, self._who = model, recipe, who

    def explain(self, x: Any, y: Any, batch_size: int | None) -> tuple[Any, "Again"]:
        """Explain examples as they are.

        Returns:
            (their `Saliency`, the same explanation for other weights or inputs).
        """
        more = {} if batch_size is None else {"batch_size": batch_size}
        recipe = self._recipe.replace(**more)
        result = recipe.explain(self._model, *(x,) if y is None else (x, y))
        if not hasattr(result, "values") or "class" in result.axes:
            raise ValueError(
                f"{self._who} takes a recipe of one map per example. Received: {recipe!r}, which gives several. Explain one score and target."
            )
        predictions = result.predictions
        is_open = not any(name in recipe for name in _DECIDES)
        if is_open and predictions is not None and "class" in (predictions.dtype.names or ()):
            recipe = recipe.replace(score=predictions["class"].tolist())
        return result, Again(recipe, self._model, y)


class Again:
    """One explanation, made again; nothing is traced for it again."""

    def __init__(self, recipe: Recipe, model: Any, y: Any):
        self._recipe, self._y = recipe, y
        self.calculator = recipe.build(model)

    def __call__(self, x: Any) -> np.ndarray:
        """Explain other examples, or those with other weights: float64 (N, ...)."""
        found = self.calculator.explain(*(x,) if self._y is None else (x, self._y), **self._recipe.arguments)
        return np.asarray(found.values, "float64")


def moved(saliency: Any, again: Again, who: str) -> tuple[np.ndarray, Any]:
    """Find the input that a map is of, and how to put another one in its place.

    Args:
        saliency: a `Saliency`.
        again: how it is made.
        who: name of the measure, for errors.

    Returns:
        (the input, function of another one that gives all inputs of the model).

    Raises:
        ValueError: it is not of an input of real numbers.
    """
    place, inputs = saliency.about.get("input"), saliency.inputs
    own = None if place is None or inputs is None else leaves(inputs)[place]
    is_input = isinstance(again.calculator.target, InputExtractor)
    if own is None or not is_input or own.dtype.kind not in "fuib" or saliency.kind == "text":
        raise ValueError(
            f"{who} moves an input of real numbers. Received: a map of {saliency.about.get('target', 'another target')}. Use a recipe of "
            "such an input."
        )

    def with_other(other: np.ndarray) -> Any:
        return _replaced(inputs, place, other)

    return own, with_other


def _replaced(tree: Any, place: int, other: Any) -> Any:
    """The structure with another leaf at a place, in the order of `leaves`."""
    if isinstance(tree, dict):
        counts, found = 0, dict(tree)
        for key in sorted(tree):
            size = len(leaves(tree[key]))
            if counts <= place < counts + size:
                found[key] = _replaced(tree[key], place - counts, other)
            counts += size
        return found
    if isinstance(tree, (list, tuple)):
        counts, parts = 0, []
        for part in tree:
            size = len(leaves(part))
            parts.append(_replaced(part, place - counts, other) if counts <= place < counts + size else part)
            counts += size
        return parts if isinstance(tree, list) else tuple(parts)
    return other
