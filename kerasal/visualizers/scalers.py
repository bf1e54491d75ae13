"""Scalers bring saliencies of any magnitude to a common scale before they are drawn. All are linear in the saliency."""

import numpy as np


def abs_max_scaler(saliency, axis=None) -> np.ndarray:
    """`saliency / max |saliency|`: into [-1, 1], signs and zero unchanged. All zero stays zero.

    Args:
        saliency: array or `Saliency` of any shape.
        axis: axis or axes that share one scale, e.g. `(1, 2)`: each image of `(N, H, W)` by itself. None: all.

    Returns: array of the same shape; floats keep their type, integers become float64.

    Raises:
        ValueError: NaN or infinity in `saliency`.

    Example:

    >>> abs_max_scaler([1, 2, -4])
    array([ 0.25,  0.5 , -1.  ])
    """
    values, dtype = _finite(saliency)
    return _divide(values, np.abs(values).max(axis=axis, keepdims=True), dtype)


def min_max_scaler(saliency, axis=None) -> np.ndarray:
    """`(saliency - min) / (max - min)`: into [0, 1]. Signs and zero are lost; a constant becomes zero.

    Args, returns and errors as for `abs_max_scaler`.

    Example:

    >>> min_max_scaler([1, -3, 5])
    array([0.5, 0. , 1. ])
    """
    values, dtype = _finite(saliency)
    low = values.min(axis=axis, keepdims=True)
    return _divide(values - low, values.max(axis=axis, keepdims=True) - low, dtype)


def normalize_scaler(saliency, axis=None) -> np.ndarray:
    """`saliency / sum |saliency|`: shares whose magnitudes add up to one. All zero stays zero.

    Args, returns and errors as for `abs_max_scaler`.

    Example:

    >>> normalize_scaler([1, 2, -5])
    array([ 0.125,  0.25 , -0.625])
    """
    values, dtype = _finite(saliency)
    return _divide(values, np.abs(values).sum(axis=axis, keepdims=True), dtype)


def scaled_name(quantity: str, scaler) -> str:
    """What an axis shows after scaling, e.g. `"saliency / max |saliency|"`."""
    names = {
        None: quantity,
        abs_max_scaler: f"{quantity} / max |{quantity}|",
        min_max_scaler: f"({quantity} − min) / (max − min)",
        normalize_scaler: f"{quantity} / sum |{quantity}|",
    }
    return names.get(scaler, f"scaled {quantity}")


def _finite(saliency) -> tuple[np.ndarray, np.dtype]:
    """The values in float64, so that no sum overflows, and the type to give back."""
    values = np.asarray(saliency)
    if not np.isfinite(values).all():
        raise ValueError(
            f"A scaler needs finite numbers. Received: {np.count_nonzero(~np.isfinite(values))} NaN or infinite of "
            f"{values.size}. Look for the cause in the model or its input."
        )
    return values.astype(np.float64), values.dtype if values.dtype.kind == "f" else np.dtype(np.float64)


def _divide(values: np.ndarray, scale: np.ndarray, dtype: np.dtype) -> np.ndarray:
    return np.divide(values, scale, out=np.zeros_like(values), where=scale > 0).astype(dtype)
