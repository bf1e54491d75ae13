"""Attention as a product: probabilities over keys times values."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

import tensorflow as tf

from kerasal._network.graphs import FUNCTIONS, operations_inside
from kerasal._network.positions.mixing import letters_of, letters_of_matrices

PRODUCTS = ("Einsum", "MatMul", "BatchMatMul", "BatchMatMulV2", "BatchMatMulV3")
_SAME_AXES = ("Identity", "Cast", "Snapshot", "EnsureShape", "CheckNumerics", "Mul", "RealDiv", "SelectV2", "Select")
_HIDING = (*FUNCTIONS, "While", "StatelessWhile", "If", "StatelessIf")


class Product(NamedTuple):
    """Probabilities over keys times values.

    Attributes:
        probabilities: that a softmax gives, (rows, …), heads among the axes, the keys last.
        values: what they multiply; key: its axis of the keys.
        output: the product.
        queries: (axis of the probabilities, axis of the output) of what may be the queries; others are heads.
    """

    probabilities: tf.Tensor
    values: tf.Tensor
    key: int
    output: tf.Tensor
    queries: tuple[tuple[int, int], ...]

    @property
    def name(self) -> str:
        """Words for the attention."""
        return f"the attention {self.output.op.name!r}"


def attention_of(product: tf.Tensor, known: Collection[object]) -> Product | None:
    """Find the attention whose output a tensor is, if it is one.

    Args:
        product: a tensor between a target and a score.
        known: references of all of those.
    """
    operation = product.op
    letters = letters_of_product(operation) if operation.type in PRODUCTS and len(operation.inputs) == 2 else None
    for place, factor in enumerate(operation.inputs if letters else ()):
        behind, values = _softmax_behind(factor, known), operation.inputs[1 - place]
        if behind is None or letters is None or values.ref() not in known:
            continue
        softmax, order = behind
        own, of_values, out = letters[place], letters[1 - place], letters[2]
        key = own[order.index(softmax.shape.rank - 1)]
        free = [letter for letter in own if letter in out and letter not in of_values]
        if key in of_values and key not in out and free:
            queries = tuple((order[own.index(letter)], out.index(letter)) for letter in free)
            return Product(softmax, values, of_values.index(key), product, queries)
    return None


def letters_of_product(operation: tf.Operation) -> Sequence[str] | None:
    """Name the axes of the factors and of the product; None where they have no names of their own."""
    ranks = [tensor.shape.rank for tensor in operation.inputs]
    if None in ranks:
        return None
    if operation.type == "Einsum":
        return letters_of(operation.get_attr("equation").decode(), ranks)
    return letters_of_matrices(operation, ranks)


def hidden_softmax(operation: tf.Operation) -> bool:
    """Tell whether a softmax is inside a function, loop or condition, where attention cannot be seen."""
    return operation.type in _HIDING and "Softmax" in operations_inside(operation)


def _softmax_behind(tensor: tf.Tensor, known: Collection[object]) -> tuple[tf.Tensor, list[int]] | None:
    """The softmax that a tensor is another form of, and which of its axes each axis is; masks and dropout may lie between."""
    order = list(range(tensor.shape.rank or 0))
    while tensor.op.type != "Softmax":
        operation = tensor.op
        if operation.type == "Transpose":
            turned = tf.get_static_value(operation.inputs[1])
            if turned is None:
                return None
            order, tensor = [int(turned[axis]) for axis in order], operation.inputs[0]
            continue
        inputs = [each for each in operation.inputs if each.shape.rank == len(order) and not each.dtype.is_bool]
        inputs = [each for each in inputs if each.ref() in known] or inputs
        if operation.type not in _SAME_AXES or not inputs:
            return None
        tensor = inputs[0]
    return tensor, order
