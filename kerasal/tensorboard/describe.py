"""Numbers that describe saliency maps, one per example of the batch. NumPy alone."""

import numpy as np


def concentration(values) -> np.ndarray:
    """How concentrated the magnitude of each map is: 1 − entropy / log(number of elements), from 0 to 1.

    The entropy is that of |values| / Σ|values|. 0: all elements are equally strong. 1: one element holds everything.
    1 − log(k) / log(F): k of F elements share it equally. A map of zeros has 0, a nonzero map of one element 1.

    Args:
        values: shape `(N, ...)`.

    Returns: float64 `(N,)`.

    Example:

    >>> concentration([[0, 0, -5, 0], [1, 1, 0, 0], [2, -2, 2, 2], [0, 0, 0, 0]])
    array([1. , 0.5, 0. , 0. ])
    """
    magnitude = np.abs(_rows(values))
    total = magnitude.sum(1, keepdims=True)
    share = np.divide(magnitude, total, out=np.zeros_like(magnitude), where=total > 0)
    entropy = -np.sum(share * np.log(share, out=np.zeros_like(share), where=share > 0), 1)
    if magnitude.shape[1] == 1:
        return (total[:, 0] > 0).astype(np.float64)
    return np.where(total[:, 0] > 0, 1 - entropy / np.log(magnitude.shape[1]), 0.0)


def drift(values, previous) -> np.ndarray:
    """How much the order of each map's elements has changed: 1 − Spearman's rank correlation, from 0 to 2.

    0: same order, also if the scale is another. 1: unrelated. 2: reversed. Equal elements share their mean rank. A
    constant map has no order: 0 if both maps are constant, 1 if one of them is.

    Args:
        values: shape `(N, ...)`.
        previous: the maps before, of the same shape.

    Returns: float64 `(N,)`.

    Raises:
        ValueError: shapes that differ.

    Example:

    >>> drift([[1, 2, 3], [3, 2, 1], [1, 1, 1]], [[10, 20, 90], [1, 2, 3], [1, 2, 3]])
    array([0., 2., 1.])
    """
    if np.shape(values) != np.shape(previous):
        raise ValueError(
            f"drift compares maps of one shape. Received: {np.shape(values)} and {np.shape(previous)}. "
            "Explain the same examples."
        )
    return drift_of(order(values), order(previous))


def order(values) -> np.ndarray:
    """The ranks of each map's elements, less their mean; equal elements share their mean rank.

    Args:
        values: shape `(N, ...)`.

    Returns: float64 `(N, elements)`.

    Example:

    >>> order([[1, 1, 9], [4, 4, 4]])
    array([[-0.5, -0.5,  1. ],
           [ 0. ,  0. ,  0. ]])
    """
    ranks = np.stack([_ranks(row) for row in np.reshape(values, (len(values), -1))])
    return ranks - ranks.mean(1, keepdims=True)


def drift_of(now: np.ndarray, before: np.ndarray) -> np.ndarray:
    """`drift` of maps whose `order` is known: (N, elements) twice -> float64 (N,)."""
    both, squares, others = (np.einsum("ne,ne->n", *pair) for pair in ((now, before), (now, now), (before, before)))
    norms = np.sqrt(squares * others)
    correlation = np.divide(both, norms, out=(squares == others).astype(np.float64), where=norms > 0)
    return 1 - np.clip(correlation, -1, 1)


def uncertainty(std) -> np.ndarray:
    """The mean of the standard deviation over each map's elements, in its units: `(N, ...)` -> float64 `(N,)`.

    Example:

    >>> uncertainty([[1.0, 3.0], [0.0, 0.0]])
    array([2., 0.])
    """
    return _rows(std).mean(1)


def numbers_of(saliency) -> dict[str, np.ndarray]:
    """{quantity: one number per example} of what the `Saliency` of a batch tells by itself.

    Example:

    >>> from kerasal import Saliency
    >>> numbers_of(Saliency([[0, 3], [1, 1]], scores=[5, 6]))
    {'score': array([5., 6.], dtype=float32), 'concentration': array([1., 0.])}
    """
    numbers = {"score": saliency.scores, "concentration": concentration(saliency.values), "gap": saliency.relative_gap}
    numbers["uncertainty"] = None if saliency.std is None else uncertainty(saliency.std)
    return {quantity: values for quantity, values in numbers.items() if values is not None}


def _rows(values) -> np.ndarray:
    values = np.asarray(values, np.float64)
    return values.reshape(len(values), -1)


def _ranks(row: np.ndarray) -> np.ndarray:
    """Ranks from 0; equal elements get the mean of theirs."""
    _, group, counts = np.unique(row, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts + 1) / 2)[group.reshape(-1)]
