"""How far a change spreads: which positions of the tensors of a network a window of its input can change."""

import dataclasses

import tensorflow as tf

_POINTWISE = {"Relu", "Relu6", "Elu", "Selu", "LeakyRelu", "Sigmoid", "Tanh", "Softplus", "Softsign", "Erf", "Identity"}
_OF_TWO = {"BiasAdd", "Add", "AddV2", "Sub", "Mul", "RealDiv", "Maximum", "Minimum"}
_SLIDING = {"Conv2D", "DepthwiseConv2dNative", "MaxPool", "AvgPool"}


@dataclasses.dataclass(frozen=True)
class Reach:
    """Along one axis of a tensor, what a window that starts at pixel a, a multiple of `jump`, can change: `count` positions from
    a ÷ jump + offset; none where `count` is less than 1.

    Example:

    >>> Reach(1, 0, 8).behind(kernel=3, stride=2, before=1)  # 8 pixels, a convolution with one position of padding
    Reach(jump=2, offset=0, count=5)
    """

    jump: int
    offset: int
    count: int

    def behind(self, kernel, stride, before):
        """The reach behind something that slides with a stride over the tensor with `before` positions of padding."""
        first = -(-(self.offset + before - kernel + 1) // stride)
        last = (self.offset + self.count - 1 + before) // stride
        return Reach(self.jump * stride, first, last - first + 1)

    def sources(self, kernel, stride, before):
        """What the positions are computed from, in the tensor that is slid over."""
        return Reach(self.jump // stride, self.offset * stride - before, (self.count - 1) * stride + kernel)

    def joined(self, other):
        """The least reach that holds both, of one jump."""
        first = min(self.offset, other.offset)
        return Reach(self.jump, first, max(self.offset + self.count, other.offset + other.count) - first)


class Pointwise:
    """Each position for itself: activations, biases, BatchNormalization."""

    def reaches(self, before):
        """(Reach, Reach) along height and width of the output, from those of the inputs that change; None where they do not
        fit together."""
        return before[0]


class Joining(Pointwise):
    """Several tensors of one size, position by position: sums, products, and channels put together."""

    def reaches(self, before):
        found = before[0]
        if any(one.jump != two.jump for other in before[1:] for one, two in zip(found, other)):
            return None
        for other in before[1:]:
            found = tuple(one.joined(two) for one, two in zip(found, other))
        return found


class Padding(Pointwise):
    """A number around a picture, zero where `outside` is None; `before`: positions above and left of it."""

    def __init__(self, operation):
        paddings = tf.get_static_value(operation.inputs[1])
        self.before = [int(low) for low, _ in paddings[1:3]]
        self.outside = operation.inputs[2] if len(operation.inputs) > 2 else 0.0

    def reaches(self, before):
        moved = zip(before[0], self.before)
        return tuple(dataclasses.replace(along, offset=along.offset + low) for along, low in moved)


class Sliding(Pointwise):
    """Convolutions and pools; `slides`: (extent of the kernel, stride, positions of padding before) along both axes."""

    def __init__(self, operation):
        strides, is_pool = operation.get_attr("strides")[1:3], "Pool" in operation.type
        kernel = operation.get_attr("ksize")[1:3] if is_pool else operation.inputs[1].shape[:2].as_list()
        dilations = [1, 1] if is_pool else operation.get_attr("dilations")[1:3]
        extents = [(size - 1) * dilation + 1 for size, dilation in zip(kernel, dilations)]
        lengths = zip(operation.inputs[0].shape[1:3], operation.outputs[0].shape[1:3])
        is_same = operation.get_attr("padding") == b"SAME"
        padded = [
            max(0, (after - 1) * stride + extent - before) // 2 * is_same
            for (before, after), stride, extent in zip(lengths, strides, extents)
        ]
        self.slides = list(zip(extents, strides, padded))
        self.outside = operation.inputs[0].dtype.min if operation.type == "MaxPool" else 0.0

    def reaches(self, before):
        return tuple(along.behind(*slide) for along, slide in zip(before[0], self.slides))

    def sources(self, reaches):
        """What positions of the output are computed from."""
        return tuple(along.sources(*slide) for along, slide in zip(reaches, self.slides))


def kind_of(operation, depends):
    """How a change passes an operation, or None where that is not known.

    Args:
        operation: of the graph.
        depends: of each input, whether it changes.
    """
    shapes = [tensor.shape for tensor in operation.inputs]
    changing = [shape for shape, changes in zip(shapes, depends) if changes]
    others = [shape for shape, changes in zip(shapes, depends) if not changes]
    images = [*changing, *(tensor.shape for tensor in operation.outputs[:1])]
    if any(shape.rank != 4 or None in shape[1:].as_list() for shape in images):
        return None
    if operation.type in _POINTWISE:
        return Pointwise()
    if operation.type in _OF_TWO and _is_channels_last(operation):
        if all(depends):
            return Joining() if changing[0].as_list()[1:] == changing[1].as_list()[1:] else None
        return Pointwise() if others[0].rank is not None and all(length == 1 for length in others[0][:-1]) else None
    if operation.type == "ConcatV2":
        return Joining() if all(depends[:-1]) and tf.get_static_value(operation.inputs[-1]) in (3, -1) else None
    if not depends[0] or any(depends[1:]) or not _is_channels_last(operation):
        return None
    if operation.type == "FusedBatchNormV3":
        return None if operation.get_attr("is_training") else Pointwise()
    if operation.type in ("Pad", "PadV2"):
        paddings = tf.get_static_value(operation.inputs[1])
        return None if paddings is None or paddings[[0, 3]].any() else Padding(operation)
    if operation.type in _SLIDING:
        padding, is_pool = operation.get_attr("padding"), "Pool" in operation.type
        counts_what_is_there = operation.type == "AvgPool" and padding == b"SAME"
        is_fixed = is_pool or operation.inputs[1].shape.is_fully_defined()
        return Sliding(operation) if padding in (b"SAME", b"VALID") and is_fixed and not counts_what_is_there else None
    return None


def _is_channels_last(operation):
    return operation.node_def.attr["data_format"].s in (b"", b"NHWC")
