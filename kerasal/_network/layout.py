"""The axes of an input as a network treats them: positions that it slides over, and channels that it mixes."""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import tensorflow as tf

from kerasal._network.dependence import SIZES
from kerasal._network.graphs import operations_inside

Axes = frozenset[int]
_NONE: Axes = frozenset()
_MOST = 2000  # operations that are looked at

_WINDOWS = (
    "Conv2D",
    "Conv3D",
    "DepthwiseConv2dNative",
    "MaxPool",
    "MaxPool3D",
    "AvgPool",
    "AvgPool3D",
    "ExtractImagePatches",
)
_PRODUCTS = ("MatMul", "BatchMatMul", "BatchMatMulV2", "BatchMatMulV3", "Einsum")
_MEANS = ("Mean", "Sum", "Max", "Min", "Prod")
_STEPS = ("TensorListFromTensor", "TensorArrayScatterV3", "Unpack", "StridedSlice")
_LOOPS = ("While", "StatelessWhile", "TensorListFromTensor", "TensorListReserve", "CudnnRNNV3")
_CALLS = ("PartitionedCall", "StatefulPartitionedCall", "CudnnRNNV3")
_RESHAPING = ("Reshape", "ExpandDims", "Squeeze")


class Layout(NamedTuple):
    """The axes of an input that a network treats alike.

    Attributes:
        positions: Axes it slides over, or whose entries it treats alike; empty where it takes all numbers at once.
        channels: The axis that it mixes at each position, or None.
    """

    positions: Axes
    channels: int | None


class _Place(NamedTuple):
    """A tensor of the graph, and the axes of the input that each of its own axes comes from."""

    tensor: tf.Tensor
    axes: tuple[Axes, ...]


def layout_of(tensor: tf.Tensor) -> Layout | None:
    """Find how a network treats the axes of an input, by the first operations that mix its numbers.

    Args:
        tensor: The input, in a graph that is traced; its first axis is the examples.

    Returns:
        The one with the most positions where several operations come first; None where none is known.

    Example:

    >>> @tf.function(input_signature=[tf.TensorSpec([None, 24, 3])])
    ... def network(series):
    ...     found = tf.nn.conv1d(series, tf.ones([5, 3, 2]), 1, "SAME")
    ...     print(layout_of(series))
    ...     return found
    >>> _ = network.get_concrete_function()
    Layout(positions=frozenset({1}), channels=2)
    """
    whole = _Place(tensor, tuple(frozenset([axis]) for axis in range(tensor.shape.rank or 0)))
    waiting = [whole]
    seen: set[str] = set()
    found: list[Layout] = []
    while waiting and len(seen) < _MOST:
        place = waiting.pop(0)
        for operation in place.tensor.consumers():
            if operation.name in seen:
                continue
            seen.add(operation.name)
            mixed = _mixed(operation, place)
            if mixed is not None:
                found.append(mixed)
            elif operation.type == "Reshape" and _is_back(operation.outputs[0], tensor):
                waiting.append(whole._replace(tensor=operation.outputs[0]))
            else:
                waiting += _behind(operation, place)
    return max(found, key=lambda layout: len(layout.positions), default=None)


def _mixed(operation: tf.Operation, place: _Place) -> Layout | None:
    """Read the layout off an operation that mixes numbers; None for any other."""
    kind, axes = operation.type, place.axes
    if kind in _WINDOWS and operation.inputs[0] is place.tensor:
        return _of_windows(operation, place)
    if kind in _PRODUCTS:
        return _layout(*_kept_and_mixed(operation, place))
    if kind in _MEANS and not operation.get_attr("keep_dims"):
        reduced = tf.get_static_value(operation.inputs[1])
        gone = {int(axis) % len(axes) for axis in ([] if reduced is None else reduced.reshape(-1))}
        rest = [of for axis, of in enumerate(axes) if axis not in gone]
        is_pooling = len(axes) - 1 not in gone
        over = [axes[axis] for axis in gone]
        return _layout(*((over, rest) if is_pooling else (rest, over)))
    if kind in _STEPS:
        axis = _axis_of_steps(operation)
        others = [of for each, of in enumerate(axes) if each != axis]
        return _layout([axes[axis]], others) if axis < len(axes) - 1 else None
    if kind in _CALLS and set(_LOOPS) & {kind, *operations_inside(operation)}:
        return _layout(axes[1:2], axes[2:])
    return None


def _layout(positions: Iterable[Axes], mixed: Iterable[Axes]) -> Layout:
    over = _NONE.union(*positions) - {0}
    channels = _NONE.union(*mixed) - over - {0}
    return Layout(over, next(iter(channels)) if len(channels) == 1 else None)


def _is_back(tensor: tf.Tensor, whole: tf.Tensor) -> bool:
    """Tell if a tensor has the shape of the input again, as behind a normalization that reshapes by sizes known when run."""
    sizes = tensor.shape
    return sizes.rank == whole.shape.rank and sizes[1:].is_fully_defined() and sizes[1:] == whole.shape[1:]


def _axis_of_steps(operation: tf.Operation) -> int:
    """Give the axis that is taken apart, entry by entry; one behind the last of all where none is."""
    if operation.type == "Unpack":
        axis: int = operation.get_attr("axis") % operation.inputs[0].shape.rank
        return axis
    if operation.type == "StridedSlice":
        gone: int = operation.get_attr("shrink_axis_mask")
        return gone.bit_length() - 1 if gone else operation.inputs[0].shape.rank
    return 0


def _of_windows(operation: tf.Operation, place: _Place) -> Layout:
    """Read the layout off a convolution or pooling; an axis of one position is none that it slides over."""
    axes = place.axes
    attributes = operation.node_def.attr
    is_first = "data_format" in attributes and attributes["data_format"].s.startswith(b"NC")
    channels = 1 if is_first else len(axes) - 1
    along = [axis for axis in range(1, len(axes)) if axis != channels]
    sizes = operation.outputs[0].shape
    wide = [axis for axis in along if sizes[axis] != 1] or along
    return _layout([axes[axis] for axis in wide], [axes[channels]])


def _kept_and_mixed(operation: tf.Operation, place: _Place) -> tuple[list[Axes], list[Axes]]:
    """Split the axes of a factor into those that a product keeps and those that it sums over."""
    position = next(k for k, tensor in enumerate(operation.inputs) if tensor is place.tensor)
    rank = len(place.axes)
    if operation.type == "Einsum":
        terms, result = operation.get_attr("equation").decode().replace(" ", "").split("->")
        term = terms.split(",")[position]
        summed = {axis for axis, letter in enumerate(term) if letter not in result} if len(term) == rank else {rank - 1}
    else:
        names = ("transpose_a", "transpose_b") if operation.type == "MatMul" else ("adj_x", "adj_y")
        is_turned = operation.get_attr(names[position])
        summed = {rank - 1 if is_turned == bool(position) else rank - 2}
    kept = [of for axis, of in enumerate(place.axes) if axis not in summed]
    return kept, [place.axes[axis] for axis in summed]


def _behind(operation: tf.Operation, place: _Place) -> list[_Place]:
    """Follow the axes through an operation that moves numbers, or treats each by itself."""
    axes = place.axes
    if operation.type in SIZES:
        return []
    if operation.type == "Transpose":
        order = tf.get_static_value(operation.inputs[1])
        return [] if order is None else [_Place(operation.outputs[0], tuple(axes[axis] for axis in order))]
    if operation.type in _RESHAPING:
        output = operation.outputs[0]
        if output.shape.rank is None:
            return []
        return [_Place(output, _reshaped(axes, place.tensor.shape.as_list(), _sizes(output)))]
    return [_Place(output, axes) for output in operation.outputs if output.shape.rank == len(axes)]


def _sizes(tensor: tf.Tensor) -> list[int | None]:
    """List the sizes of a tensor; the last one also where only the matrix that it is multiplied by tells it."""
    sizes = list(tensor.shape.as_list())
    if len(sizes) == 2 and sizes[1] is None:
        matrices = [each for each in tensor.consumers() if each.type == "MatMul" and each.inputs[0] is tensor]
        sizes[1] = next((each.inputs[1].shape[0] for each in matrices), None)
    return sizes


def _reshaped(axes: tuple[Axes, ...], before: list[int | None], after: list[int | None]) -> tuple[Axes, ...]:
    """Give the axes that each axis of a reshaped tensor comes from: those that are the same, split or joined."""
    wide = [(of, size) for of, size in zip(axes, before, strict=True) if size != 1]
    found = iter(_aligned([of for of, _ in wide], [size for _, size in wide], [size for size in after if size != 1]))
    return tuple(_NONE if size == 1 else next(found) for size in after)


def _aligned(axes: list[Axes], before: list[int | None], after: list[int | None]) -> list[Axes]:
    """Give the axes of a reshaped tensor without sizes of 1: equal sizes at both ends are the same."""
    shorter = min(len(before), len(after))
    first = next((k for k in range(shorter) if before[k] != after[k]), shorter)
    last = next((k for k in range(shorter - first) if before[-1 - k] != after[-1 - k]), shorter - first)
    if first and len(before) != len(after) and shorter == first + last:
        first -= 1  # steps joined with the examples, or split from them
    inside, here = slice(first, len(before) - last), slice(first, len(after) - last)
    return [*axes[:first], *_regrouped(axes[inside], before[inside], after[here]), *axes[len(axes) - last :]]


def _regrouped(axes: Sequence[Axes], before: list[int | None], after: list[int | None]) -> list[Axes]:
    """Give the axes of the part of a reshaped tensor where sizes differ, by products of sizes that agree."""
    if None in before or None in after:
        return [_NONE.union(*axes)] * len(after)
    found: list[Axes] = []
    begin = taken = 0
    while taken < len(after):
        end, stop = begin, taken + 1
        while math.prod(before[begin:end]) != math.prod(after[taken:stop]):  # type: ignore[arg-type]  # no None
            if math.prod(before[begin:end]) < math.prod(after[taken:stop]) and end < len(before):  # type: ignore[arg-type]
                end += 1
            elif stop < len(after):
                stop += 1
            else:
                end, stop = len(before), len(after)
                break
        found += [_NONE.union(*axes[begin:end])] * (stop - taken)
        begin, taken = end, stop
    return found
