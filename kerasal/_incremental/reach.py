"""The spread of a change: the positions of the tensors of a network that a window of its input can change."""

import dataclasses
from collections.abc import Sequence
from typing import NamedTuple

import tensorflow as tf

_POINTWISE = {"Relu", "Relu6", "Elu", "Selu", "LeakyRelu", "Sigmoid", "Tanh", "Softplus", "Softsign", "Erf", "Identity"}
_OF_TWO = {"BiasAdd", "Add", "AddV2", "Sub", "Mul", "RealDiv", "Maximum", "Minimum"}
_SLIDING = {"Conv2D", "DepthwiseConv2dNative", "MaxPool", "AvgPool"}


class Slide(NamedTuple):
    """The way of a convolution or pool along one axis.

    Attributes:
        extent: of the kernel, with its gaps where it is dilated.
        stride: positions between two places of the kernel.
        padding: positions added before the first.
    """

    extent: int
    stride: int
    padding: int


@dataclasses.dataclass(frozen=True)
class Reach:
    """The positions that a window can change, along one axis of a tensor.

    A window that starts at pixel a, a multiple of `jump`, changes `count` positions from a ÷ jump + `offset` on; none where
    `count` is less than 1.

    Example:
        >>> Reach(1, 0, 8).after(Slide(extent=3, stride=2, padding=1))  # 8 pixels, a convolution with a position of padding
        Reach(jump=2, offset=0, count=5)
    """

    jump: int
    offset: int
    count: int

    @property
    def end(self) -> int:
        """Return the first position after those that change, from a ÷ jump on."""
        return self.offset + self.count

    def after(self, slide: Slide) -> "Reach":
        """Compute the reach after a convolution or pool."""
        first = -(-(self.offset + slide.padding - slide.extent + 1) // slide.stride)
        last = (self.end - 1 + slide.padding) // slide.stride
        return Reach(self.jump * slide.stride, first, last - first + 1)

    def sources(self, slide: Slide) -> "Reach":
        """Compute the positions of a convolution's or pool's input that these positions of its output are computed from."""
        first, count = self.offset * slide.stride - slide.padding, (self.count - 1) * slide.stride + slide.extent
        return Reach(self.jump // slide.stride, first, count)

    def joined(self, other: "Reach") -> "Reach":
        """Compute the least reach that holds both, of one jump."""
        first = min(self.offset, other.offset)
        return Reach(self.jump, first, max(self.end, other.end) - first)


Reaches = tuple[Reach, Reach]
"""Along height and along width."""


class Pointwise:
    """A step that computes each position for itself: activations, biases, BatchNormalization."""

    def reaches(self, changing: Sequence[Reaches]) -> Reaches | None:
        """Compute the reaches of the output; None where those of the inputs do not fit together.

        Args:
            changing: reaches of the inputs that change.
        """
        return changing[0]


class Joining(Pointwise):
    """A step that joins several tensors of one size, position by position: sums, products, and channels put together."""

    def reaches(self, changing: Sequence[Reaches]) -> Reaches | None:
        """Compute the reaches of the output, those of all inputs together; None where their jumps differ."""
        height, width = changing[0]
        for other in changing[1:]:
            if (height.jump, width.jump) != (other[0].jump, other[1].jump):
                return None
            height, width = height.joined(other[0]), width.joined(other[1])
        return height, width


class Padding(Pointwise):
    """A step that puts numbers around a picture.

    Args:
        operation: Pad or PadV2.

    Attributes:
        before: positions above and left of the picture.
        outside: the number.
    """

    def __init__(self, operation: tf.Operation) -> None:
        paddings = tf.get_static_value(operation.inputs[1])
        self.before = (int(paddings[1, 0]), int(paddings[2, 0]))
        self.outside = operation.inputs[2] if len(operation.inputs) > 2 else 0.0

    def reaches(self, changing: Sequence[Reaches]) -> Reaches | None:
        """Compute the reaches of the output, moved by what is put before."""
        height, width = changing[0]
        above, left = self.before
        return (
            dataclasses.replace(height, offset=height.offset + above),
            dataclasses.replace(width, offset=width.offset + left),
        )


class Sliding(Pointwise):
    """A convolution or pool.

    Args:
        operation: Conv2D, DepthwiseConv2dNative, MaxPool or AvgPool, with padding SAME or VALID.

    Attributes:
        slides: along height and width.
        outside: the number beyond the picture.
    """

    def __init__(self, operation: tf.Operation) -> None:
        strides, is_pool = operation.get_attr("strides")[1:3], "Pool" in operation.type
        kernel = operation.get_attr("ksize")[1:3] if is_pool else operation.inputs[1].shape[:2].as_list()
        dilations = [1, 1] if is_pool else operation.get_attr("dilations")[1:3]
        extents = [(size - 1) * dilation + 1 for size, dilation in zip(kernel, dilations, strict=True)]
        lengths = zip(operation.inputs[0].shape[1:3], operation.outputs[0].shape[1:3], strict=True)
        is_same = operation.get_attr("padding") == b"SAME"
        paddings = [
            max(0, (after - 1) * stride + extent - before) // 2 * is_same
            for (before, after), stride, extent in zip(lengths, strides, extents, strict=True)
        ]
        height, width = (Slide(*each) for each in zip(extents, strides, paddings, strict=True))
        self.slides = (height, width)
        self.outside = operation.inputs[0].dtype.min if operation.type == "MaxPool" else 0.0

    def reaches(self, changing: Sequence[Reaches]) -> Reaches | None:
        """Compute the reaches of the output."""
        height, width = changing[0]
        return height.after(self.slides[0]), width.after(self.slides[1])

    def sources(self, reaches: Reaches) -> Reaches:
        """Compute the positions of the input that positions of the output are computed from."""
        height, width = reaches
        return height.sources(self.slides[0]), width.sources(self.slides[1])


def kind_of(operation: tf.Operation, depends: Sequence[bool]) -> Pointwise | None:
    """Tell how a change passes an operation; None where that is not known.

    Args:
        operation: of the graph.
        depends: for each input, True where it changes.
    """
    changing = [tensor.shape for tensor, changes in zip(operation.inputs, depends, strict=True) if changes]
    images = [*changing, *(tensor.shape for tensor in operation.outputs[:1])]
    if any(shape.rank != 4 or None in shape[1:].as_list() for shape in images):
        return None
    if operation.type in _POINTWISE:
        return Pointwise()
    if operation.type in _OF_TWO and _is_channels_last(operation):
        return _kind_of_two(operation, depends)
    if operation.type == "ConcatV2":
        return Joining() if all(depends[:-1]) and tf.get_static_value(operation.inputs[-1]) in (3, -1) else None
    if not depends[0] or any(depends[1:]) or not _is_channels_last(operation):
        return None
    return _kind_of_one(operation)


def _kind_of_two(operation: tf.Operation, depends: Sequence[bool]) -> Pointwise | None:
    """Tell how a change of one or both inputs passes a sum, product or the like."""
    one, other = (tensor.shape for tensor in operation.inputs)
    if all(depends):
        return Joining() if one.as_list()[1:] == other.as_list()[1:] else None
    fixed = other if depends[0] else one
    return Pointwise() if fixed.rank is not None and all(length == 1 for length in fixed[:-1]) else None


def _kind_of_one(operation: tf.Operation) -> Pointwise | None:
    """Tell how a change of the first input, and of no other, passes an operation on pictures."""
    if operation.type == "FusedBatchNormV3":
        return None if operation.get_attr("is_training") else Pointwise()
    if operation.type in ("Pad", "PadV2"):
        paddings = tf.get_static_value(operation.inputs[1])
        return None if paddings is None or paddings[[0, 3]].any() else Padding(operation)
    if operation.type not in _SLIDING:
        return None
    padding, is_pool = operation.get_attr("padding"), "Pool" in operation.type
    counts_what_is_there = operation.type == "AvgPool" and padding == b"SAME"
    is_fixed = is_pool or operation.inputs[1].shape.is_fully_defined()
    return Sliding(operation) if padding in (b"SAME", b"VALID") and is_fixed and not counts_what_is_there else None


def _is_channels_last(operation: tf.Operation) -> bool:
    return operation.node_def.attr["data_format"].s in (b"", b"NHWC")
