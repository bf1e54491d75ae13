"""The part of the work that each step of the loop does: boxes of samples one after another, each in chunks of points."""

import dataclasses
from typing import Any

import numpy as np
import tensorflow as tf

_COLUMNS = ("low", "high", "kept", "begin", "end"), ("clean", "refers", "first", "last")


@dataclasses.dataclass(frozen=True)
class Packing:
    """The size of one model call.

    Attributes:
        rows: the most of a call; chunk: points of a chunk; points: points in all; references: reference points in all.
    """

    rows: int
    chunk: int
    points: int
    references: int

    @property
    def first_chunks(self) -> int:
        """Chunks of reference points, which come first in a box."""
        return -(-self.references // self.chunk)

    @property
    def chunks(self) -> int:
        """Chunks of a box."""
        return self.first_chunks - (-self.points // self.chunk)

    def samples(self, before: int, total: int, count: int, *, with_clean: bool) -> "Schedule":
        """Plan the steps of samples `before` to `total` of `count` examples."""
        return Schedule(self, max(1, self.rows // (count * self.chunk)), before, total, with_clean)


@dataclasses.dataclass(frozen=True)
class Schedule:
    """The steps of some samples of a block of examples.

    Attributes:
        packing: the `Packing`.
        width: samples of a box; before: samples done before; total: samples in all, these included.
        with_clean: whether step 0 is the clean pass: something is random, and no samples are done before.
    """

    packing: Packing
    width: int
    before: int
    total: int
    with_clean: bool

    @property
    def steps(self) -> int:
        """The number of steps."""
        return int(self.with_clean) - (-(self.total - self.before) // self.width) * self.packing.chunks

    def between(self, start: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
        """Steps `start` to `stop` as the loop takes them: (int64 (steps, 5), bool (steps, 4)); see `Step`.

        Example:

        >>> numbers, flags = Packing(2, 1, 1, 0).samples(0, 3, 1, with_clean=True).between(0, 3)
        >>> numbers[:, :3].tolist()  # the clean pass, samples 0 and 1, sample 2
        [[-1, 0, 0], [0, 2, 2], [2, 3, 1]]
        """
        packing, t = self.packing, np.arange(start, stop)
        random = self.with_clean or self.before > 0
        clean = (t == 0) if self.with_clean else np.zeros(len(t), bool)
        box, position = np.divmod(np.maximum(t - self.with_clean, 0), packing.chunks)
        low = self.before + box * self.width
        high = np.minimum(self.total, low + self.width)
        low, high, kept = np.where(clean, -1, low), np.where(clean, 0, high), np.where(clean, 0, high - low)
        refers = position < packing.first_chunks
        begin = np.where(refers, position, position - packing.first_chunks) * packing.chunk
        end = np.minimum(begin + packing.chunk, np.where(refers, packing.references, packing.points))
        end = np.where(clean & refers, 1, end)  # of the references, the clean pass takes the first, the target
        first, last = position == 0, (position == packing.chunks - 1) & (kept > 0)
        decides = clean | (not random)
        numbers, flags = (low, high, kept, begin, end), (decides, refers, first, last)
        return np.stack(numbers, 1).astype("int64"), np.stack(flags, 1)

    def done(self, steps: int) -> int:
        """Count the chunks of samples that are done after so many steps; the clean pass is none."""
        boxes, rest = divmod(max(0, steps - self.with_clean), self.packing.chunks)
        samples = [min(self.total - self.before, (boxes + more) * self.width) for more in (0, 1)]
        return samples[0] * self.packing.chunks + (samples[1] - samples[0]) * rest


@dataclasses.dataclass(frozen=True)
class Step:
    """One step of the loop, in tensors.

    Samples from `low` to `high` of the box, of which the map gets `kept`; the points from `begin` to `end`;
    whether the step belongs to the `clean` pass, `refers` to reference points, is the `first` or the `last` of its box.
    """

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
    def at(cls, t: tf.Tensor, schedule: Any) -> "Step":
        """Return the step in row t, an int32 scalar tensor, of what `Schedule.between` gave."""
        parts = (tf.unstack(tf.gather(rows, t), len(names)) for rows, names in zip(schedule, _COLUMNS, strict=True))
        return cls(*(part for group in parts for part in group))
