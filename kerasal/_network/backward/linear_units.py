"""Linear layers in a traced graph: a product with a kernel, and the biases and scales behind it that are one layer with it."""

import dataclasses
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from kerasal._network.backward.roles import MOVING, NORMALIZING, QUOTIENTS, WEIGHING
from kerasal._network.backward.way import Way
from kerasal._network.dependence import roots
from kerasal._network.gradients import with_pullback
from kerasal._network.graphs import again

Pullback = Callable[[tf.Tensor], tf.Tensor]
_AROUND = ("Reshape", "Squeeze", "ExpandDims", "Identity")  # between a product and its bias
_NONNEGATIVE = ("Relu", "Relu6", "Sigmoid", "Softplus", "Exp", "Square", "Abs")
_KEEPING_SIGNS = (*MOVING, "MaxPool", "MaxPool3D", "AvgPool", "AvgPool3D", "Mean", "Max", "Sum")


def wide(numbers: tf.Tensor) -> tf.Tensor:
    """Numbers in 32 bits, if they have 16: shares of what is nearly 0 are beyond float16."""
    return tf.cast(numbers, tf.float32) if numbers.dtype.size < tf.float32.size else numbers


def _own(kernel: tf.Tensor) -> tf.Tensor:
    return kernel


@dataclasses.dataclass(frozen=True, eq=False)
class LinearUnit:
    """A linear layer: output = factor · (kernel applied to x) + offset.

    BatchNormalization in inference behind the product is in `factor` and `offset`, as a bias is.

    Attributes:
        operation: the product; way: it is on; place, kernel_place: of x and of the kernel among its inputs; kind: "dense" or
            "convolution"; followers: the operations behind it that are one layer with it.
        output: of the whole layer, of the shape of the product's.
        factor, offset: that broadcast to it, or None for 1 and 0.
    """

    operation: tf.Operation
    way: Way
    place: int
    kernel_place: int
    kind: str
    followers: list[tf.Operation]
    output: tf.Tensor
    factor: tf.Tensor | None = None
    offset: tf.Tensor | None = None

    @property
    def source(self) -> tf.Tensor:
        """The tensor of the pass that is the layer's input."""
        return self.operation.inputs[self.place]

    @property
    def x(self) -> tf.Tensor:
        """The layer's input, its numbers in 32 bits at least."""
        return wide(self.source)

    @property
    def is_nonnegative(self) -> bool:
        """True where no number of the input can be below 0, as behind a ReLU."""
        waiting = [self.source]
        while waiting:
            at = waiting.pop()
            if at is self.way.points or at.op.type not in (*_KEEPING_SIGNS, *_NONNEGATIVE):
                return False
            if at.op.type in _KEEPING_SIGNS:
                waiting += [each for each in at.op.inputs if each.dtype.is_floating]
        return True

    def run(self, x: tf.Tensor, change: Callable[[tf.Tensor], tf.Tensor] = _own, degree: int = 1) -> Any:
        """Apply the layer without its offset, its weights changed.

        Args:
            x: in place of its input.
            change: of the weights (kernel × factor), such that change(t w) = t ** degree · change(w) for t > 0.
            degree: see `change`.

        Returns:
            (the output, a function of an upstream that gives what x is handed, to be called once).
        """
        kernel = wide(self.operation.inputs[self.kernel_place])

        def apply(x: tf.Tensor) -> tf.Tensor:
            if self.factor is None or change is _own:
                found = self._product(x, change(kernel))
                return found if self.factor is None else self.factor * found
            up, down = tf.nn.relu(self.factor) ** degree, tf.nn.relu(-self.factor) ** degree
            return up * self._product(x, change(kernel)) + down * self._product(x, change(-kernel))

        output, back = with_pullback(apply, x)
        return output, lambda upstream: back(upstream)[0]

    def bias(self, change: Callable[[tf.Tensor], tf.Tensor] = _own) -> Any:
        """Give the offset, changed; 0 where there is none."""
        return 0.0 if self.offset is None else change(self.offset)

    def without_bias(self) -> "LinearUnit":
        """Give the same layer with no offset."""
        return self if self.offset is None else dataclasses.replace(self, output=self.output - self.offset, offset=None)

    def inputs_at(self, points: tf.Tensor) -> tf.Tensor:
        """Compute the layer's input from other points at the target, of the same shape."""
        return wide(self.way.at(points, self.source).get(self.source.ref(), self.source))

    def _product(self, x: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        inputs = list(self.operation.inputs)
        inputs[self.place], inputs[self.kernel_place] = x, kernel
        return again(self.operation, inputs)


def unit_of(operation: tf.Operation, way: Way) -> LinearUnit | None:
    """Find the linear layer that ends with an operation; None where there is none.

    Args:
        operation: that something is handed back to, of the way.
        way: from the points to the values.
    """
    behind: list[tf.Operation] = []
    at = operation
    while at.type not in WEIGHING:
        moved = way.moved(at)
        is_step = at.type in _AROUND or (handled_alone(at, way) is not None and at.type != "Neg")
        if not is_step or len(moved) != 1 or len(way.users(moved[0])) != 1 or moved[0] is way.points:
            return None
        behind.append(at)
        at = moved[0].op
    moved = way.moved(at)
    if len(moved) != 1 or len([each for each in at.inputs if each is moved[0]]) != 1:
        return None
    place = next(n for n, each in enumerate(at.inputs) if each is moved[0])
    kernel_place = 1 if place != 1 else 0
    if not is_learned(at.inputs[kernel_place]):
        return None
    unit = LinearUnit(at, way, place, kernel_place, _kind(at), behind, at.outputs[0])
    return _with_followers(unit, behind[::-1])


def _kind(operation: tf.Operation) -> str:
    """Tell the kind of a layer: a convolution from one position to one position is dense."""
    if operation.type not in ("Conv2D", "Conv3D"):
        return WEIGHING[operation.type]
    is_first = operation.get_attr("data_format") in (b"NCHW", b"NCDHW")
    maps = [tensor.shape.as_list() for tensor in (operation.inputs[0], operation.outputs[0])]
    positions = {size for shape in maps for size in (shape[2:] if is_first else shape[1:-1])}
    return "dense" if positions == {1} else "convolution"


def handled_alone(operation: tf.Operation, way: Way) -> tf.Tensor | None:
    """Give the input of an operation that shifts or scales each number by itself; None where it adds what is not learned."""
    tensor = way.single(operation)
    if tensor is None or operation.type in ("Mul", *QUOTIENTS):
        return tensor
    return tensor if all(is_learned(each) for each in operation.inputs if each is not tensor) else None


def _with_followers(unit: LinearUnit, followers: list[tf.Operation]) -> LinearUnit | None:
    """The unit with what its followers do to each number; None where that cannot be one layer with it."""
    factor: tf.Tensor | None = None
    offset: tf.Tensor | None = None
    is_moved, output = False, unit.output
    for operation in followers:
        if operation.type in _AROUND:
            if operation.type != "Identity" and (factor is not None or offset is not None):
                return None
            is_moved = is_moved or operation.type != "Identity"
        else:
            scale, shift = _step(operation, unit.way)
            fixed = [each for each in (scale, shift) if each is not None]
            if is_moved and any(each.shape.rank is None or each.shape.rank > 1 for each in fixed):
                return None
            if scale is not None:
                factor = scale if factor is None else factor * scale
                offset = None if offset is None else offset * scale
            if shift is not None:
                offset = shift if offset is None else offset + shift
        output = operation.outputs[0]
    if is_moved:
        output = tf.reshape(output, tf.shape(unit.output))
    numbers = [None if each is None else wide(each) for each in (output, factor, offset)]
    return dataclasses.replace(unit, output=numbers[0], factor=numbers[1], offset=numbers[2])


def _step(operation: tf.Operation, way: Way) -> tuple[tf.Tensor | None, tf.Tensor | None]:
    """(scale, shift) of an affine operation: y = scale · x + shift; None for 1 and 0."""
    kind, moved = operation.type, way.moved(operation)[0]
    if kind in NORMALIZING:
        gamma, beta, mean, variance = (_by_channel(each, operation) for each in list(operation.inputs)[1:])
        scale = gamma * tf.math.rsqrt(variance + operation.get_attr("epsilon"))
        return tf.cast(scale, moved.dtype), tf.cast(beta - mean * scale, moved.dtype)
    if kind == "BiasAdd":
        return None, _by_channel(operation.inputs[1], operation)
    other = next(each for each in operation.inputs if each is not moved)
    if kind == "Mul":
        return other, None
    if kind in QUOTIENTS:
        return 1 / other, None
    if kind == "Sub":
        return (None, -other) if operation.inputs[0] is moved else (-tf.ones_like(other), other)
    return None, other


def _by_channel(numbers: tf.Tensor, operation: tf.Operation) -> tf.Tensor:
    """Numbers (C,) as they broadcast to what an operation gives."""
    is_first = operation.get_attr("data_format") in (b"NCHW", b"NCDHW")
    return tf.reshape(numbers, [-1, *[1] * (operation.outputs[0].shape.rank - 2)]) if is_first else numbers


def is_learned(kernel: tf.Tensor) -> bool:
    """Tell whether a tensor is made of variables and constants alone, not of another input."""
    return all(each.type != "Placeholder" or each.outputs[0].dtype == tf.resource for each in roots(kernel))
