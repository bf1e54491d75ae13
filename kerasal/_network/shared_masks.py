"""Gradients of samples multiplied by what they share, in place of operations on copies of it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from kerasal._network.graphs import again, ancestors

# Operations that multiply a gradient by numbers that follow from the rest: its place among their inputs.
_GRADIENT: dict[str, int] = {
    **dict.fromkeys(("ReluGrad", "Relu6Grad", "LeakyReluGrad", "EluGrad", "SeluGrad"), 0),
    **dict.fromkeys(("SoftplusGrad", "SoftsignGrad"), 0),
    **dict.fromkeys(("SigmoidGrad", "TanhGrad"), 1),
    "MaxPoolGrad": 2,
}
_GATES = ("ReluGrad", "Relu6Grad", "MaxPoolGrad")  # those that stop a gradient or let it through


def multiply_by_masks(rows: Mapping[Any, tf.Tensor], count: tf.Tensor, wanted: Sequence[tf.Tensor]) -> None:
    """Let samples take what they share as a mask that multiplies their gradients, without copies of it for each of them.

    What a ReLU, another unit, a maximum over a pool or a product does to a gradient is the same for all samples of an example: it is
    computed for the example, around the loop, of a gradient of ones. A maximum over a pool finds its place once, and not again for each sample.

    Args:
        rows: {reference of a tensor of the graph being traced, the body of a loop: the examples (B, ...) outside of it that it repeats}.
        count: how many rows there are.
        wanted: tensors of it that lead out of the body; what does not lead to them is left alone.
    """
    masks = dict[str, Any]()
    examples = {reference.deref().name: tensor for reference, tensor in rows.items()}
    users = {user for reference in rows for user in reference.deref().consumers()} & ancestors(wanted)
    for operation in [each for each in tf.compat.v1.get_default_graph().get_operations() if each in users]:
        shared = [examples.get(each.name) for each in operation.inputs]
        varying = [n for n, each in enumerate(shared) if each is None]
        if operation.type in ("Shape", "ShapeN"):
            for found, example in zip(operation.outputs, shared, strict=True):
                if example is not None:
                    _hand_on(found, _shape(example, count, found.dtype))
        elif len(varying) == 1 and _multiplies(operation, varying[0]):
            _hand_on(operation.outputs[0], _product(operation, varying[0], shared, masks))


def _multiplies(operation: tf.Operation, place: int) -> bool:
    """Tell whether an operation multiplies its input at a place by numbers that follow from the others."""
    gradient, found = operation.inputs[place], operation.outputs[0]
    if not found.dtype.is_floating or not found.shape.rank or not gradient.shape.rank:
        return False
    if gradient.shape[0] is not None or None in gradient.shape[1:]:
        return False
    if operation.type == "Mul":
        return all(each.shape.rank and each.shape[1:] == found.shape[1:] for each in operation.inputs)
    return _GRADIENT.get(operation.type) == place and (operation.type != "MaxPoolGrad" or _is_apart(operation))


def _is_apart(operation: tf.Operation) -> bool:
    """Tell whether the pools of a maximum over pixels fill the picture, none over another."""
    pool, steps = operation.get_attr("ksize"), operation.get_attr("strides")
    size, pooled = (list(each.shape[1:3]) for each in operation.inputs[:2])
    is_moved = operation.get_attr("padding") == b"EXPLICIT"
    if pool != steps or is_moved or operation.get_attr("data_format") != b"NHWC" or None in size or pool[3] != 1:
        return False
    return size == [n * k for n, k in zip(pooled, pool[1:3], strict=True)] and all(map(_is_exact, size, pooled))


def _is_exact(size: int, pooled: int) -> bool:
    """Tell whether the picture's nearest pixels, as TensorFlow rounds, are those of the pool."""
    taken = np.floor(np.arange(size, dtype="float32") * (np.float32(pooled) / np.float32(size)))
    return bool((taken == np.arange(size) // (size // pooled)).all())


def _shape(examples: tf.Tensor, count: tf.Tensor, dtype: tf.DType) -> tf.Tensor:
    """The shape of examples repeated to so many rows, without the rows."""
    sizes = tf.unstack(tf.shape(examples), examples.shape.rank)[1:]
    known = [size or sizes[n] for n, size in enumerate(examples.shape[1:])]
    return tf.cast(tf.stack([count, *known]), dtype)


def _product(
    operation: tf.Operation, place: int, shared: Sequence[tf.Tensor | None], masks: dict[str, Any]
) -> tf.Tensor:
    """The operation's result as a product of its one input of rows with a mask of the examples.

    Args:
        operation: one that `_multiplies`.
        place: of that input.
        shared: the examples in place of the other inputs, None in its own.
        masks: {name of a product: (how, what was multiplied, mask)} of gates so far: one behind another multiplies its mask, of
            the examples, not the samples.
    """
    gradient, found = operation.inputs[place], operation.outputs[0]
    multiply: Callable[..., tf.Tensor] = tf.multiply
    with tf.compat.v1.get_default_graph().outer_graph.as_default():
        mask = tf.reshape(_mask(operation, shared), [1, -1])
        if operation.type in _GATES and operation.type != "MaxPoolGrad" and gradient.name in masks:
            multiply, gradient, before = masks[gradient.name]
            mask = before * mask
    if operation.type == "MaxPoolGrad":  # all but the largest has none, also of one that is not finite
        multiply = tf.math.multiply_no_nan
        gradient = tf.raw_ops.ResizeNearestNeighbor(images=gradient, size=found.shape[1:3])
    product = tf.reshape(multiply(tf.reshape(gradient, [-1, tf.size(mask)]), mask), tf.shape(gradient))
    product.set_shape(found.shape)
    if operation.type in _GATES:
        masks[product.name] = multiply, gradient, mask
    return product


def _mask(operation: tf.Operation, shared: Sequence[tf.Tensor | None]) -> tf.Tensor:
    """The numbers that an operation multiplies the gradient of an example by."""
    others = [each for each in shared if each is not None]
    if operation.type == "Mul":
        return others[0]
    ones = tf.ones_like(others[-1])  # of a maximum over a pool: what was pooled
    return again(operation, [ones if each is None else each for each in shared])


def _hand_on(before: tf.Tensor, now: tf.Tensor) -> None:
    """Give the users of a tensor another one."""
    for user in before.consumers():
        for n, taken in enumerate(user.inputs):
            if taken is before:
                user._update_input(n, now)
