"""Rules by which sites pass operations, by the type of the operation."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from kerasal._network.positions import mixing, moving
from kerasal._network.positions.mixing import Roles, Window
from kerasal._network.positions.moving import Values
from kerasal._network.positions.sites import Sites, joined
from kerasal._network.positions.step_types import (
    CONVOLVING,
    ELEMENTWISE,
    MOVING,
    OF_FIRST,
    POOLING,
    REDUCING,
    RESHAPING,
    RESIZING,
    SPREADING,
)


class Given(NamedTuple):
    """The inputs of an operation.

    Attributes:
        operation; output: number of the output that is wanted.
        sites: of each input; None of one that does not depend on the target.
        values: gives the value of a constant; shape_of: the shape of a tensor for `ROWS` rows, or None.
    """

    operation: tf.Operation
    output: int
    sites: Sequence[Sites | None]
    values: Values
    shape_of: Callable[[tf.Tensor], Sequence[int] | None]

    @property
    def first(self) -> Sites | None:
        """The sites of the first input."""
        return self.sites[0]

    def attribute(self, name: str) -> Any:
        """Return an attribute of the operation."""
        return self.operation.get_attr(name)


def passed(given: Given, roles: Roles) -> Sites | None:
    """Find the sites of an output of an operation; None where they are not known."""
    kind = given.operation.type
    for kinds, rule in _RULES:
        if kind in kinds:
            return rule(given, roles)
    return None


def _elementwise(given: Given, roles: Roles) -> Sites | None:
    operation = given.operation
    if operation.type == "IdentityN":
        return given.sites[given.output]
    if operation.type in OF_FIRST:
        return given.first if not given.output else None
    shapes = [given.shape_of(each) for each in operation.inputs]
    known = [each for each in shapes if each is not None]
    shape = tuple(int(length) for length in np.broadcast_shapes(*map(tuple, known)))
    return joined(shape, [each for each in given.sites if each is not None])


def _reduced(given: Given, roles: Roles) -> Sites | None:
    axes = given.values(given.operation.inputs[1])
    if given.first is None or axes is None:
        return None
    return mixing.reduced(given.first, np.ravel(axes).tolist(), keeps=bool(given.attribute("keep_dims")))


def _reshaped(given: Given, roles: Roles) -> Sites | None:
    output = given.operation.outputs[0]
    if given.first is None:
        return None
    shape: Any = given.values(given.operation.inputs[1]) if given.operation.type == "Reshape" else None
    if shape is None and output.shape.rank is not None:
        open_ends = [length is None for length in output.shape]
        shape = None if sum(open_ends) > 1 else [-1 if length is None else length for length in output.shape]
    return None if shape is None else moving.reshaped(given.first, [int(length) for length in shape])


def _transposed(given: Given, roles: Roles) -> Sites | None:
    order = given.values(given.operation.inputs[1])
    return None if given.first is None or order is None else moving.transposed(given.first, order.tolist())


def _put_together(given: Given, roles: Roles) -> Sites | None:
    operation, is_pack = given.operation, given.operation.type == "Pack"
    tensors = list(operation.inputs) if is_pack else list(operation.inputs)[:-1]
    axis = given.attribute("axis") if is_pack else given.values(operation.inputs[-1])
    shapes = [given.shape_of(tensor) for tensor in tensors]
    if axis is None or any(shape is None for shape in shapes):
        return None
    parts = [each or Sites(tuple(shape or ())) for each, shape in zip(given.sites, shapes, strict=False)]
    place = int(axis) % (len(parts[0].shape) + is_pack)
    if is_pack:
        parts = [moving.reshaped(each, [*each.shape[:place], 1, *each.shape[place:]]) or each for each in parts]
    return moving.put_together(parts, place)


def _padded(given: Given, roles: Roles) -> Sites | None:
    paddings = given.values(given.operation.inputs[1])
    return None if given.first is None or paddings is None else moving.padded(given.first, paddings)


def _moved(given: Given, roles: Roles) -> Sites | None:
    place, sites = next((n, each) for n, each in enumerate(given.sites) if each is not None)
    return moving.moved_by(given.operation, sites, place, given.values, given.output)


def _looked_up(given: Given, roles: Roles) -> Sites | None:
    """Give what is looked up in a table the places of its indices, along new axes none."""
    if given.operation.type == "GatherV2" and given.sites[1] is None:
        return _moved(given, roles)
    sites, table = given.sites[1], given.operation.outputs[0].shape
    if sites is None or given.sites[0] is not None or table.rank is None:
        return None
    rest = table[len(sites.shape) :]
    if None in rest or rest.rank != table.rank - len(sites.shape):
        return None
    layers = tuple(
        {key: array.reshape([*array.shape, *[1] * len(rest)]) for key, array in each.items()} for each in sites.layers
    )
    return Sites((*sites.shape, *rest), layers)


def _split(given: Given, roles: Roles) -> Sites | None:
    operation = given.operation
    place = 1 if operation.type == "Split" else 0
    sites = given.sites[place]
    axis = given.attribute("axis") if operation.type == "Unpack" else given.values(operation.inputs[0 if place else 2])
    if sites is None or axis is None:
        return None
    axis = int(axis) % len(sites.shape)
    shapes = [given.shape_of(each) for each in operation.outputs]
    lengths = [
        1 if operation.type == "Unpack" else shape[axis] if shape else sites.shape[axis] // len(shapes)
        for shape in shapes
    ]
    begin = sum(lengths[: given.output])
    taken = moving.taken(sites, axis, range(begin, begin + lengths[given.output]))
    return mixing.reduced(taken, [axis], keeps=False) if operation.type == "Unpack" else taken


def _resized(given: Given, roles: Roles) -> Sites | None:
    size = given.values(given.operation.inputs[1])
    return None if given.first is None or size is None else mixing.resampled(given.first, size.tolist())


def _convolved(given: Given, roles: Roles) -> Sites | None:
    operation = given.operation
    kernel = operation.inputs[1].shape
    shape = given.shape_of(operation.outputs[0])
    if given.first is None or given.sites[1] is not None or not kernel.is_fully_defined() or shape is None:
        return None
    spatial, channel = _axes(operation, len(given.first.shape))
    windows = {
        axis: mixing.window_of(operation, axis, given.first.shape[axis], shape[axis], kernel[n])
        for n, axis in enumerate(spatial)
    }
    mixes = operation.type != "DepthwiseConv2dNative"
    return mixing.slid(given.first, windows, channel, shape[channel], roles, mixes=mixes)


def _spread(given: Given, roles: Roles) -> Sites | None:
    operation, sites = given.operation, given.sites[2]
    kernel, shape = operation.inputs[1].shape, given.values(operation.inputs[0])
    if sites is None or shape is None or not kernel.is_fully_defined():
        return None
    spatial, channel = _axes(operation, len(sites.shape))
    windows = {}
    for n, axis in enumerate(spatial):
        window = mixing.window_of(operation, axis, int(shape[axis]), sites.shape[axis], kernel[n])
        windows[axis] = Window(int(shape[axis]), window.extent, window.stride, window.before, is_spread=True)
    return mixing.slid(sites, windows, channel, int(shape[channel]), roles, mixes=True)


def _pooled(given: Given, roles: Roles) -> Sites | None:
    operation, sites = given.operation, given.first
    shape = given.shape_of(operation.outputs[0])
    if sites is None or shape is None:
        return None
    spatial, channel = _axes(operation, len(sites.shape))
    extents = operation.get_attr("ksize")
    if extents[channel] != 1:
        return None
    windows = {
        axis: mixing.window_of(operation, axis, sites.shape[axis], shape[axis], extents[axis]) for axis in spatial
    }
    return mixing.slid(sites, windows, channel, sites.shape[channel], roles, mixes=False)


def _axes(operation: tf.Operation, rank: int) -> tuple[list[int], int]:
    """The axes of space, and that of channels."""
    form = operation.node_def.attr["data_format"].s
    channel = 1 if form.startswith(b"NC") else rank - 1
    return [axis for axis in range(1, rank) if axis != channel], channel


def _product(given: Given, roles: Roles) -> Sites | None:
    """A product of matrices, or of several axes named by letters."""
    operation = given.operation
    shapes = [given.shape_of(each) or _open(each) for each in operation.inputs]
    if any(shape is None for shape in shapes):
        return None
    whole = [tuple(shape or ()) for shape in shapes]
    if operation.type == "Einsum":
        letters = mixing.letters_of(operation.get_attr("equation").decode(), [len(shape) for shape in whole])
    else:
        letters = mixing.letters_of_matrices(operation, [len(shape) for shape in whole])
    if letters is None:
        return None
    *factors, output = letters
    sizes: dict[str, int] = {}
    for shape, names in zip(whole, factors, strict=True):
        for length, name in zip(shape, names, strict=True):
            sizes[name] = max(length, sizes.get(name, 1))
    parts = [(each, names) for each, names in zip(given.sites, factors, strict=True) if each is not None]
    return mixing.contracted(parts, output, sizes, roles)


def _open(tensor: tf.Tensor) -> Sequence[int] | None:
    return None if tensor.shape.rank is None else [1 if length is None else length for length in tensor.shape]


_RULES: tuple[tuple[tuple[str, ...] | frozenset[str], Callable[[Given, Roles], Sites | None]], ...] = (
    (ELEMENTWISE, _elementwise),
    (REDUCING, _reduced),
    (RESHAPING, _reshaped),
    (("Transpose",), _transposed),
    (("ConcatV2", "Pack"), _put_together),
    (("Pad", "PadV2", "MirrorPad"), _padded),
    (("GatherV2", "ResourceGather"), _looked_up),
    (MOVING, _moved),
    (("Split", "SplitV", "Unpack"), _split),
    (RESIZING, _resized),
    (CONVOLVING, _convolved),
    (SPREADING, _spread),
    (POOLING, _pooled),
    (("MatMul", "BatchMatMul", "BatchMatMulV2", "BatchMatMulV3", "Einsum"), _product),
)
