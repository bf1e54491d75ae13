"""One pass over examples as they are: all that a method of one point needs where nothing is random."""

import numpy as np
import tensorflow as tf

from kerasal._engine.bound_score import BoundScore
from kerasal._engine.compiled import as_parts, finished
from kerasal._engine.folded import Folded
from kerasal._keyed_random import Rows
from kerasal._network.graphs import size_of_row, traced, variables_at_stake
from kerasal._network.randomness import Randomness
from kerasal._tree import mapped


class Once:
    """The compiled pass of one calculator and input structure; every fold shares it.

    Args:
        method: a `Calculator`, for its `attribution` and `finish`.
        forward: the `Forward` to evaluate.
        rank: rank of the target, (N, ...).
        specs: `TensorSpec`s of (inputs, y, companions).

    Attributes:
        notes: score_name and size (of a row).
        at_stake: the variables, if the model changes some.
    """

    def __init__(self, method, forward, rank, specs):
        self.method, self.forward, self.rank, self.notes = method, forward, rank, {}
        self.classes = int(forward.score.lists_classes)
        self.compiled = traced(forward.model, self._run, *specs)
        self.at_stake = variables_at_stake(self.compiled.graph)

    @property
    def rank_of_map(self):
        """Number of axes of the saliency, a list for several targets."""
        return mapped(lambda rank: rank + self.classes, self.method.rank_of_map(self.rank))

    def _run(self, inputs, y, beside):
        rows = Rows.plain(inputs)
        target = self.forward.value(inputs, y, Randomness(), rows)
        asked = (inputs, y, beside, None, True, None)
        score = BoundScore(self.forward, Randomness(), rows, asked, self.rank, self.method.relu_rule, self.notes)
        parts = as_parts(self.method.attribution(score, target, {}))
        self.notes["size"] = size_of_row(tf.nest.flatten(parts))
        values = score.values if score.values.shape.rank else tf.fill([rows.count], score.values)
        return values, *finished(self.method, None, parts, rows.examples, self.classes)

    def folded(self, arguments, fold):
        """The `Folded` of some examples.

        Args:
            arguments: (inputs, y, companions), tensors.
            fold: a `Moments` or `Stack`, or several of them.
        """
        scores, saliency, account = self.compiled(*arguments)
        scores = scores.numpy()
        values, std, error = fold.of_one(saliency)
        gaps = np.zeros((3, *scores.shape), "float32")
        if account:
            gap, owed = (part.numpy()[0] for part in account)
            gaps = np.stack([gap, np.abs(gap), np.abs(owed)])
        return Folded(values, std, error, np.ones(len(scores), int), scores, gaps, self.rank_of_map)
