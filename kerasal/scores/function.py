"""Any function of the outputs, and the check that it gives one number per row."""

import tensorflow as tf

from kerasal.checks import require
from kerasal.interception import autographed
from kerasal.scores.base import Score


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
