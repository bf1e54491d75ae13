"""Base of the methods that look at a layer while the target moves along a path."""

import dataclasses
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kerasal._engine.bound_score import BoundScore, Evaluated
from kerasal._engine.contract import Points
from kerasal._engine.forward import Forward
from kerasal._network.gradients import NoGradient
from kerasal._network.positions.paths import paths_between
from kerasal._network.precision import as_real
from kerasal._network.targets import LayerExtractor
from kerasal.calculators.integrated_gradients import IntegratedGradientsCalculator
from kerasal.calculators.integration_path import NodesAndWeights
from kerasal.calculators.layer_seeker import LayerSeeker

_LAYER = "layer"  # its key in the context, beside those of baselines


@dataclasses.dataclass(frozen=True)
class OnThePath:
    """A layer between a target and a score.

    Attributes:
        shape: of what it gives, (None, ...); takes_all: whether all of the score passes through it.
    """

    shape: tuple[int | None, ...]
    takes_all: bool


class LayerPathCalculator(IntegratedGradientsCalculator):
    """Base of the methods that look at a layer while the target moves along a path. A subclass says what is made of it.

    Args:
        model, score, target_extractor, eval_fun, logits: see `Calculator`; the target is what moves. Of a list each moves alone.
        layer: whose values the map is of: a name, a path, the layer or a `LayerExtractor`.
        baseline: where the path starts; see `IntegratedGradientsCalculator`.
        steps: nodes of the path, in the middles of as many panels.

    Shapes:
        x (N, *target) -> compute (M, N, *layer), explain (N, *layer) without the channels of `ch_axis`.

    Attributes:
        adds_up: whether the values are to add up to f(target) − f(baseline), of a class.

    Raises:
        ValueError: a layer that does not lie between the target and the score.
    """

    adds_up = True

    def __init__(
        self,
        model: keras.Model,
        layer: Any,
        score: Any = None,
        target_extractor: Any = None,
        eval_fun: Callable[..., Any] | None = None,
        baseline: Any = None,
        steps: int = 64,
        logits: bool = True,
    ):
        super().__init__(model, score, target_extractor, eval_fun, baseline, steps, logits=logits)
        self.traits = dataclasses.replace(
            self.traits, is_joint=False, reports_completeness=self.adds_up, has_base=self.adds_up
        )
        self.layer = layer if isinstance(layer, LayerExtractor) else LayerExtractor(layer)
        self.layer.find(model)

    def of_layer(self, gradient: tf.Tensor, at: dict[str, tf.Tensor], change: Callable[[], tf.Tensor]) -> tf.Tensor:
        """Make the share (K, R, *layer) that some nodes have in the map.

        Args:
            gradient: of the score with respect to the layer at the nodes, (K, R, *layer).
            at: of the nodes, (K,): `weight`, the widths of their panels, which add up to 1 over all baselines.
            change: gives what the layer's values change by from end to end of each panel, (K, R, *layer).
        """
        raise NotImplementedError

    def points(self, shape: tuple[int | None, ...], forward: Forward) -> Points:
        """Place the nodes on the path, and find the layer."""
        points = super().points(shape, forward)
        return dataclasses.replace(points, context={**points.context, _LAYER: self._on_the_path(forward)})

    def plan_of(self, path: NodesAndWeights, precision: Any) -> dict[str, np.ndarray]:
        """Make the plan of a path from every baseline, with the ends of the panel of each node."""
        plan = super().plan_of(path, precision)
        ends = np.concatenate([[0.0], np.cumsum(path.weights)])
        count = len(plan["node"]) // len(path.nodes)
        return {
            **plan,
            "low": np.tile(ends[:-1], count).astype(precision),
            "high": np.tile(ends[1:], count).astype(precision),
        }

    def map_rank(self, rank: int, context: Any) -> int:
        """Count the axes of the layer."""
        return len(context[_LAYER].shape)

    def place_of_map(self, target: Any) -> Any:
        """Give the extractor of the layer."""
        return self.layer

    def attribution(self, score: BoundScore, target: tf.Tensor, at: dict[str, tf.Tensor]) -> tf.Tensor:
        """Add up the shares of some nodes."""

        def value_at(end: str) -> tf.Tensor:
            points, _ = self.along(score, target, {**at, "node": at[end]})
            score.scores_at(points, seeker=LayerSeeker(score.model, self.layer))
            return _by_point(score.sought, at, target)

        def change() -> tf.Tensor:
            return ends[1] - ends[0]

        def of_nodes(evaluated: Evaluated) -> tf.Tensor:
            sought = evaluated.probed[-1]
            if sought.gradient is None:
                raise NoGradient(self.layer)
            return tf.reduce_sum(self.of_layer(_by_point(sought.gradient, at, target), at, change), 0)

        ends = [value_at("low"), value_at("high")]  # computed where the map is made of them, and else pruned
        points, _ = self.along(score, target, at)
        found: tf.Tensor = score.differentiate(points, of_nodes, seeker=LayerSeeker(score.model, self.layer))
        return found

    def describe(self, context: Any) -> dict[str, Any]:
        """Name the layer, and tell whether all of the score passes through it."""
        of_path = super().describe(context)
        told = {"layer": repr(self.layer), "takes_all": context[_LAYER].takes_all}
        return {**told, "baseline": of_path["baseline"], "steps": self.steps}

    def _on_the_path(self, forward: Forward) -> OnThePath:
        target, seeker = forward.objective.target, LayerSeeker(forward.model, self.layer)
        if isinstance(target, LayerExtractor) and _is_same(target, self.layer, forward.model):
            raise ValueError(
                f"{type(self).__name__} looks at a layer behind the target. Received: {self.layer!r}, the target itself. Use "
                "IntegratedGradientsCalculator, whose values are those of the target."
            )
        ends = forward.trace(seeker.handlers())
        tensor, paths = seeker.find(ends), paths_between(*ends)
        if not any(tensor is each for each in paths.tensors):
            raise ValueError(
                f"{type(self).__name__} looks at a layer between the target and the score. Received: {self.layer!r}, through which "
                f"nothing of {target!r} reaches the score. Name a layer behind the target and before the score."
            )
        return OnThePath(tuple(tensor.shape), any(tensor is each for each in paths.shared))


def _is_same(one: LayerExtractor, other: LayerExtractor, model: Any) -> bool:
    return one.find(model) is other.find(model) and (one.timing, one.call) == (other.timing, other.call)


def _by_point(tensor: tf.Tensor, at: dict[str, tf.Tensor], target: tf.Tensor) -> tf.Tensor:
    """(K · R, *layer) -> (K, R, *layer), of real numbers."""
    tensor = as_real(tensor)
    lead = [tf.shape(at["node"])[0], tf.shape(target)[0]]
    found = tf.reshape(tensor, tf.concat([lead, tf.shape(tensor)[1:]], 0))
    found.set_shape([None, None, *tensor.shape[1:]])
    return found
