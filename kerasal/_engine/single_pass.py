"""One pass over examples as they are: all that a method of one point needs where nothing is random."""

from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from kerasal._engine.bound_score import BoundScore
from kerasal._engine.compiled import Program
from kerasal._engine.contract import Finished, Points
from kerasal._engine.folded import Folded
from kerasal._engine.forward import Asked, Forward
from kerasal._engine.rest import Rest
from kerasal._keyed_random import Rows
from kerasal._network.graphs import traced, variables_at_stake
from kerasal._network.randomness import Randomness


class Passed(NamedTuple):
    """The answer of a pass over examples (B, ...).

    Attributes:
        scores: (B,) or (B, classes); chosen: what the score fixed, (B, choices), or None; predicted: what the model says, (B, C).
        finished: the method's answer.
    """

    scores: tf.Tensor
    chosen: Any
    predicted: tf.Tensor
    finished: Finished


class SinglePass(Program):
    """The compiled pass of one method and input structure; every fold shares it.

    Args:
        method, forward, points, rank: see `Program`.
        per_example: `TensorSpec`s of what the method brought along.
    """

    def __init__(self, method: Any, forward: Forward, points: Points, rank: int, per_example: Any):
        super().__init__(method, forward, points, rank)
        self.compiled = traced(forward.model, self._run, *forward.inputs.specs, per_example)
        self.at_stake = variables_at_stake(self.compiled.graph)

    def _run(self, inputs: Any, y: Any, per_example: Any) -> "Passed":
        rows = Rows.plain(inputs)
        target = self.forward.value(inputs, y, Randomness(), rows)
        asked, missing, rest = Asked(inputs, y, per_example), self.forward.missing, Rest()
        if self.method.traits.asks_missing and missing:
            clean = missing.at_clean(self.forward, inputs, y, self.rank)
            asked, rest = asked._replace(masks=clean.fixed), Rest(clean.real, target)
        score = BoundScore(self.forward, Randomness(), rows, asked, self.rank, self.notes, self.points.context, rest)
        parts = self.shares(self.method.attribution(score, target, {}))
        values = score.values if score.values.shape.rank else tf.fill([rows.count], score.values)
        return Passed(values, score.chosen, score.predicted, self.finished(parts, None, rows.examples, per_example))

    def scores(self, arguments: Any, plans: Any, scale: np.ndarray) -> np.ndarray:
        """Score rows as they are, (rows, ...); see `SampleLoop.scores`."""
        found: np.ndarray = self.compiled(*arguments).scores.numpy()
        return found

    def folded(self, inputs: Any, y: Any, per_example: Any, fold: Any) -> Folded:
        """Explain some examples.

        Args:
            inputs: flat, tensors.
            y: what belongs to the examples.
            per_example: what the method brought along.
            fold: a `Moments` or `Stack`, or several of them.
        """
        scores, _, predicted, finished = self.compiled(inputs, y, per_example)
        scores = scores.numpy()
        gaps = np.zeros((4, *scores.shape), scores.dtype)
        if finished.gap is not None:
            gap, owed = finished.gap.numpy()[0], finished.owed.numpy()[0]
            gaps = np.stack([gap, np.abs(gap), np.abs(owed), owed])
        made = fold.of_one(finished.saliency)
        counts = np.ones(len(scores), int)
        return Folded(made.values, made.std, made.error, counts, scores, gaps, predicted.numpy(), self.map_rank)
