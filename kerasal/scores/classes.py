"""Scores of a class: its logit where the output ends in a softmax or sigmoid, else the output itself."""

import numpy as np
import tensorflow as tf

from kerasal._network.assertions import require
from kerasal.scores.base import Score, check_class, class_index


def class_of_each(values, classes):
    """Of (rows, C) the class of each row, (rows,); the gradient of `gather_nd` is one operation, that of `gather` forty."""
    rows = tf.range(tf.size(classes))
    return tf.gather_nd(values, tf.stack([rows, classes], 1))


class Predicted(Score):
    """The class predicted at the clean input (its logit where there is one), held fixed over samples; score=None."""

    choices = 1

    def choose(self, run):
        return tf.expand_dims(tf.argmax(run.classes(), axis=-1, output_type=tf.int32), 1)

    def value(self, run):
        values = run.classes()
        name = run.word() if values.shape[-1] == 1 else f"{run.word()} of the predicted class"
        return class_of_each(values, tf.squeeze(run.chosen, 1)), name


class Class(Score):
    """One class for all examples; score=3."""

    def __init__(self, index):
        self.index = class_index(index, "score")

    def value(self, run):
        values = run.classes()
        check_class(self.index, values.shape[-1])
        return values[:, self.index], f"{run.word()} of class {self.index}"


class AllClasses(Score):
    """Every class, one after another from one pass; score="all"."""

    lists_classes = True

    def value(self, run):
        return run.classes(), f"{run.word()} of each class"


class Label(Score):
    """The class of each example in `y`: integers (N,) or (N, 1), or one-hot rows (N, C).

    Example:
        >>> from kerasal import scores
        >>> scores.Label().needs_y
        True
    """

    needs_y = True

    def labels(self, y):
        if y is None:
            raise ValueError(
                "scores.Label() takes the class of each example from y. Received: y=None. Pass y= the labels."
            )
        labels = np.asarray(y)
        if labels.ndim == 2 and labels.shape[1] > 1:
            if not (np.all((labels == 0) | (labels == 1)) and np.all(labels.sum(1) == 1)):
                raise ValueError(
                    f"Labels are integers (N,) or one-hot rows (N, C). Received: shape {labels.shape} that is not one-hot. For "
                    "soft or multiple labels use scores.Loss() or a function of the outputs."
                )
            return labels.argmax(1).astype("int32")
        if labels.ndim == 2:
            labels = labels[:, 0]
        if labels.ndim != 1 or labels.dtype.kind not in "iu" or np.any(labels < 0):
            raise ValueError(
                f"Labels are integers ≥ 0, one per example, or one-hot rows. Received: shape {labels.shape}, dtype "
                f"{labels.dtype}. Convert them, e.g. y.astype('int32')."
            )
        return labels.astype("int32")

    def value(self, run):
        values = run.classes()
        last = values.shape[-1] - 1
        y = require(
            tf.reduce_all(run.y <= last),
            run.y,
            f"A label is a class of the output, 0 to {last}",
            tf.reduce_max(run.y),
            "Correct y.",
        )
        return class_of_each(values, y), f"{run.word()} of the label"


class Classes(Label):
    """One class per example, given with the score; score=[3, 1, 4]."""

    needs_y = False

    def __init__(self, classes):
        self.classes = super().labels(np.asarray(classes))

    def check_count(self, examples):
        if examples is not None and len(self.classes) != examples:
            raise ValueError(
                f"score has one entry per example. Received: {len(self.classes)} entries and {examples} examples. Give as many, "
                "or one for all."
            )


class Margin(Score):
    """How far class `a` is ahead of class `b`: the difference of their logits.

    Example:
        >>> from kerasal import scores
        >>> scores.Margin(2, 0).a
        2
    """

    def __init__(self, a, b):
        self.a, self.b = class_index(a, "a"), class_index(b, "b")
        if self.a == self.b:
            raise ValueError(
                f"Margin takes two different classes. Received: a={a}, b={b}. Their difference would be 0."
            )

    def value(self, run):
        values = run.classes()
        for index in (self.a, self.b):
            check_class(index, values.shape[-1])
        return values[:, self.a] - values[:, self.b], f"{run.word()} of class {self.a} minus class {self.b}"


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
