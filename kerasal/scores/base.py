"""What a score is, and what one pass over the model gives it to work with."""

import numpy as np
import tensorflow as tf

from kerasal._network.assertions import require
from kerasal._network.graphs import find_logits
from kerasal._network.interception import autographed
from kerasal._network.targets import LayerExtractor


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


class Function(Score):
    """Any function of the model's outputs that returns one number per example, shape (N,)."""

    def __init__(self, function):
        self.function = function

    def value(self, run):
        values = one_per_row(autographed(self.function)(run.outputs), "The score function", run.rows)
        return values, getattr(self.function, "__name__", "function")


def one_per_row(values, what, rows):
    """float32 (rows,), or a ValueError that says what `what` must return."""
    if values is None or not hasattr(values, "__array__") and not tf.is_tensor(values):
        raise ValueError(
            f"{what} must return one number per example, shape (N,). Received: {values!r}. Return a tensor computed from the "
            "model's output."
        )
    values = tf.convert_to_tensor(values)
    if values.shape.rank == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.shape.rank == 1:
        expected = f"{what} must return one number per example: of the model's N rows, (numbers returned, N) are"
        counts = tf.stack([tf.size(values), rows])
        remedy = "Do not select or join rows in it."
        return tf.cast(require(tf.equal(tf.size(values), rows), values, expected, counts, remedy), tf.float32)
    mean = " (a mean or sum over the batch would mix examples)" if values.shape.rank == 0 else ""
    raise ValueError(
        f"{what} must return one number per example, shape (N,){mean}. Received: shape {values.shape}. For class c of a "
        "classifier pass score=c."
    )
