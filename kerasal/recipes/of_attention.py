"""Recipes of methods that follow attention, by the names of their papers; see `named`."""

from typing import Any

from kerasal._vocabulary import checks_keywords
from kerasal.recipes.recipe import Recipe


@checks_keywords
def attention_rollout(heads: str = "mean", **settings: Any) -> Recipe:
    """Attention rollout: the product over blocks of (attention + identity) / 2 (Abnar and Zuidema 2020, arXiv:2005.00928).

    Args:
        heads: "mean", "max" or "min" of the heads.
        **settings: of `RolloutCalculator` and its `explain`, such as `row=0` for a class token in front.

    Returns:
        The recipe.

    Example:
        >>> from kerasal import recipes
        >>> recipes.attention_rollout(row=0)
        Recipe('RolloutCalculator', row=0)
    """
    return Recipe("RolloutCalculator", heads=heads, **settings)


@checks_keywords
def gradient_rollout(**settings: Any) -> Recipe:
    """Attention rollout weighed by the gradients of the score (Chefer et al. 2021, arXiv:2103.15679).

    Args:
        **settings: of `GradientRolloutCalculator` and its `explain`, such as `score=3` for a class.

    Returns:
        The recipe.

    Example:
        >>> from kerasal import recipes
        >>> recipes.gradient_rollout(score=3)
        Recipe('GradientRolloutCalculator', score=3)
    """
    return Recipe("GradientRolloutCalculator", **settings)
