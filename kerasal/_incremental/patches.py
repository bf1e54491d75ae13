"""What a window changes in each tensor of a network, computed alone: a patch, and around it what the clean pass gives."""

import dataclasses
from typing import Any

import numpy as np
import tensorflow as tf

from kerasal._incremental.reach import Joining, Padding, Reach, Sliding
from kerasal._network.graphs import again


@dataclasses.dataclass
class Patch:
    """The changed part of a tensor.

    Attributes:
        values: (rows, *counts of the reaches, channels); what lies outside of the picture means nothing.
        reaches: (Reach, Reach).
        clean: the whole tensor of the clean pass, (R, height, width, channels).
    """

    values: Any
    reaches: tuple[Reach, Reach]
    clean: Any


class Patches:
    """Patches of windows.

    Args:
        starts: of the windows, int32 (rows, 2): rows are windows × R, the latter fastest.
        count: R.
    """

    def __init__(self, starts, count):
        self._starts = starts
        self._rows = tf.range(tf.shape(starts)[0])
        self._clean_rows = self._rows % count
        self._places: dict = {}  # of patches of tensors of a size

    def cut(self, tensor, reaches):
        """The first patch, out of a tensor (rows, height, width, channels) that is changed already."""
        return _taken(tensor, self._rows, *self._place(reaches, tensor)[:2])

    def behind(self, operation, patches, kind, reaches):
        """What an operation of the clean pass makes of patches of those of its inputs that change.

        Args:
            operation: of the clean pass.
            patches: {position of the input: Patch}.
            kind: how a change passes the operation; see `kind_of`.
            reaches: of its output.
        """
        if isinstance(kind, Padding):
            return Patch(self._within(patches[0], kind.outside), reaches, operation.outputs[0])
        if isinstance(kind, Sliding):
            values = {0: self._extended(patches[0], kind.sources(reaches), kind.outside)}
        elif isinstance(kind, Joining):
            values = {place: self._extended(patch, reaches) for place, patch in patches.items()}
        else:
            values = {place: patch.values for place, patch in patches.items()}
        inputs = [values.get(place, tensor) for place, tensor in enumerate(operation.inputs)]
        valid = {"padding": b"VALID"} if isinstance(kind, Sliding) else {}
        return Patch(again(operation, inputs, **valid), reaches, operation.outputs[0])

    def pasted(self, patch):
        """The whole changed tensor, (rows, height, width, channels)."""
        firsts = self._firsts(patch.reaches)
        along = [tf.range(length) - first[:, None] for first, length in zip(firsts, patch.clean.shape[1:3])]
        inside = _inside(along, patch.values.shape)
        values = _taken(patch.values, self._rows, *_clipped(along, patch.values.shape))
        return tf.where(inside, values, tf.gather(patch.clean, self._clean_rows))

    def _firsts(self, reaches):
        """The first position of every row's patch along height and along width, (rows,) each."""
        return [self._starts[:, axis] // along.jump + along.offset for axis, along in enumerate(reaches)]

    def _place(self, reaches, tensor):
        """Positions in a tensor, clipped to it, (rows, height) and (rows, width), and which are inside, (rows, height, width, 1)."""
        key = (reaches, *tensor.shape[1:3])
        if key not in self._places:
            along = [first[:, None] + tf.range(each.count) for first, each in zip(self._firsts(reaches), reaches)]
            self._places[key] = (*_clipped(along, tensor.shape), _inside(along, tensor.shape))
        return self._places[key]

    def _extended(self, patch, reaches, outside=None):
        """The changed tensor in other reaches: the patch, around it the clean pass, and `outside`, if given, beyond the
        picture."""
        if reaches != patch.reaches:
            own = [slice(along.offset, along.offset + along.count) for along in patch.reaches]
            wanted = [slice(along.offset, along.offset + along.count) for along in reaches]
            lows = [max(a.start, b.start) for a, b in zip(own, wanted)]
            highs = [min(a.stop, b.stop) for a, b in zip(own, wanted)]
            y, x = (slice(low - a.start, high - a.start) for low, high, a in zip(lows, highs, own))
            edges = [[low - b.start, b.stop - high] for low, high, b in zip(lows, highs, wanted)]
            values = tf.pad(patch.values[:, y, x], [[0, 0], *edges, [0, 0]])
            is_patch = np.pad(np.ones([1, *np.subtract(highs, lows), 1], bool), [(0, 0), *edges, (0, 0)])
            around = _taken(patch.clean, self._clean_rows, *self._place(reaches, patch.clean)[:2])
            patch = dataclasses.replace(patch, values=tf.where(is_patch, values, around), reaches=reaches)
        return patch.values if outside is None else self._within(patch, outside)

    def _within(self, patch, outside):
        """Values of a patch, with `outside` beyond the picture."""
        inside = self._place(patch.reaches, patch.clean)[2]
        return tf.where(inside, patch.values, tf.cast(outside, patch.values.dtype))


def _clipped(along, shape):
    return [tf.clip_by_value(at, 0, length - 1) for at, length in zip(along, shape[1:3])]


def _inside(along, shape):
    y, x = ((at >= 0) & (at < length) for at, length in zip(along, shape[1:3]))
    return y[:, :, None, None] & x[:, None, :, None]


def _taken(tensor, rows, y, x):
    """Of a tensor's rows (rows,) the positions y (rows, height) and x (rows, width): (rows, height, width, channels)."""
    height, width, channels = tensor.shape[1:]
    flat = ((rows[:, None] * height + y)[:, :, None] * width) + x[:, None, :]
    return tf.gather(tf.reshape(tensor, [-1, channels]), flat)
