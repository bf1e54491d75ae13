"""Distances between the maps of fixed examples while a model trains."""

import numpy as np

from kerasal.tensorboard.map_numbers import FloatArray, centered_ranks, drift_of_ranks


class Drifts:
    """Compares each batch of maps with the one before it and with the first.

    Args:
        has_classes: True where maps are (N, C, ...): an example's number is then the mean of those of its classes.

    Example:

    >>> drifts = Drifts()
    >>> drifts.update(np.array([[1.0, 2.0, 3.0]]))
    {'distance': array([0.])}
    >>> drifts.update(np.array([[3.0, 2.0, 1.0]]))
    {'drift': array([2.]), 'distance': array([2.])}
    """

    def __init__(self, *, has_classes: bool = False) -> None:
        self._has_classes = has_classes
        self._first: FloatArray | None = None  # ranks
        self._previous: FloatArray | None = None

    def resume(self, first: np.ndarray, last: np.ndarray) -> None:
        """Go on after a training before, whose first and last maps are given, each (N, ...)."""
        self._first, self._previous = self._ranks(first), self._ranks(last)

    def update(self, values: np.ndarray) -> dict[str, FloatArray]:
        """Return the `drift` and the `distance` of the next maps (N, ...), one number per example; no drift for the first."""
        ranks = self._ranks(values)
        numbers = {} if self._previous is None else {"drift": drift_of_ranks(ranks, self._previous)}
        self._previous = ranks
        if self._first is None:
            self._first = ranks
        numbers["distance"] = drift_of_ranks(ranks, self._first)
        return {name: each.reshape(len(values), -1).mean(1) for name, each in numbers.items()}

    def _ranks(self, values: np.ndarray) -> FloatArray:
        """Rank the elements of each map, a row an example and class."""
        return centered_ranks(values.reshape(-1, *values.shape[2:]) if self._has_classes else values)
