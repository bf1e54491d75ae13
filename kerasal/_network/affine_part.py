"""The part behind the samples that is affine in what they differ in: of a mean over samples it runs once, on their mean."""

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from kerasal._network.dependence import OF_SHAPES, effects
from kerasal._network.graph_parts import GraphParts
from kerasal._network.graphs import reached, sources, users
from kerasal._network.shared_tensors import WORTH, Operations, changing_in, moving

OfRows = Callable[[tf.Tensor], tf.Tensor]

_FIRST = (
    "Identity",
    "EnsureShape",
    "Neg",
    "Cast",
    "Reshape",
    "BroadcastTo",
    "Transpose",
    "Squeeze",
    "ExpandDims",
    "Sum",
    "Mean",
    "Tile",
)
_CUT = ("Pad", "PadV2", "MirrorPadGrad", "Slice", "StridedSlice", "ResizeBilinearGrad", "ResizeNearestNeighborGrad")
_OF_UNITS = ("ReluGrad", "Relu6Grad", "LeakyReluGrad", "EluGrad", "SeluGrad", "SoftplusGrad", "SoftsignGrad", "BiasAdd")
_RATIOS = ("RealDiv", "DivNoNan", "FusedBatchNormGradV3", "Conv2D", "Conv3D", "DepthwiseConv2dNative")
_AFFINE: dict[str, Sequence[int]] = {  # operation: the inputs, one of which may differ between samples
    **dict.fromkeys((*_FIRST, *_CUT, *_OF_UNITS, *_RATIOS), (0,)),
    **dict.fromkeys(("Mul", "MatMul", "BatchMatMul", "BatchMatMulV2", "Einsum"), (0, 1)),
    **dict.fromkeys(("SigmoidGrad", "TanhGrad", "RsqrtGrad", "SqrtGrad", "ReciprocalGrad"), (1,)),
    **dict.fromkeys(("AvgPoolGrad", "AvgPool3DGrad"), (1,)),
    **dict.fromkeys(("MaxPoolGrad", "MaxPoolGradV2", "MaxPool3DGrad"), (2,)),
    **dict.fromkeys(("Conv2DBackpropInput", "Conv3DBackpropInputV2", "DepthwiseConv2dNativeBackpropInput"), (2,)),
    "StridedSliceGrad": (4,),
}
_FEW = 64  # numbers that are computed to see what they are
_SUMS = ("Add", "AddV2", "AddN", "Sub", "Select", "SelectV2")  # operations of which several inputs may


def _takes_all_rows(operation: tf.Operation) -> bool:
    """Tell whether a slice has all that there is along the first axis, as those have that undo a concatenation of channels, or a padding."""
    begin, size = operation.inputs[1:]
    if begin.op.type == "ConcatOffset":
        return bool(_known(begin.op.inputs[0]))  # the axis: not the first
    first, rows = _known(begin), _known(size)
    is_whole = size.op.type == "Shape" or rows is not None and rows[0] == -1  # whose rows those are is seen later
    return first is not None and first[0] == 0 and is_whole


def _strides_over_all_rows(operation: tf.Operation) -> bool:
    """Tell the same of a slice with strides, or its gradient."""
    if operation.get_attr("ellipsis_mask") & 1:
        return True
    is_whole = operation.get_attr("begin_mask") & operation.get_attr("end_mask") & 1
    steps = tf.get_static_value(operation.inputs[3])
    moved = operation.get_attr("new_axis_mask") | operation.get_attr("shrink_axis_mask")
    return bool(is_whole and steps is not None and steps[0] == 1 and not moved & 1)


def _known(number: tf.Tensor) -> Any:
    """The numbers that the graph knows, or None: constants, shapes with NaN for rows, and what a gradient computes of these integers."""
    kind, inputs = number.op.type, number.op.inputs
    if kind == "Shape" and inputs[0].shape.rank is not None:
        return np.array([np.nan if size is None else size for size in inputs[0].shape])
    is_few = (number.shape.num_elements() or _FEW + 1) <= _FEW
    if kind not in _OF_INTEGERS or not is_few or not inputs[0].dtype.is_integer:
        return tf.get_static_value(number)
    first, *others = map(_known, inputs)
    if first is None or any(other is None or np.isnan(other).any() for other in others):
        return None
    return _OF_INTEGERS[kind](first, *(np.asarray(other).astype(int) for other in others))


_OF_INTEGERS: dict[str, Callable[..., Any]] = {
    "AddV2": operator.add,
    "FloorMod": operator.mod,  # an axis that counts from the end
    "Cast": np.asarray,
    "Reshape": np.reshape,
    "Slice": lambda given, begin, size: given[
        tuple(slice(n, None if k < 0 else n + k) for n, k in zip(begin, size, strict=True))
    ],
    "GatherV2": np.take,
    "Prod": lambda given, axes: np.prod(given, tuple(np.ravel(axes))),  # how many elements a mean is of
}


_BUT: dict[str, Callable[[tf.Operation], bool]] = {  # operations that are so under a condition
    "FusedBatchNormGradV3": lambda operation: not operation.get_attr("is_training"),
    "Slice": _takes_all_rows,
    **dict.fromkeys(("StridedSlice", "StridedSliceGrad"), _strides_over_all_rows),
}


def of_mean(
    maps: tf.Tensor, rows: Mapping[Any, tf.Tensor], mean: OfRows, repeat: OfRows
) -> tuple[tf.Tensor, list[tf.Tensor]]:
    """Compute maps whose mean over samples alone is wanted, as many times the map of the mean.

    Walks back from the maps through the graph being traced, as long as an operation is affine in the one thing that differs between
    samples, as all of a gradient is behind the last draw: there the mean of the results is the result of the mean. All of
    this is read off the graph; where little is affine, the maps are returned as they are.

    Args:
        maps: (R, ...), of the body of a loop.
        rows: {reference of a tensor of the body: the examples (B, ...) that it repeats}.
        mean: function of (R, ...) that gives the means over samples, (B, ...).
        repeat: function of (B, ...) that gives (R, ...) in the same order.

    Returns:
        The maps, and what was averaged: of each row only that is computed; nothing where the maps are as they were.
    """
    body: Any = tf.compat.v1.get_default_graph()
    part = _AffinePart(body, {reference.deref().op for reference in rows})
    part.walk(maps)
    if part.size <= WORTH:
        return maps, []
    parts, ends = GraphParts(body), {tensor.op for tensor in part.ends}
    if not parts.only_compute or moving(parts, ends, part.roots) or moving(parts, part.operations, part.roots | ends):
        return maps, []
    given = {tensor.name: tf.constant(numbers, tensor.dtype) for tensor, numbers in part.known.values()}
    given |= {reference.deref().name: body.capture(tensor) for reference, tensor in rows.items()}
    given |= {tensor.name: mean(tensor) for tensor in part.ends}
    found = parts.put(part.operations | part.shapes(), given, [maps], "of_mean")[0]
    return repeat(found), part.ends


class _AffinePart:
    """Operations that are affine in what differs between samples.

    Args:
        body: the graph being traced.
        roots: operations that repeat what is the same in every sample.

    Attributes:
        operations: of the part; ends: the tensors that it begins with, which are averaged.
        known: {name: (tensor, its numbers)} of those whose numbers the graph knows, whatever they are computed from.
    """

    def __init__(self, body: Any, roots: Operations):
        changing = changing_in(body, body)
        self.roots, self.operations = roots, Operations()
        self.ends, self.known = list[tf.Tensor](), dict[str, tuple[tf.Tensor, Any]]()
        self._varying = effects(changing, roots)
        self._of_roots = effects(roots)
        self._unsettled = reached(changing | roots, users, set())

    def walk(self, maps: tf.Tensor) -> None:
        """Collect the part that ends in maps, and begins with rows of a known shape."""
        barred = Operations()
        self._collect(maps, barred)
        while unlike := [end for end in self.ends if not _has_rows(end)]:
            later = {user for end in unlike for user in end.consumers()} & self.operations
            if not later:  # the maps themselves
                self.operations.clear()
                return
            barred |= later
            self._collect(maps, barred)

    def _collect(self, maps: tf.Tensor, barred: Operations) -> None:
        self.operations.clear()
        self.ends.clear()
        waiting, seen = [maps], set[str]()
        while waiting:
            tensor = waiting.pop()
            if tensor.name in seen:
                continue
            seen.add(tensor.name)
            if tensor.op not in barred and self._is_affine(tensor):
                self.operations.add(tensor.op)
                waiting += [own for own in tensor.op.inputs if own.op in self._varying]
            else:
                self.ends.append(tensor)

    @property
    def size(self) -> int:
        """The numbers that a row of what the part computes has, where that is known."""
        shapes = [each.outputs[0].shape for each in self.operations if each.type not in _FIRST]
        return sum(shape[1:].num_elements() or 0 for shape in shapes if shape.rank)

    def shapes(self) -> Operations:
        """The operations that tell the part of what shape its numbers are."""
        given = {own.op for each in self.operations for own in each.inputs} - self._varying
        ends = self.roots | {tensor.op for tensor, _ in self.known.values()}
        return reached(given & self._unsettled, sources, ends) & self._unsettled - ends

    def _is_affine(self, tensor: tf.Tensor) -> bool:
        """Tell whether a tensor is affine in one of the inputs of its operation, the others being the same in every sample."""
        operation = tensor.op
        if operation not in self._varying or not tensor.dtype.is_floating or tensor.value_index:
            return False
        varying = [n for n, own in enumerate(operation.inputs) if own.op in self._varying]
        if operation.type not in _SUMS and (len(varying) != 1 or varying[0] not in _AFFINE.get(operation.type, ())):
            return False
        if operation.type in _BUT and not _BUT[operation.type](operation):
            return False
        return all(
            own.dtype.is_floating if n in varying else self._is_same(own) for n, own in enumerate(operation.inputs)
        )

    def _is_same(self, tensor: tf.Tensor) -> bool:
        """Tell whether a tensor is the same in every sample: repeated, or fixed, or a shape of what is."""
        operation = tensor.op
        if operation in self.roots or operation not in self._unsettled:
            return True
        if (numbers := _numbers_of(tensor)) is not None:
            self.known[tensor.name] = tensor, numbers
            return True
        if operation.type in OF_SHAPES:
            return all(own.op in self.roots or own.op not in self._unsettled for own in operation.inputs)
        is_number = not tensor.dtype.is_integer or operation in self._varying or operation in self._of_roots
        return not is_number and all(map(self._is_same, operation.inputs))


def _numbers_of(tensor: tf.Tensor) -> Any:
    """The numbers of a tensor if the graph knows all of them, whatever rows there are, or None."""
    found = _known(tensor) if tensor.dtype.is_integer or tensor.dtype.is_floating else None
    return None if found is None or np.isnan(found).any() else found


def _has_rows(tensor: tf.Tensor) -> bool:
    """Tell whether a tensor is of real numbers, any number of rows of a known shape."""
    shape = tensor.shape
    is_known = bool(shape.rank) and shape[0] is None and None not in shape[1:]
    return bool(is_known and tensor.dtype.is_floating and not tensor.value_index)
