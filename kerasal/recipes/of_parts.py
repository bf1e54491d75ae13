"""Recipes of methods that hide parts of the input, by the names of their papers; see `named`."""

from collections.abc import Sequence
from typing import Any

from numpy.typing import ArrayLike

from kerasal._vocabulary import checks_keywords
from kerasal.recipes.recipe import Recipe


@checks_keywords
def occlusion(size: int | Sequence[int], stride: int | Sequence[int] = 1, **settings: Any) -> Recipe:
    """Occlusion: what hiding a window takes from the score (Zeiler and Fergus 2013, arXiv:1311.2901).

    Args:
        size: of a window, one number or one per axis it slides over.
        stride: from window to window.
        **settings: of `OcclusionCalculator` and its `explain`, such as `fill="mean"`.

    Returns:
        The recipe.

    Example:
        >>> from kerasal import recipes
        >>> recipes.occlusion(8, stride=4, fill="mean")
        Recipe('OcclusionCalculator', size=8, stride=4, fill='mean')
    """
    return Recipe("OcclusionCalculator", size=size, stride=stride, **settings)


@checks_keywords
def shapley(groups: ArrayLike | None = None, **settings: Any) -> Recipe:
    """Shapley values: each part's share of f(x) − f(all hidden) (Lundberg and Lee 2017, arXiv:1705.07874).

    Args:
        groups: integers of the shape of one example's input: elements of the same number are a part; None for each element.
        **settings: of `ShapleyCalculator` and its `explain`, such as `size=16` for tiles, or `target_error=0.05`.

    Returns:
        The recipe.

    Example:
        >>> from kerasal import recipes
        >>> recipes.shapley(size=16, target_error=0.05)
        Recipe('ShapleyCalculator', size=16, target_error=0.05)
    """
    return Recipe("ShapleyCalculator", groups=groups, **settings)


@checks_keywords
def rise(M: int | None = None, **settings: Any) -> Recipe:
    """RISE: the score under smooth random masks, against what they show (Petsiuk et al. 2018, arXiv:1806.07421).

    Args:
        M: number of samples, of 32 masks each; None is 30.
        **settings: of `RISECalculator` and its `explain`, such as `grid=7`, or `target_error=0.1` in place of `M`.

    Returns:
        The recipe.
    """
    return Recipe("RISECalculator", M=M, **settings)


@checks_keywords
def lime(groups: ArrayLike | None = None, **settings: Any) -> Recipe:
    """LIME: a ridge regression of the score on which parts are shown (Ribeiro et al. 2016, arXiv:1602.04938).

    Args:
        groups: integers of the shape of one example's input: elements of the same number are a part; None for each element.
        **settings: of `LIMECalculator` and its `explain`, such as `size=16` for tiles.

    Returns:
        The recipe.
    """
    return Recipe("LIMECalculator", groups=groups, **settings)


@checks_keywords
def xrai(segments: Any = None, **settings: Any) -> Recipe:
    """XRAI: the mean of integrated gradients over regions of pictures (Kapishnikov et al. 2019, arXiv:1906.02825).

    Args:
        segments: labels or masks; a function of a picture; None for those of scikit-image. See `XRAICalculator`.
        **settings: of `XRAICalculator` and its `explain`, such as `coverage=0.3`.

    Returns:
        The recipe.

    Example:
        >>> from kerasal import recipes
        >>> recipes.xrai(min_area=20)
        Recipe('XRAICalculator', min_area=20)
    """
    return Recipe("XRAICalculator", segments=segments, **settings)
