"""Scalers bring saliencies of any magnitude to a common scale before they are drawn. All are linear in the saliency."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from kerasal._vocabulary import checks_keywords

Scaler = Callable[[np.ndarray], np.ndarray]


@checks_keywords
def abs_max_scaler(saliency: ArrayLike, axis: int | tuple[int, ...] | None = None) -> np.ndarray:
    """Scale to `saliency / max |saliency|`: into [-1, 1], signs and zero unchanged. All zero stays zero.

    Args:
        saliency: array or `Saliency` of any shape.
        axis: axis or axes that share one scale, e.g. `(1, 2)`: each image of `(N, H, W)` by itself. None: all.

    Returns:
        Array of the same shape; floats keep their type, integers become float64.

    Raises:
        ValueError: NaN or infinity in `saliency`.

    Example:
        >>> abs_max_scaler([1, 2, -4])
        array([ 0.25,  0.5 , -1.  ])
    """
    values, dtype = _finite(saliency)
    return _divide(values, np.abs(values).max(axis=axis, keepdims=True), dtype)


@checks_keywords
def min_max_scaler(saliency: ArrayLike, axis: int | tuple[int, ...] | None = None) -> np.ndarray:
    """Scale to `(saliency - min) / (max - min)`: into [0, 1]. Signs and zero are lost; a constant becomes zero.

    Args:
        saliency: as for `abs_max_scaler`.
        axis: as for `abs_max_scaler`.

    Returns:
        As for `abs_max_scaler`.

    Raises:
        ValueError: NaN or infinity in `saliency`.

    Example:
        >>> min_max_scaler([1, -3, 5])
        array([0.5, 0. , 1. ])
    """
    values, dtype = _finite(saliency)
    low = values.min(axis=axis, keepdims=True)
    return _divide(values - low, values.max(axis=axis, keepdims=True) - low, dtype)


@checks_keywords
def normalize_scaler(saliency: ArrayLike, axis: int | tuple[int, ...] | None = None) -> np.ndarray:
    """Scale to `saliency / sum |saliency|`: shares whose magnitudes add up to one. All zero stays zero.

    Args:
        saliency: as for `abs_max_scaler`.
        axis: as for `abs_max_scaler`.

    Returns:
        As for `abs_max_scaler`.

    Raises:
        ValueError: NaN or infinity in `saliency`.

    Example:
        >>> normalize_scaler([1, 2, -5])
        array([ 0.125,  0.25 , -0.625])
    """
    values, dtype = _finite(saliency)
    return _divide(values, np.abs(values).sum(axis=axis, keepdims=True), dtype)


def scaled_name(quantity: str, scaler: Scaler | None) -> str:
    """Name a quantity after scaling, for an axis, e.g. `"saliency / max |saliency|"`."""
    names: dict[Scaler | None, str] = {
        None: quantity,
        abs_max_scaler: f"{quantity} / max |{quantity}|",
        min_max_scaler: f"({quantity} − min) / (max − min)",
        normalize_scaler: f"{quantity} / sum |{quantity}|",
    }
    return names.get(scaler, f"scaled {quantity}")


def _finite(saliency: ArrayLike) -> tuple[np.ndarray, np.dtype]:
    """Return the values in float64, so that no sum overflows, and the type to give back."""
    values = np.asarray(saliency)
    if not np.isfinite(values).all():
        raise ValueError(
            f"A scaler needs finite numbers. Received: {np.count_nonzero(~np.isfinite(values))} NaN or infinite of "
            f"{values.size}. Look for the cause in the model or its input."
        )
    return values.astype(np.float64), values.dtype if values.dtype.kind == "f" else np.dtype(np.float64)


def _divide(values: np.ndarray, scale: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Divide, giving 0 where the scale is 0."""
    shares: np.ndarray = np.divide(values, scale, out=np.zeros_like(values), where=scale > 0).astype(dtype)
    return shares
