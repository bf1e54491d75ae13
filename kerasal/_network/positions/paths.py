"""The tensors between a target and a score, and those of them that all of the score passes through."""

from collections.abc import Iterator
from typing import NamedTuple

import tensorflow as tf

from kerasal._network.dependence import SIZES

_CONSTANT = (*SIZES, "ZerosLike", "OnesLike", "StopGradient", "PreventGradient")


class Paths(NamedTuple):
    """The part of a graph that leads from a target to a score, through steps that can be differentiated.

    Attributes:
        tensors: in the order in which they are computed, from the target to the score; empty where no path leads there.
        shared: those of them that every path passes through, in the same order.
    """

    tensors: list[tf.Tensor]
    shared: list[tf.Tensor]


def steps(operation: tf.Operation, *, integers: bool = False) -> Iterator[tf.Tensor]:
    """Yield the inputs of an operation that its outputs depend on by steps that can be differentiated.

    Args:
        operation: of the graph.
        integers: whether integers count as well, as for tokens that are looked up.
    """
    if operation.type not in _CONSTANT:
        yield from (tensor for tensor in operation.inputs if _carries(tensor, integers=integers))


def _carries(tensor: tf.Tensor, *, integers: bool) -> bool:
    """Tell whether a tensor holds numbers that can be differentiated, or a list of such tensors."""
    kind = tensor.dtype
    return kind.is_floating or kind.is_complex or kind == tf.variant or (integers and kind.is_integer)


def paths_between(points: tf.Tensor, scores: tf.Tensor) -> Paths:
    """Find the tensors between points and scores, both of one graph.

    A tensor is shared if no step leads past it: in an order in which every step goes forward, none begins before it and ends
    behind it.

    Args:
        points: the target, as the pass takes it.
        scores: what is made of it.

    Example:
        >>> @tf.function
        ... def run(x):
        ...     y = tf.exp(x)
        ...     z = tf.sin(y) + tf.cos(y)
        ...     found.extend(tensor.op.type for tensor in paths_between(x, z).shared)
        ...     return z
        >>> found = []
        >>> _ = run.get_concrete_function(tf.TensorSpec([None]))
        >>> found
        ['Placeholder', 'Exp', 'AddV2']
    """
    operations, integers = points.graph.get_operations(), _is_looked_up(points)
    reached = {points.ref()}
    for operation in operations:
        if any(tensor.ref() in reached for tensor in steps(operation, integers=integers)):
            reached.update(tensor.ref() for tensor in operation.outputs if _carries(tensor, integers=integers))
    needed = {scores.ref()} & reached
    for operation in reversed(operations):
        if operation is not points.op and any(tensor.ref() in needed for tensor in operation.outputs):
            needed.update(each.ref() for each in steps(operation, integers=integers) if each.ref() in reached)
    tensors = [tensor for operation in operations for tensor in operation.outputs if tensor.ref() in needed]
    return Paths(tensors, _shared(tensors, points))


def _is_looked_up(points: tf.Tensor) -> bool:
    """Tell whether the target is taken as integers."""
    casts = (each.outputs[0].dtype for each in points.consumers() if each.type == "Cast")
    return points.dtype.is_integer or any(kind.is_integer for kind in casts)


def _shared(tensors: list[tf.Tensor], points: tf.Tensor) -> list[tf.Tensor]:
    order = {tensor.ref(): place for place, tensor in enumerate(tensors)}
    ends = [0] * len(tensors)  # where the longest step from each tensor ends
    for place, tensor in enumerate(tensors):
        for source in () if tensor is points else steps(tensor.op, integers=True):
            if source.ref() in order:
                ends[order[source.ref()]] = place
    shared, farthest = [], 0
    for place, tensor in enumerate(tensors):
        if farthest <= place:
            shared.append(tensor)
        farthest = max(farthest, ends[place])
    return shared
