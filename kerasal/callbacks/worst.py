"""The examples that a model gets most wrong."""

import numpy as np

MOST = 3  # examples whose numbers are written by default


def worst_examples(
    outputs: np.ndarray | None,
    quantity: str | None,
    truths: np.ndarray | None,
    scores: np.ndarray | None = None,
    most: int = MOST,
) -> np.ndarray:
    """Choose the examples that are predicted worst, the worst first.

    Args:
        outputs: Of the model, (N, C), or None.
        quantity: "probability" or "output", or None.
        truths: True class or number of each example, (N,), or None.
        scores: The numbers that were explained, (N,), which decide where outputs do not.
        most: Number of examples.

    Returns:
        Positions.

    Example:

    >>> outputs = np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8]])
    >>> worst_examples(outputs, "probability", np.array([1.0, 1.0, 1.0]), most=2)
    array([0, 1])
    >>> worst_examples(np.array([[3.0], [5.0]]), "output", np.array([3.5, 1.0]), most=1)
    array([1])
    """
    merit = _merit(outputs, quantity, truths)
    if merit is None:
        merit = np.zeros(0) if scores is None else np.asarray(scores, np.float64)
    merit = merit if merit.ndim == 1 else merit.reshape(len(merit), -1).mean(1)
    return np.argsort(merit, kind="stable")[:most]


def _merit(outputs: np.ndarray | None, quantity: str | None, truths: np.ndarray | None) -> np.ndarray | None:
    """Return how right each prediction is, (N,); None where that is not known."""
    if outputs is None:
        return None
    count = outputs.shape[1]
    if truths is not None and count == 1 and quantity == "output":
        return np.asarray(-np.abs(outputs[:, 0] - truths))
    is_class = truths is not None and count > 1 and bool(np.isin(truths, np.arange(count)).all())
    if truths is not None and is_class:
        own = outputs[np.arange(len(outputs)), truths.astype(int)]
        return np.asarray(own if quantity == "probability" else own - outputs.max(1))
    return np.asarray(outputs.max(1)) if quantity == "probability" else None
