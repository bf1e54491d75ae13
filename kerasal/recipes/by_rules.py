"""Recipes of methods with backward rules, by the names of their papers; see `named`."""

from typing import Any

from kerasal._vocabulary import checks_keywords
from kerasal.recipes.named import vanilla
from kerasal.recipes.recipe import Recipe


@checks_keywords
def guided_backprop(**settings: Any) -> Recipe:
    """Guided backpropagation: ReLUs pass positive gradients of active units alone (Springenberg et al. 2014, arXiv:1412.6806).

    Args:
        **settings: of `GradientCalculator` and its `explain`.

    Returns:
        The recipe.
    """
    return vanilla(**{"relu_rule": "guided", **settings})


@checks_keywords
def deconvnet(**settings: Any) -> Recipe:
    """Deconvnet: ReLUs pass positive gradients alone (Zeiler and Fergus 2013, arXiv:1311.2901).

    Args:
        **settings: of `GradientCalculator` and its `explain`.

    Returns:
        The recipe.
    """
    return vanilla(**{"relu_rule": "rectified", **settings})


@checks_keywords
def deep_lift(**settings: Any) -> Recipe:
    """DeepLIFT against zeros unless `baseline` is given; DeepSHAP with a `Background` (Shrikumar et al. 2017, arXiv:1704.02685).

    Args:
        **settings: of `DeepLIFTCalculator` and its `explain`.

    Returns:
        The recipe.

    Example:
        >>> from kerasal import recipes
        >>> recipes.deep_lift(baseline=0.5)
        Recipe('DeepLIFTCalculator', baseline=0.5)
    """
    return Recipe("DeepLIFTCalculator", **settings)


@checks_keywords
def lrp(**settings: Any) -> Recipe:
    """Layer-wise relevance propagation by ε and z⁺ (Bach et al. 2015, doi:10.1371/journal.pone.0130140; Kohlbrenner et al. 2020).

    Args:
        **settings: of `LRPCalculator` and its `explain`, such as `rules="epsilon"`.

    Returns:
        The recipe.

    Example:
        >>> from kerasal import recipes
        >>> recipes.lrp(ch_axis=-1)
        Recipe('LRPCalculator', rules='epsilon_plus', ch_axis=-1)
    """
    return Recipe("LRPCalculator", **{"rules": "epsilon_plus", **settings})
