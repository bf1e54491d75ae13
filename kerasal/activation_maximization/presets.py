"""Settings that are known to work, as keyword arguments: `ActivationMaximizer(model, score, (-1, 1), **presets.fourier())`."""

from typing import Any

import keras

from kerasal._vocabulary import checks_keywords
from kerasal.activation_maximization.parameterizations import Fourier, Pixels
from kerasal.activation_maximization.regularizers import AnisotropicTotalVariation, LPNorm, SquaredNorm, TotalVariation
from kerasal.activation_maximization.transforms import Jitter, Rotate, Scale


@checks_keywords
def keras_vis(input_range: tuple[float, float] = (0, 255)) -> dict[str, Any]:
    """Set up as keras-vis 0.5: RMSProp, norm of p = 6 and total variation of β = 2 at weight 10 each, jitter by 5 % of the size.

    The step there is the same whatever the range of the input, about 4.5 at first; here it is that of a range of 255, and goes
    with the range. Jitter moves the image itself. Images start from a standard deviation of 5 % of the range.

    Args:
        input_range: (low, high) of the model's input.

    Returns:
        Keyword arguments of `ActivationMaximizer`.

    Example:
        >>> from kerasal.activation_maximization import presets
        >>> sorted(presets.keras_vis())
        ['optimizer', 'parameterization', 'regularizers', 'steps', 'transform_image', 'transforms']
    """
    low, high = input_range
    return {
        "optimizer": keras.optimizers.RMSprop((high - low) / 255, rho=0.95, epsilon=1e-7),
        "regularizers": {LPNorm(6): 10.0, TotalVariation(2): 10.0},
        "transforms": [Jitter(0.05)],
        "transform_image": True,
        "parameterization": Pixels(start=0.05 * 3**0.5),
        "steps": 200,
    }


@checks_keywords
def blog(
    moved: bool = False,  # noqa: FBT001, FBT002 (a position since 0.1)
    size: tuple[int, int] = (299, 299),
) -> dict[str, Any]:
    """Set up as the post "Explaining Machine Learning Models": steps of length 10 along the gradient, L2 .1, total variation .1.

    For inputs in [−1, 1]. It starts within ±.125.

    Args:
        moved: turn the image itself by N(0, .05) radians and roll it by N(0, 15) pixels before each step.
        size: height and width of the images. The length of a step goes with the root of their product, so that a pixel moves as
            far as at the post's 299 × 299.

    Returns:
        Keyword arguments of `ActivationMaximizer`.

    Example:
        >>> from kerasal.activation_maximization import presets
        >>> presets.blog(moved=True)["transforms"]
        [Rotate(deviation=0.05, interpolation='nearest', fill='constant'), Jitter(pixels=15.0, normal=True)]
    """
    return {
        "optimizer": keras.optimizers.SGD(10.0 * (size[0] * size[1]) ** 0.5 / 299),
        "regularizers": {SquaredNorm(): 0.1, AnisotropicTotalVariation(): 0.1},
        "transforms": [Rotate(0.05, "nearest", "constant"), Jitter(15, normal=True)] if moved else [],
        "transform_image": moved,
        "parameterization": Pixels(start=0.0625),
        "steps": 200,
    }


@checks_keywords
def fourier(steps: int = 256, pixels: float = 8) -> dict[str, Any]:
    """Optimise the spectrum in decorrelated colours, seen through jitter, scale and rotation (after Olah et al. 2017); for photographs.

    Total variation at weight 80, and steps that shorten to nothing by the last, keep the finest grain out.

    Args:
        steps: number of steps.
        pixels: of jitter; more for larger inputs.

    Returns:
        Keyword arguments of `ActivationMaximizer`.

    Example:
        >>> from kerasal.activation_maximization import presets
        >>> presets.fourier()["parameterization"]
        Fourier(decay=1, start=0.01, decorrelate=True)
    """
    return {
        "optimizer": keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(0.05, steps)),
        "regularizers": {AnisotropicTotalVariation(): 80.0},
        "transforms": [Jitter(pixels), Scale(0.9, 1.1), Rotate(0.09), Jitter(max(1, pixels / 2))],
        "parameterization": Fourier(),
        "steps": steps,
    }
