"""Values of a traced graph that depend on nothing but shapes, for a pass of a few rows."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from kerasal._network.graphs import again
from kerasal._network.positions.sites import ROWS

ShapeOf = Callable[[tf.Tensor], Sequence[int] | None]


def value_of(tensor: tf.Tensor, shape_of: ShapeOf) -> np.ndarray | None:
    """Compute a tensor of a graph that follows from shapes and constants, such as the shape that another is given.

    Args:
        tensor: of the graph being traced, or of one that was.
        shape_of: gives the shape that a tensor has with `ROWS` rows, as far as it is known.

    Returns:
        The value; None where it depends on anything else.
    """
    value = tf.get_static_value(tensor)
    if value is not None:
        return np.asarray(value)
    operation = tensor.op
    if operation.type == "Shape":
        shape = shape_of(operation.inputs[0])
        return None if shape is None else np.array(shape, "int32")
    if not (tensor.dtype.is_integer or tensor.dtype.is_bool) or not operation.inputs or operation.outputs[1:]:
        return None
    inputs = [value_of(each, shape_of) for each in operation.inputs]
    return None if any(each is None for each in inputs) else run(operation, inputs)


def run(operation: tf.Operation, inputs: Sequence[Any]) -> np.ndarray:
    """Run an operation of a graph on arrays, outside of any trace; returns its first output."""
    with tf.init_scope():
        return np.asarray(again(operation, [tf.constant(each) for each in inputs]))


def static_shape(tensor: tf.Tensor) -> tuple[int, ...] | None:
    """Give the shape of a tensor for `ROWS` rows, if nothing but the number of rows is open; None where more is."""
    shape = tensor.shape
    if shape.rank is None or None in shape[1:]:
        return None
    return tuple(ROWS if length is None else length for length in shape)
