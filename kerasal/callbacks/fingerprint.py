"""A short mark of the weights of a model, to tell whether they have changed."""

import keras
import numpy as np
import tensorflow as tf

from kerasal._network.versions import tensorflow_variable
from kerasal._storage.hashes import hash_of_arrays


def fingerprint(model: keras.Model) -> bytes:
    """Sum up each of a model's weights, and its squares, where they are: weights that differ have others.

    Example:

    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> before = fingerprint(model)
    >>> model.set_weights([weight + 1 for weight in model.get_weights()])
    >>> fingerprint(model) == before
    False
    """
    variables = [tensorflow_variable(weight) for weight in model.weights]
    values = [tf.convert_to_tensor(each) for each in variables if tf.is_tensor(each)]  # a vocabulary is none
    numbers = [tf.cast(value, tf.float32) for value in values if value.dtype.is_floating or value.dtype.is_integer]
    sums = [part for number in numbers for part in (tf.reduce_sum(number), tf.nn.l2_loss(number))]
    return hash_of_arrays([np.asarray(tf.stack(sums))] if sums else [])
