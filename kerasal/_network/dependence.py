"""Paths in a traced graph: what a tensor's numbers depend on, shapes aside."""

from collections.abc import Iterable

import tensorflow as tf

_OF_SHAPES = ("Shape", "ShapeN", "Size", "Rank", "ZerosLike", "OnesLike")


def causes(tensors: Iterable[tf.Tensor]) -> set[tf.Operation]:
    """Collect the operations whose numbers tensors are computed from, but for what gives a shape alone.

    Args:
        tensors: of the graph being traced.
    """
    seen, waiting = set[tf.Operation](), [tensor.op for tensor in tensors]
    while waiting:
        operation = waiting.pop()
        if operation not in seen:
            seen.add(operation)
            if operation.type not in _OF_SHAPES:
                waiting.extend(tensor.op for tensor in operation.inputs)
    return seen
