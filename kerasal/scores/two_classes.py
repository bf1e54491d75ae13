"""One unit as a classifier of two classes: found by a trial of the loss that the model was compiled with."""

import contextlib
import warnings
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kerasal._network.outputs import Output, outputs_of, per_output

_LOGITS = np.array([-3, -1, -0.2, 0.6, 2.5], "float32")
_PROBABILITIES = np.array([2**-20, 2**-10, 0.25, 0.5, 0.75], "float32")  # 1 − p has no rounding
_STEEP = 1.5  # times more loss at the first of these than at the second: as −log p, and as no power of 1 − p


def unit_by_loss(model: keras.Model, outputs: Any, place: Any = None) -> str | None:
    """Tell what one unit is by the loss that it was compiled with.

    Args:
        model: the model.
        outputs: what it returned.
        place: the name or position of the output with the unit; None for the only one.

    Returns:
        "logit" or "probability" of a classifier of two classes, None where the loss is that of a number.
    """
    loss = loss_of_output(model, outputs, place)
    return None if loss is None else unit_of(loss)


def loss_of_output(model: keras.Model, outputs: Any, place: Any = None) -> Any:
    """Find the loss that an output was compiled with; None where there is none.

    Args:
        model: the model.
        outputs: what it returned.
        place: the name or position of the output; None for the only one.
    """
    loss = getattr(model, "loss", None)
    with contextlib.suppress(ValueError):  # losses that do not fit the outputs are no concern of a class
        found = outputs_of(model, outputs)
        losses = per_output(loss, found, "loss")
        for output, own in zip(found, losses, strict=True):
            if own is not None and (place is None or output.is_called(place)):
                return own
    return None


def unit_of(loss: Any) -> str | None:
    """Tell what a loss takes one unit for: it is tried on a few numbers, so that it does not matter how it is written.

    The loss of a logit treats both classes alike: that of class 1 at z is, but for a factor, that of class 0 at −z. The loss
    of a probability does so at p and 1 − p, and grows without end towards p = 0.

    Args:
        loss: as `compile` takes it for one output.

    Returns:
        "logit", "probability", or None for neither.

    Example:
        >>> import keras
        >>> losses = keras.losses
        >>> [unit_of(each) for each in (losses.BinaryCrossentropy(from_logits=True), "binary_crossentropy", "mse")]
        ['logit', 'probability', None]
    """
    with contextlib.suppress(Exception), warnings.catch_warnings(), tf.init_scope():  # of something else than one unit
        warnings.simplefilter("ignore")
        losses_of = _trial(loss)
        if _is_alike(losses_of(1, _LOGITS), losses_of(0, -_LOGITS)):
            return "logit"
        ones = losses_of(1, _PROBABILITIES)
        if _is_alike(ones, losses_of(0, 1 - _PROBABILITIES)) and ones[0] > _STEEP * ones[1]:
            return "probability"
    return None


def single_output(model: keras.Model, outputs: Any) -> Output | None:
    """Give the only output of a pass, None where there are several, or outputs within outputs."""
    if tf.is_tensor(outputs):
        return Output(0, 0, outputs)
    with contextlib.suppress(ValueError):  # a function may score outputs that have no names
        found = outputs_of(model, outputs)
        return found[0] if len(found) == 1 else None
    return None


def _trial(loss: Any) -> Callable[[int, np.ndarray], np.ndarray]:
    """Make a function of a label and numbers of a unit that gives the loss of each, in a graph of its own."""
    spec = tf.TensorSpec([1, 1], tf.float32)
    compiled = compiled_loss(loss, spec, spec)

    def losses_of(label: int, units: np.ndarray) -> np.ndarray:
        labels = tf.fill([1, 1], float(label))
        return np.array([np.ravel(compiled(labels, tf.fill([1, 1], unit)))[0] for unit in units])

    return losses_of


def compiled_loss(loss: Any, labels: tf.TensorSpec, outputs: tf.TensorSpec) -> Any:
    """Make a loss a function of labels and outputs in a graph of its own.

    Args:
        loss: as `compile` takes it for one output.
        labels: what it takes.
        outputs: likewise.

    Raises:
        ValueError: it has variables.
    """
    given = keras.losses.get(loss)
    function = given.call if isinstance(given, keras.losses.Loss) else given
    of_two = tf.function(
        lambda y_true, y_pred: function(y_true, y_pred), autograph=False
    )  # settings keep their defaults
    compiled = of_two.get_concrete_function(labels, outputs)
    if compiled.graph.variables:
        raise ValueError("A loss with variables is not tried. Received: one. Score its output by a function.")
    return compiled


def _is_alike(ones: np.ndarray, zeros: np.ndarray) -> bool:
    """Tell whether losses of the two classes are the same but for a factor, and differ from number to number."""
    varies = np.ptp(ones) > 1e-3 * np.abs(ones).max() > 0
    share = np.abs(ones).sum() / max(np.abs(zeros).sum(), 1e-30)
    return bool(varies and np.allclose(ones, share * zeros, rtol=1e-3, atol=1e-4 * np.abs(ones).max()))
