"""The part of each tensor of a network that a window changes, computed alone: a patch, and around it the clean pass."""

import dataclasses
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from kerasal._incremental.reach import Joining, Padding, Pointwise, Reaches, Sliding
from kerasal._network.graphs import again


@dataclasses.dataclass(frozen=True, eq=False)
class Patch:
    """The changed part of a tensor.

    Attributes:
        values: (rows, *counts of the reaches, channels); what lies outside of the picture means nothing.
        reaches: along height and width.
        clean: the whole tensor of the clean pass, (R, height, width, channels).
    """

    values: tf.Tensor
    reaches: Reaches
    clean: tf.Tensor


class _Positions(NamedTuple):
    """Positions in a tensor.

    Attributes:
        y: (rows, height), clipped to the tensor.
        x: (rows, width), clipped to the tensor.
        inside: (rows, height, width, 1), False where a position was clipped.
    """

    y: tf.Tensor
    x: tf.Tensor
    inside: tf.Tensor


class Patches:
    """Patches of windows.

    Args:
        starts: of the windows, int32 (rows, 2): rows are windows × R, the latter fastest.
        count: R.
    """

    def __init__(self, starts: tf.Tensor, count: tf.Tensor) -> None:
        self._starts = starts
        self._rows = tf.range(tf.shape(starts)[0])
        self._clean_rows = self._rows % count
        self._known: dict[Any, _Positions] = {}  # of patches of tensors of a size

    def cut(self, tensor: tf.Tensor, reaches: Reaches) -> tf.Tensor:
        """Cut the values of the first patch out of a tensor (rows, height, width, channels) that is changed already."""
        return _taken(tensor, self._rows, self._positions(reaches, tensor))

    def passed(self, operation: tf.Operation, patches: Mapping[int, Patch], kind: Pointwise, reaches: Reaches) -> Patch:
        """Compute what an operation of the clean pass makes of patches.

        Args:
            operation: of the clean pass.
            patches: {index of an input that changes: its patch}.
            kind: how a change passes the operation; see `kind_of`.
            reaches: of its output.
        """
        if isinstance(kind, Padding):
            return Patch(self._within(patches[0], kind.outside), reaches, operation.outputs[0])
        if isinstance(kind, Sliding):
            values = {0: self._extended(patches[0], kind.sources(reaches), kind.outside)}
        elif isinstance(kind, Joining):
            values = {index: self._extended(patch, reaches) for index, patch in patches.items()}
        else:
            values = {index: patch.values for index, patch in patches.items()}
        inputs = [values.get(index, tensor) for index, tensor in enumerate(operation.inputs)]
        valid = {"padding": b"VALID"} if isinstance(kind, Sliding) else {}
        return Patch(again(operation, inputs, **valid), reaches, operation.outputs[0])

    def pasted(self, patch: Patch) -> tf.Tensor:
        """Paste a patch into the clean tensor: the whole changed tensor, (rows, height, width, channels)."""
        lengths, firsts = patch.clean.shape[1:3], self._firsts(patch.reaches)
        along = [tf.range(length) - first[:, None] for length, first in zip(lengths, firsts, strict=True)]
        positions = _clipped(along, patch.values.shape)
        values = _taken(patch.values, self._rows, positions)
        return tf.where(positions.inside, values, tf.gather(patch.clean, self._clean_rows))

    def _firsts(self, reaches: Reaches) -> list[tf.Tensor]:
        """Find the first position of every row's patch along height and along width, (rows,) each."""
        return [self._starts[:, axis] // reach.jump + reach.offset for axis, reach in enumerate(reaches)]

    def _positions(self, reaches: Reaches, tensor: tf.Tensor) -> _Positions:
        """Find the positions of every row's patch in a tensor."""
        key = (reaches, *tensor.shape[1:3])
        if key not in self._known:
            firsts = self._firsts(reaches)
            along = [first[:, None] + tf.range(reach.count) for first, reach in zip(firsts, reaches, strict=True)]
            self._known[key] = _clipped(along, tensor.shape)
        return self._known[key]

    def _extended(self, patch: Patch, reaches: Reaches, outside: Any = None) -> tf.Tensor:
        """Compute the changed tensor in other reaches: the patch, and around it the clean pass.

        Args:
            patch: the patch.
            reaches: of what is wanted.
            outside: the number beyond the picture; None where it means nothing.
        """
        if reaches != patch.reaches:
            values, is_patch = _fitted(patch, reaches)
            around = _taken(patch.clean, self._clean_rows, self._positions(reaches, patch.clean))
            patch = dataclasses.replace(patch, values=tf.where(is_patch, values, around), reaches=reaches)
        return patch.values if outside is None else self._within(patch, outside)

    def _within(self, patch: Patch, outside: Any) -> tf.Tensor:
        """Give the values of a patch, with `outside` beyond the picture."""
        inside = self._positions(patch.reaches, patch.clean).inside
        return tf.where(inside, patch.values, tf.cast(outside, patch.values.dtype))


def _fitted(patch: Patch, reaches: Reaches) -> tuple[tf.Tensor, Any]:
    """Cut and pad the values of a patch to other reaches; True where they are the patch's, (1, height, width, 1)."""
    both = list(zip(patch.reaches, reaches, strict=True))
    lows = [max(own.offset, wanted.offset) for own, wanted in both]
    highs = [min(own.end, wanted.end) for own, wanted in both]
    y, x = (
        slice(low - own.offset, high - own.offset) for low, high, own in zip(lows, highs, patch.reaches, strict=True)
    )
    edges = [[low - wanted.offset, wanted.end - high] for low, high, wanted in zip(lows, highs, reaches, strict=True)]
    values = tf.pad(patch.values[:, y, x], [[0, 0], *edges, [0, 0]])
    is_patch = np.pad(np.ones([1, *np.subtract(highs, lows), 1], bool), [(0, 0), *edges, (0, 0)])
    return values, is_patch


def _clipped(along: list[tf.Tensor], shape: tf.TensorShape) -> _Positions:
    """Clip positions along height and width to a tensor of that shape."""
    y, x = (tf.clip_by_value(at, 0, length - 1) for at, length in zip(along, shape[1:3], strict=True))
    in_height, in_width = ((at >= 0) & (at < length) for at, length in zip(along, shape[1:3], strict=True))
    return _Positions(y, x, in_height[:, :, None, None] & in_width[:, None, :, None])


def _taken(tensor: tf.Tensor, rows: tf.Tensor, positions: _Positions) -> tf.Tensor:
    """Take positions of a tensor's rows (rows,): (rows, height, width, channels)."""
    height, width, channels = tensor.shape[1:]
    flat = ((rows[:, None] * height + positions.y)[:, :, None] * width) + positions.x[:, None, :]
    return tf.gather(tf.reshape(tensor, [-1, channels]), flat)
