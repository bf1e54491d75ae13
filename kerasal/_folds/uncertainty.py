"""Errors of means over samples."""

from typing import Any

import numpy as np


def column(M: Any, rank: int) -> np.ndarray:
    """Shape (N,) as (N, 1, ...) of `rank` axes, to divide what has more axes; a number stays one."""
    M = np.asarray(M, "float32")
    shaped: np.ndarray = M.reshape([-1] + [1] * (rank - 1)) if M.ndim else M
    return shaped


def error_of_mean(std: np.ndarray, M: Any) -> np.ndarray:
    """Compute std/√M, of std (N, ...) and M, a number or (N,)."""
    error: np.ndarray = std / np.sqrt(column(M, std.ndim))
    return error


def relative_error(values: np.ndarray, std: np.ndarray, M: Any, error: np.ndarray | None = None) -> np.ndarray:
    """Estimate the expected distance of a map to the mean of endless samples, relative to it (L2).

    Args:
        values: means, (N, ...).
        std: over samples, of the same shape.
        M: how many samples, a number or (N,).
        error: standard errors of the means where they are not std/√M, of the same shape.

    Returns:
        float32 (N,): 0 where nothing varies, inf where no more than noise is known. The length of the endless mean is
        estimated without the part that the noise adds.

    Example:

    >>> error = relative_error(np.array([[3.0, 4.0]]), np.array([[0.6, 0.8]]), M=4)
    >>> round(float(error[0]), 4)  # 0.5 / √(25 − 0.25)
    0.1005
    """
    noise = _squares(std) / np.asarray(M, "float64") if error is None else _squares(error)
    length = _squares(values) - noise
    found = np.full(len(values), np.inf)
    np.divide(noise, length, out=found, where=length > 0)
    return np.where(noise == 0, 0, np.sqrt(found)).astype("float32")


def _squares(maps: np.ndarray) -> np.ndarray:
    """The sum of squares of each map, (N, ...) -> float64 (N,), without another array of that shape."""
    rows = np.reshape(maps, (len(maps), -1))
    squares: np.ndarray = np.einsum("ne,ne->n", rows, rows, dtype="float64")
    return squares
