"""A score of its own for every example."""

import numpy as np
import tensorflow as tf

from kerasal.scores.classes import Classes, class_of_each


class Each(Classes):
    """One score per example, all from one pass; score=[scores.Unit("conv", 3), scores.Unit("conv", 8), 5].

    Args:
        scores: `Score`s of a row, one per example.
    """

    def __init__(self, scores):
        for score in scores:
            if score.needs_y or score.choices or score.lists_classes or isinstance(score, Classes):
                raise ValueError(
                    "A list of scores has, for each example, a class, scores.Unit(...), scores.Margin(...) or a function. "
                    f"Received: {type(score).__name__} among them. Give such a score alone, for all examples."
                )
        self.scores, self.classes = list(scores), np.arange(len(scores), dtype="int32")

    def parts(self):
        return [self, *(part for score in self.scores for part in score.parts())]

    def value(self, run):
        values = tf.stack([score.value(run)[0] for score in self.scores], 1)
        return class_of_each(values, run.y), "one score per example"
