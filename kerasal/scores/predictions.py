"""The prediction that an output stands for: probabilities of classes, or numbers."""

from typing import Any, NamedTuple

import keras
import tensorflow as tf

from kerasal._network.logits import find_logits
from kerasal._network.outputs import Name
from kerasal.scores.link_functions import link_of, measures_distance
from kerasal.scores.two_classes import loss_of_output, unit_of


class Prediction(NamedTuple):
    """The prediction of a model for the rows of a pass.

    Attributes:
        values: float32 (rows, C): probabilities, of two classes for one unit that is a classifier; or the output; C is 0 for none.
        quantity: "probability", "output", "class" of outputs whose largest is the class, or "" where there is none.
    """

    values: tf.Tensor
    quantity: str = ""


def prediction_of(model: keras.Model, outputs: Any, output: tf.Tensor, place: Name | None = None) -> Prediction:
    """Make the prediction that an output stands for.

    Probabilities are known from the graph, which ends in a softmax or sigmoid, or from the loss, which takes logits.

    Args:
        model: the model.
        outputs: what it returned.
        output: one of them, rows first.
        place: its name or position; None for the only one.

    Returns:
        The `Prediction`, without values for an output of another shape than (rows, C).
    """
    if output.shape.rank != 2 or not output.dtype.is_floating:
        return Prediction(tf.zeros([tf.shape(output)[0], 0]))
    found, numbers = find_logits(output), tf.cast(output, tf.float32)
    if output.shape[1] == 1:
        return _of_unit(model, outputs, numbers, place, is_probability=found.is_unit)
    if found.is_found:
        return Prediction(numbers, "probability")
    if found.quantity == "log-probability":
        return Prediction(tf.exp(numbers), "probability")
    loss = loss_of_output(model, outputs, place)
    link = None if loss is None or output.shape[1] is None else link_of(loss, output.shape[1])
    if link is None:
        return Prediction(numbers, "output")
    return Prediction(tf.nn.softmax(numbers) if link == "softmax" else tf.sigmoid(numbers), "probability")


def as_classes(prediction: Prediction, model: keras.Model, outputs: Any, place: Name | None = None) -> Prediction:
    """Take the largest of several outputs for the class that is predicted, as a score of a class does.

    Outputs stay numbers where they are one, or where the model was compiled with a loss of numbers.

    Args:
        prediction: of the output.
        model: the model.
        outputs: what it returned.
        place: the name or position of the output; None for the only one.
    """
    count = prediction.values.shape[1]
    if prediction.quantity != "output" or count == 1:
        return prediction
    loss = loss_of_output(model, outputs, place)
    is_of_numbers = loss is not None and count is not None and measures_distance(loss, count)
    return prediction if is_of_numbers else prediction._replace(quantity="class")


def _of_unit(model: keras.Model, outputs: Any, numbers: tf.Tensor, place: Any, *, is_probability: bool) -> Prediction:
    """Give one unit as two classes where it is a classifier."""
    loss = None if is_probability else loss_of_output(model, outputs, place)
    unit = "probability" if is_probability else None if loss is None else unit_of(loss)
    if unit is None:
        return Prediction(numbers, "output")
    of_class_1 = tf.sigmoid(numbers) if unit == "logit" else numbers
    return Prediction(tf.concat([1 - of_class_1, of_class_1], 1), "probability")
