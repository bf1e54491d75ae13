"""Integrated gradients: the gradient averaged along the way from a baseline to the target, times that way."""

import numbers
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kerasal._engine.bound_score import BoundScore
from kerasal._engine.contract import Finished, Points, Totals, Traits
from kerasal._engine.diagnostics import GAP_TO_TELL, gap_in_words
from kerasal._engine.folded import Folded
from kerasal._engine.forward import Forward
from kerasal._engine.session import Session
from kerasal._errors import warn_user
from kerasal.calculators.attribution import row_sums, with_trailing_axes
from kerasal.calculators.base import Calculator
from kerasal.calculators.integration_path import NodesAndWeights, fold_refined, nodes_and_weights
from kerasal.calculators.path_start import PathStart, checked, told


class IntegratedGradientsCalculator(Calculator):
    """Integrated gradients (Sundararajan et al. 2017, arXiv:1703.01365): they add up to f(target) − f(baseline).

    Args:
        model, score, target_extractor, eval_fun, logits: see `Calculator`; `eval_fun` returns one number per row.
        baseline: where the path starts: None for zeros, a number, an array of one example's shape, one per example
            (N, ...), a function of the target (R, ...) as tensor, a `Background` of several, or `Extremes()`, black and white. For
            a list of targets also a list with one of these for each, or a dict {target or name: one of these}.
        steps: nodes of the path; 64 by default.
        quadrature: "midpoint", "gauss_legendre", "trapezoid", or "linspace" (that of Chainer Chemistry); the first two never
            take the gradient at the ends.
        completeness_tolerance: the relative gap to reach, e.g. 0.01: each example's path starts from `steps` panels (32 by
            default) and is split where it misses most, by the trapezoid rule, until gap and its expected size are within the
            tolerance; a warning names the examples for which `max_steps` nodes are not enough.
        max_steps: nodes of a path with `completeness_tolerance` at most.

    Shapes:
        x (N, *target) -> compute (M, N, *target), explain (N, *target) without the channels of `ch_axis`. Units: of the score.

    Several targets move on one path: their values add up to f(targets) − f(baselines), with one gap.

    How far the sum misses f(target) − f(baseline) is `Saliency.completeness_gap`, and `relative_gap` the share of it. All
    nodes of a sample have its noise and its dropout masks.

    Example:
        >>> import keras, numpy as np
        >>> from kerasal import IntegratedGradientsCalculator
        >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, use_bias=False)])
        >>> model.set_weights([np.array([[1.0], [3.0], [2.0]])])
        >>> IntegratedGradientsCalculator(model, steps=3).explain(np.array([[1.0, 5.0, 8.0]])).values.round(4)
        array([[ 1., 15., 16.]], dtype=float32)
    """

    traits = Traits(reports_completeness=True, has_base=True)

    def __init__(
        self,
        model: keras.Model,
        score: Any = None,
        target_extractor: Any = None,
        eval_fun: Callable[..., Any] | None = None,
        baseline: Any = None,
        steps: int | None = None,
        quadrature: str = "midpoint",
        completeness_tolerance: float | None = None,
        max_steps: int = 1024,
        logits: bool = True,
    ):
        super().__init__(model, score, target_extractor, eval_fun, logits)
        self.steps = (64 if completeness_tolerance is None else 32) if steps is None else steps
        nodes_and_weights(quadrature, self.steps)
        self._targets = [objective.target for objective in self.objectives]
        self.baseline, self.quadrature = checked(baseline, self._targets), quadrature
        start = PathStart(self.baseline, self._targets)
        self.traits = Traits(is_random=start.is_drawn, reports_completeness=True, has_base=True, is_joint=True)
        self._baselines = start.count
        self.completeness_tolerance, self.max_steps = completeness_tolerance, max_steps
        if isinstance(max_steps, bool) or not isinstance(max_steps, (int, np.integer)) or max_steps < 1:
            raise ValueError(f"max_steps is an integer ≥ 1. Received: max_steps={max_steps!r}. Give e.g. 1024.")
        if completeness_tolerance is not None:
            self._check_refinement()

    def points(self, shape: tuple[int | None, ...], forward: Forward) -> Points:
        """Place the nodes on the path; the target and the baselines are reference points."""
        own = PathStart(self.baseline, self._targets).fit(forward.objective.target, shape)
        which = np.arange(-1, self._baselines, dtype="int32")
        precision = forward.precision.as_numpy_dtype
        references = {"node": (which < 0).astype(precision), "which": np.maximum(which, 0)}
        plan = self.plan_of(nodes_and_weights(self.quadrature, self.steps), precision)
        return Points(plan, references, own, context=own)

    def plan_of(self, path: NodesAndWeights, precision: Any) -> dict[str, np.ndarray]:
        """Make the plan of a path from every baseline, its numbers of a dtype."""
        count, (nodes, weights) = self._baselines, path
        return {
            "node": np.tile(nodes, count).astype(precision),
            "weight": np.tile(weights, count).astype(precision) / precision(count),
            "which": np.repeat(np.arange(count, dtype="int32"), len(nodes)),
        }

    def reference(self, score: BoundScore, target: tf.Tensor, at: dict[str, tf.Tensor]) -> tf.Tensor:
        """Make the target, or baselines."""
        return self.along(score, target, at)[0]

    def along(self, score: BoundScore, target: tf.Tensor, at: dict[str, tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
        """Make the points (K, R, ...) of the part `at` of a plan, and the way from their baseline to the target."""
        way = target - PathStart(self.baseline, self._targets).at(score, target, at["which"])
        points = target - with_trailing_axes(1 - at["node"], way.shape.rank) * way
        points.set_shape([None, *target.shape])
        return points, way

    def attribution(self, score: BoundScore, target: tf.Tensor, at: dict[str, tf.Tensor]) -> tf.Tensor:
        """Add up the gradients at some nodes, times the way."""
        points, way = self.along(score, target, at)
        weighed = with_trailing_axes(at["weight"], way.shape.rank) * way
        return score.differentiate(points, lambda evaluated: tf.reduce_sum(evaluated.gradient * weighed, 0))

    @property
    def is_planned(self) -> bool:
        """True where no tolerance asks for more nodes on the way."""
        return self.completeness_tolerance is None

    def fold(self, session: Session, fold: Any) -> Folded:
        """Fold the samples, each example on a path of its own where a tolerance is given."""
        if self.is_planned:
            return super().fold(session, fold)
        return fold_refined(self, session, fold)

    def warn(self, folded: Folded) -> None:
        """Warn of examples whose gap is above the tolerance, or a fifth of what their values should add up to."""
        tolerance = self.completeness_tolerance
        limit = GAP_TO_TELL if tolerance is None else tolerance
        missed = gap_in_words(folded, limit, is_told=self.traits.reports_completeness)
        if tolerance is None and missed:
            warn_user(
                f"Integrated gradients do not add up to f(target) − f(baseline) {missed} Raise steps (now {self.steps}), or give "
                "completeness_tolerance=0.05, unless the score jumps on the way.",
            )
        elif missed:
            warn_user(
                f"completeness_tolerance={tolerance} is not reached with {self.max_steps} nodes {missed} Raise max_steps, unless the "
                "score jumps on the way.",
            )

    def finish(self, totals: Totals) -> Finished:
        """Compare the sum with the difference of the scores at the ends."""
        references: Any = totals.references
        owed = references[0] - tf.reduce_mean(references[1:], 0)
        return Finished(totals.saliency, row_sums(totals.saliency) - owed, owed)

    def describe(self, context: Any) -> dict[str, Any]:
        """Say where the path starts, and what its nodes are."""
        settings = {
            "steps": self.steps,
            "quadrature": self.quadrature,
            "completeness_tolerance": self.completeness_tolerance,
        }
        return {"baseline": told(self.baseline), **settings}

    def _check_refinement(self) -> None:
        tolerance = self.completeness_tolerance
        if isinstance(tolerance, bool) or not isinstance(tolerance, numbers.Real) or not 0 < float(tolerance) < 1:
            raise ValueError(
                f"completeness_tolerance is a share between 0 and 1, or None. Received: {tolerance!r}. Give e.g. 0.01."
            )
        if self.quadrature != "midpoint" or not 2 <= self.steps <= self.max_steps or self._baselines > 1:
            raise ValueError(
                "completeness_tolerance places the nodes of each path by itself. Received: "
                f"quadrature={self.quadrature!r}, steps={self.steps}, max_steps={self.max_steps}, baseline={self.baseline!r}. Leave "
                "quadrature out, start from 2 steps or more and at most max_steps, and let Background(..., drawn=True) draw one "
                "baseline a sample."
            )
