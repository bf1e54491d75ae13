"""Gradients of several targets at once: the same results as one by one, from one pass."""

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from kerasal._engine.bound_score import BoundScore, Evaluated
from kerasal._engine.contract import Points, Traits
from kerasal._engine.forward import Forward
from kerasal._network.backward.relu import relu_rules
from kerasal._network.targets import InputExtractor
from kerasal.calculators.attribution import Attribution


class GradientsOfSeveral(Attribution):
    """Gradients with respect to several inputs and layers of one pass, none of them replaced.

    Args:
        targets: the extractors.
        of_gradient: function of (target, its gradient or None, extractor) that makes the saliency.
        relu_rule: see `GradientCalculator`.
    """

    traits = Traits(needs_gradient=False, accepts_sums=True)

    def __init__(self, targets: Sequence[Any], of_gradient: Callable[..., tf.Tensor], relu_rule: str | None):
        self._targets, self._of_gradient, self._relu_rule = targets, of_gradient, relu_rule

    def points(self, shape: tuple[int | None, ...], forward: Forward) -> Points:
        """Find where the targets are, and their shapes."""
        return Points(context=forward.shapes_of(self._targets))

    def map_rank(self, rank: int, context: Any) -> list[int]:
        """Count the axes of the saliency of each target."""
        return [len(shape) for _, shape in context]

    def attribution(self, score: BoundScore, target: tf.Tensor, at: dict[str, tf.Tensor]) -> list[tf.Tensor]:
        """Compute the saliency of each target."""

        def probe(keep: Any) -> dict[Any, list[Any]]:
            handlers: dict[Any, list[Any]] = {}
            for place, extractor in enumerate(self._targets):
                if not isinstance(extractor, InputExtractor):
                    kept = extractor.handler(lambda value, place=place: keep(("layer", place), value()))
                    handlers.setdefault(extractor.find(score.model), []).append(kept)
            return handlers

        def of_targets(evaluated: Evaluated) -> list[tf.Tensor]:
            found = {kept.name: (kept.tensor, kept.gradient) for kept in evaluated.probed}
            keys = [
                ("layer", place) if position is None else ("input", position)
                for place, (position, _) in enumerate(score.context)
            ]
            return [
                self._of_gradient(*found.get(key, (target, evaluated.gradient)), extractor)
                for key, extractor in zip(keys, self._targets, strict=True)
            ]

        found: list[tf.Tensor] = score.differentiate(target, of_targets, probe, relu_rules(self._relu_rule))
        return found
