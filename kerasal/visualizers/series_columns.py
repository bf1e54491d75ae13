"""Columns of a long series: as many groups of steps as there are pixels, of which the extremes are drawn."""

from typing import NamedTuple

import numpy as np


class Columns(NamedTuple):
    """Groups of steps that follow one another, each as wide as a pixel, or a single step.

    Attributes:
        starts: the first step of each, (K,).
        stops: the step behind its last, (K,).
        edges: where on the time axis they meet, (K + 1,).
        centers: the middle of the steps of each, (K,).
    """

    starts: np.ndarray
    stops: np.ndarray
    edges: np.ndarray
    centers: np.ndarray

    @property
    def most_steps(self) -> int:
        """Steps of the largest group."""
        return int((self.stops - self.starts).max())

    def strongest(self, values: np.ndarray) -> np.ndarray:
        """Give the value of the largest magnitude of each column, with its sign: (T, ...) -> (K, ...)."""
        low, high = np.minimum.reduceat(values, self.starts), np.maximum.reduceat(values, self.starts)
        return np.where(high >= -low, high, low)

    def lowest(self, values: np.ndarray) -> np.ndarray:
        """Give the lowest value of each column; NaN where all are missing."""
        return np.asarray(np.fmin.reduceat(values, self.starts))

    def highest(self, values: np.ndarray) -> np.ndarray:
        """Give the highest value of each column; NaN where all are missing."""
        return np.asarray(np.fmax.reduceat(values, self.starts))


def columns_of(places: np.ndarray, most: int) -> Columns:
    """Divide steps into at most so many columns of equal width on the time axis; those without a step are left out.

    Args:
        places: increasing numbers, (T,).
        most: number of columns there is room for.

    Example:
        >>> columns = columns_of(np.arange(100_000.0), 800)
        >>> len(columns.starts), columns.most_steps
        (800, 125)
        >>> columns_of(np.arange(3.0), 800).edges.tolist()
        [-0.5, 0.5, 1.5, 2.5]
    """
    span = places[-1] - places[0]
    column = np.minimum((places - places[0]) / (span or 1.0) * most, most - 1).astype(np.int64)
    starts = np.flatnonzero(np.diff(column, prepend=-1))
    stops = np.append(starts[1:], len(places))
    first, last = places[starts], places[stops - 1]
    between = (last[:-1] + first[1:]) / 2
    step = np.diff(places) if len(places) > 1 else np.ones(1)
    edges = np.concatenate([[places[0] - step[0] / 2], between, [places[-1] + step[-1] / 2]])
    return Columns(starts, stops, edges, (first + last) / 2)


def line_pieces(places: np.ndarray, signal: np.ndarray, columns: Columns) -> tuple[np.ndarray, np.ndarray]:
    """Cut the line through a signal into a piece per column, from its first step over its extremes to its last.

    A piece reaches half way to its neighbours, and so is as wide as its steps. Where a step is missing, the line has a gap.

    Args:
        places: of the steps on the time axis, (T,).
        signal: (T,); NaN where it is missing.
        columns: of the steps.

    Returns:
        Points (pieces, 6, 2), and the columns they are of, (pieces,).

    Example:
        >>> places = np.arange(4.0)
        >>> pieces, which = line_pieces(places, np.array([0.0, 2.0, np.nan, 4.0]), columns_of(places, 10))
        >>> which.tolist(), pieces[0].tolist()
        ([0, 1, 3], [[0.0, 0.0], [0.0, 0.0], [0.0, 0.0], [0.0, 0.0], [0.0, 0.0], [0.5, 1.0]])
    """
    low, high = columns.lowest(signal), columns.highest(signal)
    first, last = signal[columns.starts], signal[columns.stops - 1]
    half = (last[:-1] + first[1:]) / 2  # NaN at a gap
    first, last = np.where(np.isnan(first), low, first), np.where(np.isnan(last), low, last)
    x_first, x_last = places[columns.starts], places[columns.stops - 1]
    meets_left, meets_right = ~np.isnan(np.append(np.nan, half)), ~np.isnan(np.append(half, np.nan))
    alone = ~(meets_left | meets_right | (columns.stops - columns.starts > 1))
    width = np.where(alone, np.diff(columns.edges) / 4, 0.0)  # a step between gaps is a dash
    x = [
        np.where(meets_left, columns.edges[:-1], x_first - width),
        x_first,
        columns.centers,
        columns.centers,
        x_last,
        np.where(meets_right, columns.edges[1:], x_last + width),
    ]
    before, after = np.append(np.nan, half), np.append(half, np.nan)
    y = [np.where(meets_left, before, first), first, low, high, last, np.where(meets_right, after, last)]
    kept = np.flatnonzero(~np.isnan(low))
    return np.stack([np.stack(x, 1), np.stack(y, 1)], -1)[kept], kept
