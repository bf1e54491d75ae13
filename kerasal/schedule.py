"""Which part of the work a step of the loop does: boxes of samples one after another, each in chunks of points."""

import dataclasses
from typing import Any

import numpy as np
import tensorflow as tf

_COLUMNS = ("low", "high", "kept", "begin", "end"), ("clean", "refers", "first", "last")


@dataclasses.dataclass(frozen=True)
class Packing:
    """How much goes into one step.

    Attributes:
        width: samples of a box; total: samples in all.
        chunk: points of a chunk; points: points in all; references: reference points in all.
        with_clean: whether step 0 is the clean pass, that is, whether anything is random.
    """

    width: int
    total: int
    chunk: int
    points: int
    references: int
    with_clean: bool

    @property
    def first_chunks(self):
        """Chunks of reference points, which come first in a box."""
        return -(-self.references // self.chunk)

    @property
    def chunks(self):
        """Chunks of a box."""
        return self.first_chunks - (-self.points // self.chunk)

    @property
    def steps(self):
        """Steps of the whole work."""
        return int(self.with_clean) - (-self.total // self.width) * self.chunks

    def between(self, start, stop):
        """Steps `start` to `stop` as the loop takes them: (int64 (steps, 5), bool (steps, 4)); see `Step`.

        Example:

        >>> numbers, flags = Packing(2, 3, 1, 1, 0, True).between(0, 3)
        >>> numbers[:, :3].tolist()  # the clean pass, samples 0 and 1, sample 2
        [[-1, 0, 0], [0, 2, 2], [2, 3, 1]]
        """
        t = np.arange(start, stop)
        clean = (t == 0) if self.with_clean else np.ones(len(t), bool)
        box, position = np.divmod(np.maximum(t - self.with_clean, 0), self.chunks)
        low, high = box * self.width, np.minimum(self.total, (box + 1) * self.width)
        kept = high - low
        if self.with_clean:  # the clean pass is sample −1, and no sample of the map
            low, high, kept = np.where(clean, -1, low), np.where(clean, 0, high), np.where(clean, 0, kept)
        refers = position < self.first_chunks
        begin = np.where(refers, position, position - self.first_chunks) * self.chunk
        end = np.minimum(begin + self.chunk, np.where(refers, self.references, self.points))
        if self.with_clean:  # of the references, the clean pass takes the first, the target
            end = np.where(clean & refers, 1, end)
        first, last = position == 0, (position == self.chunks - 1) & (kept > 0)
        numbers, flags = (low, high, kept, begin, end), (clean, refers, first, last)
        return np.stack(numbers, 1).astype("int64"), np.stack(flags, 1)

    def done(self, steps):
        """How many chunks of samples are done after so many steps; the clean pass is none."""
        boxes, rest = divmod(max(0, steps - self.with_clean), self.chunks)
        samples = [min(self.total, (boxes + more) * self.width) for more in (0, 1)]
        return samples[0] * self.chunks + (samples[1] - samples[0]) * rest


@dataclasses.dataclass(frozen=True)
class Step:
    """One step, tensors: samples from `low` to `high` of the box, of which the map gets `kept`; the points from `begin` to
    `end`; whether the step belongs to the `clean` pass, `refers` to reference points, is the `first` or the `last` of its box."""

    low: Any
    high: Any
    kept: Any
    begin: Any
    end: Any
    clean: Any
    refers: Any
    first: Any
    last: Any

    specs = tf.TensorSpec([None, len(_COLUMNS[0])], tf.int64), tf.TensorSpec([None, len(_COLUMNS[1])], tf.bool)

    @classmethod
    def at(cls, t, schedule):
        """The step in row t, an int32 scalar tensor, of what `Packing.between` gave."""
        parts = (tf.unstack(tf.gather(rows, t), len(names)) for rows, names in zip(schedule, _COLUMNS))
        return cls(*(part for group in parts for part in group))
