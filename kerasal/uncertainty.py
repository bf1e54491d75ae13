"""How well a mean over samples is known."""

import numpy as np


def column(M, rank):
    """(N,) as (N, 1, ...) of `rank` axes, to divide what has more axes; a number stays one."""
    M = np.asarray(M, "float32")
    return M.reshape([-1] + [1] * (rank - 1)) if M.ndim else M


def error_of_mean(std, M):
    """std/√M, of std (N, ...) and M, a number or (N,)."""
    return std / np.sqrt(column(M, std.ndim))


def relative_error(values, error):
    """Expected distance of a map to the mean of endless samples, relative to it (L2).

    Args:
        values: means, (N, ...).
        error: their standard errors, of the same shape.

    Returns:
        float32 (N,): 0 where nothing varies, inf where no more than noise is known. The length of the endless mean is
        estimated without the part that the noise adds.

    Example:

    >>> error = relative_error(np.array([[3.0, 4.0]]), np.array([[0.3, 0.4]]))
    >>> round(float(error[0]), 4)  # 0.5 / √(25 − 0.25)
    0.1005
    """
    squares = [np.square(np.asarray(part, "float64")).reshape(len(part), -1).sum(1) for part in (values, error)]
    length, noise = squares[0] - squares[1], squares[1]
    found = np.full(len(values), np.inf)
    np.divide(noise, length, out=found, where=length > 0)
    return np.where(noise == 0, 0, np.sqrt(found)).astype("float32")
