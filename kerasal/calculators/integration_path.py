"""The nodes of the path of integrated gradients: rules for them, and their refinement where the score changes most."""

import dataclasses
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from kerasal._engine.blocks import OneBlock
from kerasal._engine.bound_score import BoundScore, Evaluated
from kerasal._engine.contract import Points, Totals, Traits
from kerasal._engine.folded import Folded
from kerasal._engine.pace import Progress
from kerasal._engine.session import Session
from kerasal._folds.moments import Stack
from kerasal.calculators.attribution import Attribution

_MARGIN = 0.99  # of the tolerance, for the rounding of the sums
_GROWTH = 1.25  # nodes of a round ÷ nodes of the round before


class NodesAndWeights(NamedTuple):
    """Nodes of a path from 0, the baseline, to 1, the target, and their weights, which add up to 1; both (P,)."""

    nodes: np.ndarray
    weights: np.ndarray


class PathNodes:
    """Nodes between the ends of a path, the score there and its slope; panels between them are split where they are worst.

    The gradients' weights are those of the trapezoid rule, but the outermost panels take the gradient of their inner node, so
    that none is taken at the ends. Each panel's share of the completeness gap is known, since the score at its ends is.

    Args:
        panels: how many panels to start from, at least 2.
        tolerance: the relative gap to reach.
    """

    def __init__(self, panels: int, tolerance: float):
        self.nodes = np.zeros(0)
        self.wanted = np.linspace(0, 1, panels + 1)[1:-1]
        self._tolerance = tolerance
        self._known: Any = None

    def add(self, table: np.ndarray, ends: np.ndarray) -> None:
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
    def weights(self) -> np.ndarray:
        """Weight of the gradient at each node; they add up to 1."""
        edges = np.concatenate([[0], (self.nodes[1:] + self.nodes[:-1]) / 2, [1]])
        weights: np.ndarray = np.diff(edges)
        return weights

    def _split(self) -> None:
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


def _midpoint(steps: int) -> NodesAndWeights:
    return NodesAndWeights((np.arange(steps) + 0.5) / steps, np.full(steps, 1 / steps))


def _gauss_legendre(steps: int) -> NodesAndWeights:
    nodes, weights = np.polynomial.legendre.leggauss(steps)
    return NodesAndWeights((nodes + 1) / 2, weights / 2)


def _trapezoid(steps: int) -> NodesAndWeights:
    nodes, weights = np.linspace(0, 1, steps), np.full(steps, 1 / max(1, steps - 1))
    weights[[0, -1]] /= 2
    return NodesAndWeights(nodes, weights)


def _linspace(steps: int) -> NodesAndWeights:
    return NodesAndWeights(np.linspace(0, 1, steps), np.full(steps, 1 / steps))


_MOST_STEPS = 10**6
RULES = {"midpoint": _midpoint, "gauss_legendre": _gauss_legendre, "trapezoid": _trapezoid, "linspace": _linspace}


def nodes_and_weights(rule: str, steps: int) -> NodesAndWeights:
    """Place nodes on [0, 1] by a quadrature rule.

    Args:
        rule: "midpoint"; "gauss_legendre"; "trapezoid", both ends included; "linspace", both ends included with equal weights,
            as in Chainer Chemistry 0.7.1: for x³ it gives (2 n − 1) / (2 (n − 1)) with n nodes instead of 1.
        steps: how many nodes, at least 1; 2 for "trapezoid".

    Returns:
        float64 arrays (steps,).

    Raises:
        ValueError: an unknown rule, too few steps.

    Example:
        >>> from kerasal.calculators.integration_path import nodes_and_weights
        >>> nodes, weights = nodes_and_weights("midpoint", 4)
        >>> nodes.tolist(), weights.tolist()
        ([0.125, 0.375, 0.625, 0.875], [0.25, 0.25, 0.25, 0.25])
    """
    if not isinstance(rule, str) or rule not in RULES:
        raise ValueError(f"quadrature is one of {', '.join(RULES)}. Received: {rule!r}. Choose one.")
    least = 2 if rule == "trapezoid" else 1
    if isinstance(steps, bool) or not isinstance(steps, (int, np.integer)) or not least <= steps <= _MOST_STEPS:
        raise ValueError(
            f"steps, the number of nodes of the {rule} rule, is an integer ≥ {least}, and at most {_MOST_STEPS}. Received: steps={steps!r}. Give e.g. 32."
        )
    return RULES[rule](int(steps))


class PathSlopes(Attribution):
    """A table (R, P + 1, 2): score and slope at each of P nodes, then the score at the target and at the baseline.

    Args:
        method: the `IntegratedGradientsCalculator` whose path it is.
    """

    def __init__(self, method: Any):
        self._method, self.traits = method, Traits(is_random=method.traits.is_random)

    def map_rank(self, rank: int, context: Any) -> int:
        """Count the axes of the table."""
        return 3

    def at(self, nodes: np.ndarray, points: Points) -> Points:
        """Make the points for these nodes, (P,), of those of the method."""
        plan = {
            **self._method.plan_of(NodesAndWeights(nodes, np.ones(len(nodes))), points.plan["node"].dtype.type),
            "slot": np.arange(len(nodes), dtype="int32"),
            "count": np.full(len(nodes), len(nodes), "int32"),
        }
        return dataclasses.replace(points, plan=plan)

    def reference(self, score: BoundScore, target: tf.Tensor, at: dict[str, tf.Tensor]) -> tf.Tensor:
        """Make the reference points, those of the method."""
        return self._method.reference(score, target, at)

    def attribution(self, score: BoundScore, target: tf.Tensor, at: dict[str, tf.Tensor]) -> tf.Tensor:
        """Put the score and its slope at some nodes into their rows of the table."""
        points, way = self._method.along(score, target, at)

        def table(evaluated: Evaluated) -> tf.Tensor:
            slope = tf.reduce_sum(evaluated.gradient * way, list(range(2, points.shape.rank)))
            found = tf.stack([evaluated.values, slope], -1)  # (K, R, 2)
            shape = tf.concat([at["count"][:1], tf.shape(found)[1:]], 0)
            return tf.transpose(tf.scatter_nd(at["slot"][:, None], found, shape), [1, 0, 2])

        return score.differentiate(points, table)

    def finish(self, totals: Totals) -> tf.Tensor:
        """Add the scores at the target and at the baseline to the table."""
        return tf.concat([totals.saliency, tf.transpose(totals.references)[:, None]], 1)


def fold_refined(method: Any, session: Session, fold: Any) -> Folded:
    """Fold integrated gradients of every example on a path of its own, refined until its relative gap is within the tolerance.

    Args:
        method: the `IntegratedGradientsCalculator`.
        session: the call.
        fold: how samples become a map.
    """
    slopes, precision = PathSlopes(method), session.forward.precision
    progress = Progress(session.blocks.total, "example", shown=session.sampling.show_progress)

    def parts() -> Iterator[Folded]:
        for block in session.blocks(1):
            one, path = OneBlock(block), PathNodes(method.steps, method.completeness_tolerance)
            while len(path.wanted) and len(path.nodes) + len(path.wanted) <= method.max_steps:
                table = session.fold(Stack(precision), slopes, one, slopes.at(path.wanted, session.points)).values[:, 0]
                table = table if session.classes else table[:, None]
                path.add(table[:, :, :-1], table[:, :, -1])
            plan = method.plan_of(NodesAndWeights(path.nodes, path.weights), precision.as_numpy_dtype)
            yield session.fold(fold, method, one, dataclasses.replace(session.points, plan=plan))
            progress.add(1)

    folded = Folded.joined(parts(), fold.example_axis, session.blocks.total)
    progress.close()
    return folded
