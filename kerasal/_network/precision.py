"""The precision of a model's real numbers: scores, points and their differences are kept in it until they are maps."""

from typing import Any

import keras
import tensorflow as tf

from kerasal._network.layer_tree import layers_of
from kerasal._network.versions import symbolic_inputs


def precision_of(model: keras.Model) -> tf.DType:
    """Find the precision in which a model is explained: float64 where a layer or an input of it is, else float32.

    Args:
        model: the model; numbers of half precision are explained in float32 too.
    """
    dtypes = [getattr(layer, "compute_dtype", None) for layer in layers_of(model)]
    dtypes += [tf.as_dtype(symbolic.dtype).name for symbolic in symbolic_inputs(model).values()]
    return tf.float64 if "float64" in dtypes else tf.float32


def as_real(tensor: Any) -> tf.Tensor:
    """Convert numbers to float32; those of float64 stay as they are."""
    tensor = tf.convert_to_tensor(tensor)
    return tensor if tensor.dtype == tf.float64 else tf.cast(tensor, tf.float32)
