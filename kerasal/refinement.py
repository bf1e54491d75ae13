"""Placing the nodes of a path where the score changes, until its integral is known well enough."""

from typing import Any

import numpy as np

_MARGIN = 0.99  # of the tolerance, for the rounding of the sums
_GROWTH = 1.25  # nodes of a round ÷ nodes of the round before


class Path:
    """Nodes between the ends of a path, the score there and its slope; panels between them are split where they are worst.

    The gradients' weights are those of the trapezoid rule, but the outermost panels take the gradient of their inner node, so
    that none is taken at the ends. Each panel's share of the completeness gap is known, since the score at its ends is.

    Args:
        panels: how many panels to start from, at least 2.
        tolerance: the relative gap to reach.
    """

    def __init__(self, panels, tolerance):
        self.nodes = np.zeros(0)
        self.wanted = np.linspace(0, 1, panels + 1)[1:-1]
        self._tolerance = tolerance
        self._known: Any = None

    def add(self, table, ends):
        """Take in what was found at the nodes `wanted`.

        Args:
            table: (M, classes, P, 2): the score and its slope (gradient times way) at them.
            ends: (M, classes, 2): the score at the target and at the baseline.
        """
        known = table if self._known is None else np.concatenate([self._known, table], 2)
        nodes = np.concatenate([self.nodes, self.wanted])
        order = np.argsort(nodes)
        self.nodes, self._known, self._ends = nodes[order], known[:, :, order].astype("float64"), ends.astype("float64")
        self._split()

    @property
    def weights(self):
        """Weight of the gradient at each node, float32; they add up to 1."""
        edges = np.concatenate([[0], (self.nodes[1:] + self.nodes[:-1]) / 2, [1]])
        return np.diff(edges).astype("float32")

    def _split(self):
        """Set `wanted` to the middles of the panels that miss most, or to none where nothing is left to do."""
        score, slope = self._known[..., 0], self._known[..., 1]
        score = np.concatenate([self._ends[..., 1:], score, self._ends[..., :1]], -1)
        slope = np.concatenate([slope[..., :1], slope, slope[..., -1:]], -1)  # at the ends, that of the inner neighbour
        edges = np.concatenate([[0], self.nodes, [1]])
        errors = np.diff(edges) * (slope[..., 1:] + slope[..., :-1]) / 2 - np.diff(score)  # (M, classes, panels)
        allowed = _MARGIN * self._tolerance * np.abs(self._ends[..., 0] - self._ends[..., 1]).mean(0)  # (classes,)
        gap = np.abs(errors.sum(-1)).mean(0)
        spread = np.sqrt((errors**2).sum(-1).mean(0))  # what the gap would be if it were not for luck
        if np.all(np.maximum(gap, spread) <= allowed):
            self.wanted = self.nodes[:0]
            return
        relative = np.sqrt((errors**2).mean(0)) / np.maximum(allowed, np.finfo("float64").tiny)[:, None]
        missed = relative.max(0) * np.diff(edges)
        extra = max(1, int(np.ceil((_GROWTH - 1) * len(self.nodes))))
        worst = np.sort(np.argsort(-missed, kind="stable")[:extra])
        self.wanted = (edges[worst] + edges[worst + 1]) / 2
