"""The labels of examples that have several."""

import dataclasses
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from kerasal._vocabulary import checks_keywords
from kerasal.scores.base import Score, ScoreValue
from kerasal.scores.labels import LabelError
from kerasal.scores.passes import Pass


@checks_keywords
@dataclasses.dataclass(frozen=True)
class Labels(Score):
    """The mean logit of all labels that an example has: y is multi-hot, (N, C) of 0 and 1.

    It is for classifiers whose labels do not exclude one another, which end in a sigmoid for each. For one label of each example
    take `Label`, for a map of each class score="all".

    Example:
        >>> from kerasal import scores
        >>> scores.Labels().needs_y, scores.Labels() == scores.Labels()
        (True, True)
    """

    needs_y = True
    names_class = True

    def labels(self, y: Any) -> NDArray[np.bool_]:
        """Check the labels and convert them to booleans (N, C)."""
        array = np.zeros(0) if y is None else np.asarray(y)
        if array.ndim != 2 or array.dtype.kind not in "biuf":
            told = "y=None" if y is None else f"y of dtype {array.dtype}, shape {array.shape}"
            raise ValueError(
                f"scores.Labels() takes the labels of each example from y, (N, C) of 0 and 1. Received: {told}. Give multi-hot rows; "
                "for one class of each example scores.Label()."
            )
        odd = ~np.isin(array, (0, 1)).all(1)
        if odd.any():
            n = int(np.flatnonzero(odd)[0])
            raise LabelError(
                "Multi-hot labels are 0 and 1",
                f"{array[n][:10]}",
                n,
                "For soft labels write y > 0.5, or take scores.Loss().",
            )
        none = ~(array > 0).any(1)
        if none.any():
            n = int(np.flatnonzero(none)[0])
            raise LabelError(
                "An example has a label at least", "none", n, "Leave such examples out, or explain score='all'."
            )
        return array > 0

    def value(self, run: Pass) -> ScoreValue:
        """Average the logits of the labels."""
        values = run.classes()
        if values.shape[-1] != run.y.shape[-1]:
            raise ValueError(
                f"y has a column for each of the {values.shape[-1]} outputs. Received: {run.y.shape[-1]} columns. Give them in the order of "
                "the outputs."
            )
        inside = tf.cast(run.y, values.dtype)
        mean = tf.reduce_sum(values * inside, 1) / tf.reduce_sum(inside, 1)
        return ScoreValue(mean, f"mean {run.word()} of the labels")
