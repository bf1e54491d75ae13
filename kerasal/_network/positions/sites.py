"""The places of the target that the elements of a tensor stand for."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

ROWS = 2  # of the tensors that are followed: enough to see rows that are mixed or folded
Places = Mapping[int, np.ndarray]
"""{axis of the target: its coordinate at each element}, arrays that broadcast to the tensor; NaN where there is none. Axis 0 is the
row; `MARK` is no axis: it tells which elements depend on something."""
MARK = -1


@dataclasses.dataclass(frozen=True, eq=False)
class Sites:
    """The places of the target that the elements of a tensor stand for.

    Attributes:
        shape: of the tensor, for `ROWS` rows.
        layers: `Places`; several where elements stand for several places at once, as the products of queries and keys do.
    """

    shape: tuple[int, ...]
    layers: tuple[Places, ...] = ()

    @classmethod
    def of_target(cls, shape: Sequence[int | None]) -> "Sites":
        """Make those of a target (None, ...): every element stands for itself."""
        whole = (ROWS, *(int(length or 1) for length in shape[1:]))
        places = {
            axis: along(np.arange(length, dtype="float64"), axis, len(whole)) for axis, length in enumerate(whole)
        }
        return cls(whole, (places,))


class Unknown(NamedTuple):
    """The sites of a tensor behind a step whose effect on places is not known.

    Attributes:
        step: the type of the operation.
    """

    step: str


def along(values: np.ndarray, axis: int, rank: int) -> np.ndarray:
    """Put a vector along one of `rank` axes; the others have length 1."""
    return values.reshape([-1 if other == axis else 1 for other in range(rank)])


def varies(array: np.ndarray) -> bool:
    """Tell whether there are two different places in an array."""
    valid = array[~np.isnan(array)]
    return bool(valid.size) and bool(np.ptp(valid) > 1e-3)


def slim(array: np.ndarray) -> np.ndarray:
    """Give length 1 to every axis along which an array is the same."""
    for axis, length in enumerate(array.shape):
        if length > 1:
            first = np.take(array, [0], axis)
            if bool(np.all((array == first) | (np.isnan(array) & np.isnan(first)))):
                array = first
    return array


def mean(array: np.ndarray, axes: Sequence[int]) -> np.ndarray:
    """Average the places over axes that are kept with length 1; those that are none do not count."""
    if all(array.shape[axis] == 1 for axis in axes):
        return array
    valid = ~np.isnan(array)
    count = valid.sum(axis=tuple(axes), keepdims=True)
    total = np.where(valid, array, 0).sum(axis=tuple(axes), keepdims=True)
    return np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)


def joined(shape: tuple[int, ...], parts: Sequence[Sites]) -> Sites:
    """Join the sites of tensors that are combined element by element into a tensor of a shape."""
    layers: list[Places] = []
    for part in parts:
        for layer in part.layers:
            aligned = {axis: _aligned(array, len(shape)) for axis, array in layer.items()}
            for at, known in enumerate(layers):
                both = _both(known, aligned)
                if both is not None:
                    layers[at] = both
                    break
            else:
                layers.append(aligned)
    return Sites(shape, tuple(layers))


def _aligned(array: np.ndarray, rank: int) -> np.ndarray:
    return array.reshape((1,) * (rank - array.ndim) + array.shape)


def _both(one: Places, other: Places) -> Places | None:
    """The places of elements made of two; None where they stand for different ones."""
    found = dict(one)
    for axis, array in other.items():
        if axis == MARK and axis in found:
            found[axis] = np.where(np.isnan(found[axis]), array, found[axis])
        elif axis not in found or not varies(found[axis]):
            found[axis] = array if axis not in found or varies(array) else found[axis]
        elif varies(array):
            joint = _near(found[axis], array)
            joint = _sharper(found[axis], array) if joint is None else joint
            if joint is None:
                return None
            found[axis] = joint
    return found


def _near(one: np.ndarray, other: np.ndarray) -> np.ndarray | None:
    """Coordinates that two arrays agree on, up to less than a step; None where they do not."""
    if one is other:
        return one
    if np.max(np.nan_to_num(np.abs(one - other)), initial=0.0) > 0.75 * _step(one):
        return None
    return np.where(np.isnan(one), other, one)


def _sharper(one: np.ndarray, other: np.ndarray) -> np.ndarray | None:
    """The one of two coordinates whose means the other holds, as those over windows; None where neither is so."""
    shape = np.broadcast_shapes(one.shape, other.shape)
    fine, coarse = np.broadcast_to(one, shape), np.broadcast_to(other, shape)
    return one if _holds_means(coarse, fine) else other if _holds_means(fine, coarse) else None


def _holds_means(coarse: np.ndarray, fine: np.ndarray) -> bool:
    valid = ~(np.isnan(coarse) | np.isnan(fine))
    values, groups = np.unique(np.round(coarse[valid], 3), return_inverse=True)
    if len(values) < 2:
        return False
    means = np.bincount(groups.ravel(), fine[valid]) / np.bincount(groups.ravel())
    return bool(np.all(np.abs(means - values) < 1e-2))


def _step(array: np.ndarray) -> float:
    values = np.unique(np.round(array[~np.isnan(array)], 3))
    return float(np.ptp(values) / max(1, len(values) - 1))
