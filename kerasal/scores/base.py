"""What a score is, and what one pass over the model gives it to work with."""

import numpy as np
import tensorflow as tf

from kerasal.extractors import LayerExtractor
from kerasal.logits import find_logits


class Pass:
    """What one pass over the model gives a score to work with.

    Attributes:
        model: the model.
        outputs: the model's outputs as it returns them.
        rows: how many rows the pass has, int32 scalar tensor.
        y: what belongs to each row (labels, targets of the loss), or None.
        chosen: int32 (rows, classes fixed by the score), decided at the clean input.
        readings: {score: value} for scores that read an inner layer.
    """

    def __init__(self, model, outputs, rows, y=None, chosen=None, readings=None, logits=True):
        self.model, self.outputs, self.rows, self.y, self.chosen = model, outputs, rows, y, chosen
        self.readings, self.use_logits = readings or {}, logits
        self.found_logits = False

    def of_head(self, outputs, position):
        """The same pass, seen by the score of one head."""
        chosen = None if self.chosen is None else self.chosen[:, position : position + 1]
        return Pass(self.model, outputs, self.rows, self.y, chosen, self.readings, self.use_logits)

    def classes(self):
        """(rows, C): logits where the output ends in a softmax or sigmoid, the output itself elsewhere."""
        output = self.outputs
        if not tf.is_tensor(output):
            raise ValueError(
                f"A score needs to know which output it means. Received: a model with outputs {_names(output)}. Give "
                "score={'name of the output': ...}, or a function of the outputs that returns one number per example."
            )
        if output.shape.rank != 2:
            raise ValueError(
                f"A class is scored on an output of shape (N, C). Received: an output of shape {output.shape}. Give score= a "
                "function of the outputs that returns one number per example, shape (N,)."
            )
        if self.use_logits:
            output, self.found_logits = find_logits(output)
        return tf.cast(output, tf.float32)

    def word(self):
        return "logit" if self.found_logits else "output"


class Score:
    """Base of the scores. `value` is the score; `choose` fixes classes at the clean input for all samples."""

    needs_y = False
    choices = 0
    lists_classes = False  # whether `value` is (rows, classes) instead of (rows,)
    extractor: LayerExtractor | None = None

    def parts(self):
        """This score and those it is made of."""
        return [self]

    def choose(self, run):
        """int32 (rows, choices): what is decided at the clean input and held fixed over samples."""
        return tf.zeros([run.rows, 0], tf.int32)

    def labels(self, y):
        """Check and convert what belongs to the examples before any work, NumPy in and out."""
        return y

    def check_count(self, examples):
        """Refuse, before any work, what was given for another number of examples."""

    def value(self, run):
        """(rows,): the score of each row; the second result names it."""
        raise NotImplementedError


def class_index(value, name):
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 0:
        raise ValueError(
            f"{name} is an integer from 0, not counted from the end. Received: {name}={value!r}. Give 0, 1, …"
        )
    return int(value)


def check_class(index, size):
    if size is not None and index >= size:
        raise ValueError(
            f"The class or unit must be one of the {size} there are. Received: {index}. Give a number from 0 to {size - 1}."
        )


def _names(outputs):
    return ", ".join(map(str, outputs)) if isinstance(outputs, dict) else f"0 to {len(outputs) - 1}"
