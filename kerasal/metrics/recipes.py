"""Maps of a recipe, made again and again, with the class that the clean input has."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from kerasal._network.targets import InputExtractor
from kerasal._tree import leaves
from kerasal.recipes import Recipe
from kerasal.scores import Label

_DECIDES = ("score", "eval_fun")


class Explainer:
    """A recipe at a model, whose score is that of the class predicted for the examples as they are.

    Args:
        model: a Keras model.
        recipe: a `Recipe`.
        who: name of the measure, for errors.

    Attributes:
        calculator: of the recipe; arguments: of its `explain`.

    Raises:
        TypeError: no recipe.
        ValueError: it gives several maps per example.
    """

    def __init__(self, model: Any, recipe: Any, who: str):
        if not isinstance(recipe, Recipe):
            raise TypeError(f"{who} takes a Recipe. Received: {recipe!r}. Use e.g. kerasal.recipes.vanilla().")
        self.arguments, self.calculator = dict(recipe.arguments), recipe.build(model)
        if isinstance(self.calculator.target, list) or self.calculator.score.lists_classes:
            raise ValueError(
                f"{who} takes a recipe of one map per example. Received: {recipe!r}, which gives several. Explain one score and target."
            )
        self._of_label = (
            recipe.replace(score=Label()).build(model) if not any(name in recipe for name in _DECIDES) else None
        )

    def explain(self, x: Any, y: Any, batch_size: int | None) -> tuple[Any, Callable[[Any], np.ndarray]]:
        """Explain examples as they are.

        Returns:
            (their `Saliency`, function of other examples, or of the same with other weights, that gives their maps, float64 (N, ...)).
        """
        arguments = self.arguments if batch_size is None else {**self.arguments, "batch_size": batch_size}
        given = () if y is None else (y,)
        result, calculator = self.calculator.explain(x, *given, **arguments), self.calculator
        predictions, is_chosen = result.predictions, result.about["score"].endswith("of the predicted class")
        if (
            self._of_label is not None
            and is_chosen
            and predictions is not None
            and "class" in (predictions.dtype.names or ())
        ):
            calculator, given = self._of_label, (predictions["class"],)

        def again(other: Any) -> np.ndarray:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # said once, of the examples as they are
                return np.asarray(calculator.explain(other, *given, **arguments).values, "float64")

        return result, again


def moved(saliency: Any, target: Any, who: str) -> tuple[np.ndarray, Any]:
    """Find the input that a map is of, and how to put another one in its place.

    Args:
        saliency: a `Saliency`.
        target: what it is of, an extractor.
        who: name of the measure, for errors.

    Returns:
        (the input, function of another one that gives all inputs of the model).

    Raises:
        ValueError: it is not of an input of real numbers.
    """
    place, inputs = saliency.about.get("input"), saliency.inputs
    own = None if place is None or inputs is None else leaves(inputs)[place]
    is_input = isinstance(target, InputExtractor)
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
