"""The loss a model was compiled with, one number per example."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kerasal._network.versions import loss_weights
from kerasal.scores.base import Pass, Score, ScoreValue


@dataclasses.dataclass(frozen=True)
class Loss(Score):
    """The model's compiled loss of each example; needs `y`. Its saliency is positive where more input means more loss.

    Example:
        >>> from kerasal import scores
        >>> scores.Loss().needs_y, scores.Loss() == scores.Loss()
        (True, True)
    """

    needs_y = True

    def labels(self, y: Any) -> Any:
        """Check that there is a y, as `model.fit` takes it."""
        if y is None:
            raise ValueError("scores.Loss() compares the output with y. Received: y=None. Pass y= as to model.fit.")
        return tf.nest.map_structure(np.asarray, y)

    def value(self, run: Pass) -> ScoreValue:
        """Compute the loss of each row."""
        return ScoreValue(loss_per_example(run.model, run.y, run.outputs), "loss")


def loss_per_example(model: keras.Model, y: Any, outputs: Any) -> tf.Tensor:
    """Compute the loss a model was compiled with, before the mean over examples; regularisation terms are left out.

    Args:
        model: a compiled Keras model.
        y: labels of the rows, structured like the outputs where there are several.
        outputs: what the model returned.

    Returns:
        float32 (rows,); for several outputs the sum of their losses, weighted as compiled.

    Raises:
        ValueError: the model is not compiled with a loss, or the loss does not give one number per example.
    """
    if getattr(model, "loss", None) is None:
        raise ValueError(
            f"scores.Loss() needs a model compiled with a loss. Received: '{model.name}', which has none. Call "
            "model.compile(loss=...), or give score= a function of the outputs."
        )
    if tf.is_tensor(outputs):
        return _one(model.loss, y, outputs, model.name)
    names = list(outputs) if isinstance(outputs, dict) else list(model.output_names)
    heads, targets = _by_name(outputs, names, "output"), _by_name(y, names, "part of y")
    losses, weights = _by_name(model.loss, names, "loss"), _by_name(loss_weights(model), names, "loss weight")
    terms = [
        _one(losses[name], targets[name], heads[name], name) * (1.0 if weights[name] is None else weights[name])
        for name in names
        if losses[name] is not None
    ]
    return tf.add_n(terms)


def _by_name(values: Any, names: Sequence[str], what: str) -> dict[str, Any]:
    """Give each output its own of values in a dict or list, or the same to all; `what` they are is for the error."""
    if isinstance(values, dict):
        return {name: values.get(name) for name in names}
    if not isinstance(values, (list, tuple)):
        return dict.fromkeys(names, values)
    if len(values) != len(names):
        raise ValueError(
            f"scores.Loss() takes one {what} for each output: {', '.join(names)}. Received: {len(values)}. Give as many, or a "
            "dict by name."
        )
    return dict(zip(names, values, strict=True))


def _one(loss: Any, y: tf.Tensor, output: tf.Tensor, name: str) -> tf.Tensor:
    """Compute the loss at one output, float32 (rows,)."""
    function = keras.losses.get(loss)
    output = tf.cast(output, tf.float32)
    if y.shape.rank is not None and y.shape.rank == output.shape.rank - 1 and output.shape[-1] == 1:
        y = y[..., None]
    values = function.call(y, output) if isinstance(function, keras.losses.Loss) else function(y, output)
    values = tf.cast(values, tf.float32)
    if values.shape.rank == 0:
        raise ValueError(
            f"scores.Loss() needs a loss with one number per example. Received: the loss of '{name}' returns a scalar. Let its "
            "`call(y_true, y_pred)` return shape (N,), or give score= a function of the outputs."
        )
    return tf.reduce_mean(tf.reshape(values, [tf.shape(values)[0], -1]), 1)
