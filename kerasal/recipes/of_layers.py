"""Recipes of methods that look inside a network: at the units of a layer, or at attention."""

from typing import Any

from kerasal._vocabulary import checks_keywords
from kerasal.recipes.recipe import Recipe


@checks_keywords
def conductance(layer: Any, steps: int = 64, **settings: Any) -> Recipe:
    """Conductance of a layer: how much of the score flows through each of its units (Dhamdhere et al. 2018, arXiv:1805.12233).

    Args:
        layer: a name, a path, the layer or a `LayerExtractor`.
        steps: nodes of the path.
        **settings: of `ConductanceCalculator` and its `explain`.

    Returns:
        The recipe.

    Example:
        >>> from kerasal import recipes
        >>> recipes.conductance("conv5")
        Recipe('ConductanceCalculator', layer='conv5')
    """
    return Recipe("ConductanceCalculator", layer=layer, steps=steps, **settings)


@checks_keywords
def internal_influence(layer: Any, steps: int = 64, **settings: Any) -> Recipe:
    """Internal influence of a layer: the mean gradient there along a path (Leino et al. 2018, arXiv:1802.03788).

    Args:
        layer: a name, a path, the layer or a `LayerExtractor`.
        steps: nodes of the path.
        **settings: of `InternalInfluenceCalculator` and its `explain`.

    Returns:
        The recipe.
    """
    return Recipe("InternalInfluenceCalculator", layer=layer, steps=steps, **settings)
