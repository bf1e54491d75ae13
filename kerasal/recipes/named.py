"""Recipes by the names of their papers. Further settings, such as `score=` or `ch_axis=`, are passed on and go before."""

from typing import Any

from numpy.typing import ArrayLike

from kerasal._vocabulary import checks_keywords
from kerasal.recipes.keywords import public
from kerasal.recipes.recipe import Recipe


@checks_keywords
def vanilla(**settings: Any) -> Recipe:
    """Gradient of the score with respect to the input (Simonyan et al. 2013, arXiv:1312.6034).

    Args:
        **settings: of `GradientCalculator` and its `explain`.

    Returns:
        The recipe.

    Example:
        >>> from kerasal import recipes
        >>> recipes.vanilla(score=3, method="abs", ch_axis=-1)
        Recipe('GradientCalculator', score=3, method='abs', ch_axis=-1)
    """
    return Recipe("GradientCalculator", **settings)


@checks_keywords
def gradient_times_input(**settings: Any) -> Recipe:
    """Gradient times input (Shrikumar et al. 2016, arXiv:1605.01713).

    Args:
        **settings: of `GradientCalculator` and its `explain`.

    Returns:
        The recipe.
    """
    return vanilla(**{"multiply_target": True, **settings})


@checks_keywords
def smooth_grad(M: int = 50, scale: ArrayLike = 0.15, **settings: Any) -> Recipe:
    """SmoothGrad: mean gradient over Gaussian noise on the input (Smilkov et al. 2017, arXiv:1706.03825).

    Args:
        M: number of samples.
        scale: standard deviation of the noise, as a share of the range of each example's values.
        **settings: of `GradientCalculator` and its `explain`; `noise_sampler` in place of `scale`.

    Returns:
        The recipe.

    Example:
        >>> from kerasal import recipes
        >>> recipes.smooth_grad(method="abs")["noise_sampler"].scale
        0.15
    """
    return vanilla(**{**_samples(M, settings), **_noise(scale, settings), **settings})


@checks_keywords
def square_grad(M: int = 50, scale: ArrayLike = 0.15, **settings: Any) -> Recipe:
    """SquareGrad, or SmoothGrad-Squared: mean squared gradient over noise (Hooker et al. 2018, arXiv:1806.10758).

    Args:
        M: number of samples.
        scale: standard deviation of the noise, as a share of the range of each example's values.
        **settings: of `GradientCalculator` and its `explain`.

    Returns:
        The recipe.
    """
    return smooth_grad(M, scale, **{"method": "square", **settings})


@checks_keywords
def var_grad(M: int = 50, scale: ArrayLike = 0.15, **settings: Any) -> Recipe:
    """VarGrad: variance of the gradient over noise (Adebayo et al. 2018, arXiv:1810.03307).

    Args:
        M: number of samples, at least 2.
        scale: standard deviation of the noise, as a share of the range of each example's values.
        **settings: of `GradientCalculator` and its `explain`.

    Returns:
        The recipe.
    """
    return smooth_grad(M, scale, **{"method": "var", **settings})


@checks_keywords
def bayes_grad(M: int = 50, **settings: Any) -> Recipe:
    """BayesGrad: mean gradient over Monte-Carlo dropout (Akita et al. 2018, arXiv:1807.01985).

    Args:
        M: number of samples.
        **settings: of `GradientCalculator` and its `explain`; `train={layer: rate}` for a model without dropout.

    Returns:
        The recipe.
    """
    return vanilla(**{**_samples(M, settings), "train": True, **settings})


@checks_keywords
def bayes_smooth_grad(M: int = 50, scale: ArrayLike = 0.15, **settings: Any) -> Recipe:
    """BayesGrad and SmoothGrad together: mean gradient over dropout and noise (Akita et al. 2018, arXiv:1807.01985).

    Args:
        M: number of samples.
        scale: standard deviation of the noise, as a share of the range of each example's values.
        **settings: of `GradientCalculator` and its `explain`.

    Returns:
        The recipe.
    """
    return smooth_grad(M, scale, **{"train": True, **settings})


@checks_keywords
def integrated_gradients(steps: int = 64, **settings: Any) -> Recipe:
    """Integrated gradients, from zeros unless `baseline` is given (Sundararajan et al. 2017, arXiv:1703.01365).

    Args:
        steps: nodes of the path.
        **settings: of `IntegratedGradientsCalculator` and its `explain`.

    Returns:
        The recipe.
    """
    return Recipe("IntegratedGradientsCalculator", steps=steps, **settings)


@checks_keywords
def expected_gradients(background: Any, M: int | None = None, steps: int = 64, **settings: Any) -> Recipe:
    """Expected gradients: integrated gradients averaged over baselines from data (Erion et al. 2021, arXiv:1906.10670).

    Args:
        background: array (D, ...) of baselines of one example's shape, of which each sample draws one; or a `Background`,
            which says whether they are drawn.
        M: number of samples; None is 30 where baselines are drawn.
        steps: nodes of the path from each baseline.
        **settings: of `IntegratedGradientsCalculator` and its `explain`.

    Returns:
        The recipe.
    """
    several = public("Background")
    baseline = background if isinstance(background, several) else several(background, drawn=True)
    return integrated_gradients(steps, **{"baseline": baseline, "M": M, **settings})


@checks_keywords
def grad_cam(**settings: Any) -> Recipe:
    """Grad-CAM (Selvaraju et al. 2017, arXiv:1610.02391).

    Args:
        **settings: of `GradCAMCalculator` and its `explain`, such as `layer="conv5"`.

    Returns:
        The recipe.
    """
    return Recipe("GradCAMCalculator", **settings)


@checks_keywords
def grad_cam_plus_plus(**settings: Any) -> Recipe:
    """Grad-CAM++ (Chattopadhyay et al. 2018, arXiv:1710.11063).

    Args:
        **settings: of `GradCAMPlusPlusCalculator` and its `explain`.

    Returns:
        The recipe.
    """
    return Recipe("GradCAMPlusPlusCalculator", **settings)


@checks_keywords
def layer_cam(**settings: Any) -> Recipe:
    """LayerCAM (Jiang et al. 2021, doi:10.1109/TIP.2021.3089943).

    Args:
        **settings: of `LayerCAMCalculator` and its `explain`.

    Returns:
        The recipe.
    """
    return Recipe("LayerCAMCalculator", **settings)


@checks_keywords
def score_cam(**settings: Any) -> Recipe:
    """Score-CAM (Wang et al. 2020, arXiv:1910.01279).

    Args:
        **settings: of `ScoreCAMCalculator` and its `explain`.

    Returns:
        The recipe.
    """
    return Recipe("ScoreCAMCalculator", **settings)


@checks_keywords
def temporal_rescaling(**settings: Any) -> Recipe:
    """Temporal saliency rescaling of series (Ismail et al. 2020, arXiv:2010.13924).

    Args:
        **settings: of `TemporalRescalingCalculator` and its `explain`.

    Returns:
        The recipe.
    """
    return Recipe("TemporalRescalingCalculator", **settings)


@checks_keywords
def full_grad(**settings: Any) -> Recipe:
    """FullGrad (Srinivas and Fleuret 2019, arXiv:1905.00780).

    Args:
        **settings: of `FullGradientCalculator` and its `explain`; `psi="rescaled"` is the paper's.

    Returns:
        The recipe.
    """
    return Recipe("FullGradientCalculator", **settings)


def _samples(M: int, settings: dict[str, Any]) -> dict[str, Any]:
    """Number of samples, unless `target_error` finds it."""
    return {} if settings.get("target_error") is not None else {"M": M}


def _noise(scale: ArrayLike, settings: dict[str, Any]) -> dict[str, Any]:
    return {} if "noise_sampler" in settings else {"noise_sampler": public("GaussianNoiseSampler")(scale=scale)}
