"""Sites behind operations that move elements: reshapes, transposes, parts of tensors, tensors put together."""

import math
from collections.abc import Callable, Sequence

import numpy as np
import tensorflow as tf

from kerasal._network.positions.constants import run
from kerasal._network.positions.sites import Places, Sites, slim

Values = Callable[[tf.Tensor], np.ndarray | None]


def reshaped(sites: Sites, shape: Sequence[int]) -> Sites | None:
    """Find the sites of a tensor that is given another shape, in which at most one length is -1."""
    total = math.prod(sites.shape)
    known = math.prod(length for length in shape if length != -1)
    if not known or total % known:
        return None
    whole = tuple(total // known if length == -1 else int(length) for length in shape)
    if math.prod(whole) != total:
        return None
    groups = _groups(sites.shape, whole)
    return Sites(whole, tuple({key: _regrouped(array, groups) for key, array in each.items()} for each in sites.layers))


def _groups(before: Sequence[int], after: Sequence[int]) -> list[tuple[list[int], list[int]]]:
    """Pair the fewest neighbouring lengths of two shapes that hold as many elements."""
    found, one, other = list[tuple[list[int], list[int]]](), list(before), list(after)
    while one or other:
        left, right = [one.pop(0)] if one else [], [other.pop(0)] if other else []
        while math.prod(left) != math.prod(right):
            if math.prod(left) < math.prod(right):
                left.append(one.pop(0))
            else:
                right.append(other.pop(0))
        found.append((left, right))
    return found


def _regrouped(array: np.ndarray, groups: list[tuple[list[int], list[int]]]) -> np.ndarray:
    lengths, shape, place = list(array.shape), list[int](), 0
    wide = list(array.shape)
    for before, after in groups:
        own = lengths[place : place + len(before)]
        flat = all(length == 1 for length in own)
        wide[place : place + len(before)] = own if flat else before[: len(own)]
        shape += [1] * len(after) if flat else after
        place += len(before)
    return slim(np.broadcast_to(array, wide[: array.ndim]).reshape(shape))


def transposed(sites: Sites, order: Sequence[int]) -> Sites:
    """Find the sites of a tensor whose axes are put into another order."""
    layers = tuple({key: array.transpose(order) for key, array in each.items()} for each in sites.layers)
    return Sites(tuple(sites.shape[axis] for axis in order), layers)


def put_together(parts: Sequence[Sites], axis: int) -> Sites | None:
    """Find the sites of tensors put together along an axis; those without places have none there."""
    depth = max(len(part.layers) for part in parts)
    if depth > 1:
        return None
    length = sum(part.shape[axis] for part in parts)
    shape = tuple(length if other == axis else each for other, each in enumerate(parts[0].shape))
    keys = {key for part in parts for layer in part.layers for key in layer}
    places = {}
    for key in keys:
        arrays = [_whole_along(part, key, axis) for part in parts]
        wide = np.broadcast_shapes(*(_without(array.shape, axis) for array in arrays))
        full = [np.broadcast_to(array, _with(wide, axis, array.shape[axis])) for array in arrays]
        places[key] = slim(np.concatenate(full, axis))
    return Sites(shape, (places,))


def _whole_along(part: Sites, key: int, axis: int) -> np.ndarray:
    rank = len(part.shape)
    array = part.layers[0].get(key) if part.layers else None
    array = np.full([1] * rank, np.nan) if array is None else array
    return np.broadcast_to(array, _with(array.shape, axis, part.shape[axis]))


def _without(shape: Sequence[int], axis: int) -> tuple[int, ...]:
    return _with(shape, axis, 1)


def _with(shape: Sequence[int], axis: int, length: int) -> tuple[int, ...]:
    return tuple(length if other == axis else each for other, each in enumerate(shape))


def padded(sites: Sites, paddings: np.ndarray) -> Sites:
    """Find the sites of a tensor that elements are put around, which have no place of their own."""
    shape = tuple(length + int(extra.sum()) for length, extra in zip(sites.shape, paddings, strict=True))

    def wider(array: np.ndarray) -> np.ndarray:
        extra = [(0, 0) if n == 1 else tuple(map(int, pair)) for n, pair in zip(array.shape, paddings, strict=True)]
        return np.pad(array, extra, constant_values=np.nan)

    return Sites(shape, tuple({key: wider(array) for key, array in each.items()} for each in sites.layers))


def moved_by(operation: tf.Operation, sites: Sites, place: int, values: Values, output: int = 0) -> Sites | None:
    """Find the sites of what an operation that only moves elements makes, by running it on the places.

    Args:
        operation: of the graph.
        sites: of its input number `place`; the others are constants.
        place: number of the input that is moved.
        values: gives the value of a constant.
        output: must be 0.

    Returns:
        The sites; None where a constant is not known.
    """
    others = [None if n == place else values(each) for n, each in enumerate(operation.inputs)]
    if output or any(each is None and n != place for n, each in enumerate(others)):
        return None
    shape: tuple[int, ...] = ()

    def moved(array: np.ndarray) -> np.ndarray:
        nonlocal shape
        low = float(np.nanmin(array, initial=np.inf)) - 1 if not np.isnan(array).all() else 0.0
        full = np.broadcast_to(np.nan_to_num(array - low), sites.shape)  # what is put in are zeros
        found = run(operation, [full if n == place else each for n, each in enumerate(others)])
        shape = found.shape
        return slim(np.where(found == 0, np.nan, found + low))

    layers: tuple[Places, ...] = tuple({key: moved(array) for key, array in each.items()} for each in sites.layers)
    return Sites(shape, layers) if layers else None


def taken(sites: Sites, axis: int, places: Sequence[int]) -> Sites:
    """Find the sites of some positions along an axis."""

    def each(array: np.ndarray) -> np.ndarray:
        return array if array.shape[axis] == 1 else slim(np.take(array, list(places), axis))

    layers = tuple({key: each(array) for key, array in layer.items()} for layer in sites.layers)
    return Sites(_with(sites.shape, axis, len(places)), layers)
