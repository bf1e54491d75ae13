"""The link between outputs that are logits and probabilities: found by a trial of the loss that the model was compiled with."""

import contextlib
import warnings
from typing import Any

import numpy as np
import tensorflow as tf

from kerasal.scores.two_classes import compiled_loss

_MOST_CLASSES = 64  # that the trial has, whatever the model has: the loss is the same function


def link_of(loss: Any, count: int) -> str | None:
    """Tell how a loss makes probabilities of an output: it is tried on a few numbers, so that it does not matter how it is written.

    Args:
        loss: as `compile` takes it for one output.
        count: number of classes or labels, at least 2.

    Returns:
        "softmax" or "sigmoid" where the output is logits, None where it is not, or not known.

    Example:
        >>> import keras
        >>> losses = keras.losses
        >>> [link_of(losses.SparseCategoricalCrossentropy(from_logits=logits), 3) for logits in (True, False)]
        ['softmax', None]
        >>> link_of(losses.BinaryCrossentropy(from_logits=True), 3), link_of("mse", 3)
        ('sigmoid', None)
    """
    count = min(count, _MOST_CLASSES)
    logits = np.random.default_rng(0).normal(0, 2, (6, count)).astype("float32")
    labels = np.arange(6) % count
    one_hot = np.eye(count, dtype="float32")[labels]
    of_softmax = np.log(np.exp(logits).sum(1)) - logits[np.arange(6), labels]
    of_sigmoid = (np.logaddexp(0, logits) - one_hot * logits).mean(1)
    for given in (labels.astype("float32")[:, None], one_hot):
        found = _losses(loss, given, logits)
        if found is not None and np.allclose(found, of_softmax, rtol=1e-3, atol=1e-4):
            return "softmax"
        if found is not None and np.allclose(found, of_sigmoid, rtol=1e-3, atol=1e-4):
            return "sigmoid"
    return None


def measures_distance(loss: Any, count: int) -> bool:
    """Tell whether a loss compares numbers: whatever they are, it is least where output and label are the same, and then alike.

    Args:
        loss: as `compile` takes it for one output.
        count: of the numbers, at least 2.

    Example:
        >>> [measures_distance(loss, 3) for loss in ("mse", "huber", "categorical_hinge", "sparse_categorical_crossentropy")]
        [True, True, False, False]
    """
    given = np.random.default_rng(0).normal(0, 0.1, (6, min(count, _MOST_CLASSES))).astype("float32")
    same, other = _losses(loss, given, given), _losses(loss, given, given[::-1])
    if same is None or other is None:
        return False
    return bool(np.ptp(same) < 1e-6 and np.all(other > same + 1e-4))


def _losses(loss: Any, labels: np.ndarray, logits: np.ndarray) -> np.ndarray | None:
    """The loss of each row; None where it does not take such labels."""
    with contextlib.suppress(Exception), warnings.catch_warnings(), tf.init_scope():
        warnings.simplefilter("ignore")
        specs = (tf.TensorSpec([1, part.shape[1]], tf.float32) for part in (labels, logits))
        compiled = compiled_loss(loss, *specs)
        return np.array([np.ravel(compiled(labels[k : k + 1], logits[k : k + 1]))[0] for k in range(len(logits))])
    return None
