"""The part of the work that each step of the loop does: boxes of samples one after another, each in chunks of points."""

import dataclasses
from typing import Any, Literal

import numpy as np
import tensorflow as tf

from kerasal._engine.contract import Points

Clean = Literal["alone", "with samples"]
"""Whether the clean pass is a step of its own, or goes ahead of the first samples in their step."""

_COLUMNS = ("low", "high", "clean_samples", "begin", "end"), ("clean", "refers", "first", "last")


@dataclasses.dataclass(frozen=True)
class Packing:
    """The size of one model call.

    Attributes:
        rows: the most of a call; chunk: points of a chunk; points: points in all; references: reference points in all.
        numbers: NumPy, or `tf.experimental.numpy` where the number of examples is a tensor, and so `chunk`.
    """

    rows: int
    chunk: Any
    points: int
    references: int
    numbers: Any = np

    @classmethod
    def of(cls, points: Points, rows: int, count: Any, numbers: Any = np) -> "Packing":
        """Pack the points of a method, for calls of `rows` rows and blocks of `count` examples."""
        chunk = numbers.minimum(points.most, numbers.maximum(1, rows // count))
        return cls(rows, chunk, points.count, points.reference_count, numbers)

    @property
    def first_chunks(self) -> Any:
        """Chunks of reference points, which come first in a box."""
        return -(-self.references // self.chunk)

    @property
    def chunks(self) -> Any:
        """Chunks of a box."""
        return self.first_chunks - (-self.points // self.chunk)

    def samples(self, before: int, total: int, count: Any, *, clean: Clean | None) -> "Schedule":
        """Plan the steps of samples `before` to `total` of `count` examples, with a clean pass or None."""
        width = self.numbers.maximum(1, self.rows // (count * self.chunk))
        return Schedule(self, width, before, total, clean)


@dataclasses.dataclass(frozen=True)
class Schedule:
    """The steps of some samples of a block of examples.

    Attributes:
        packing: the `Packing`.
        width: samples of a box; before: samples done before; total: samples in all, these included.
        clean: how the clean pass is done, where something is random and no samples are done before; else None.
    """

    packing: Packing
    width: Any
    before: int
    total: int
    clean: Clean | None

    @property
    def alone(self) -> int:
        """Steps that are a clean pass alone."""
        return int(self.clean == "alone")

    @property
    def _ahead(self) -> int:
        """Samples of the first box that are clean."""
        return int(self.clean == "with samples")

    @property
    def steps(self) -> Any:
        """The number of steps."""
        samples = self.total - self.before + self._ahead
        return self.alone - (-samples // self.width) * self.packing.chunks

    def between(self, start: int, stop: int) -> tuple[Any, Any]:
        """Steps `start` to `stop` as the loop takes them; see `at`.

        Example:

        >>> numbers, flags = Packing(2, 1, 1, 0).samples(0, 3, 1, clean="alone").between(0, 3)
        >>> numbers[:, :3].tolist()  # the clean pass, samples 0 and 1, sample 2
        [[-1, 0, 1], [0, 2, 0], [2, 3, 0]]
        >>> numbers, flags = Packing(2, 1, 1, 0).samples(0, 3, 1, clean="with samples").between(0, 2)
        >>> numbers[:, :3].tolist()  # the clean pass and sample 0, samples 1 and 2
        [[-1, 1, 1], [1, 3, 0]]
        """
        return self.at(np.arange(start, stop))

    def at(self, t: Any) -> tuple[Any, Any]:
        """Steps as the loop takes them: (int64 (steps, 5), bool (steps, 4)); see `Step`.

        Args:
            t: which steps, int64 (steps,), an array or a tensor as `packing.numbers` takes it.
        """
        packing, numbers = self.packing, self.packing.numbers
        random = self.clean is not None or self.before > 0
        clean = t == 0 if self.clean else t < 0
        since = numbers.maximum(t - self.alone, 0)
        box, position = since // packing.chunks, since % packing.chunks
        low = self.before - self._ahead + box * self.width
        high = numbers.minimum(self.total, low + self.width)
        if self.alone:
            low, high = numbers.where(clean, -1, low), numbers.where(clean, 0, high)
        clean_samples = numbers.where(clean, 1, 0)
        refers = position < packing.first_chunks
        begin = numbers.where(refers, position, position - packing.first_chunks) * packing.chunk
        end = numbers.minimum(begin + packing.chunk, numbers.where(refers, packing.references, packing.points))
        end = numbers.where(clean & refers, 1, end)  # of the references, the clean pass takes the first, the target
        first, last = position == 0, (position == packing.chunks - 1) & (high - low > clean_samples)
        decides = clean | (not random)
        columns, flags = (low, high, clean_samples, begin, end), (decides, refers, first, last)
        return numbers.asarray(numbers.stack(columns, 1), "int64"), numbers.stack(flags, 1)

    def done(self, steps: int) -> int:
        """Count the chunks of samples that are done after so many steps; the clean pass is none."""
        boxes, rest = divmod(max(0, steps - self.alone), self.packing.chunks)
        ends = [max(0, (boxes + more) * self.width - self._ahead) for more in (0, 1)]
        samples = [min(self.total - self.before, end) for end in ends]
        return samples[0] * self.packing.chunks + (samples[1] - samples[0]) * rest


@dataclasses.dataclass(frozen=True)
class Step:
    """One step of the loop, in tensors.

    Samples from `low` to `high` of the box, the first `clean_samples` of which the map does not get; the points from `begin` to
    `end`; whether the step has the `clean` pass, `refers` to reference points, is the `first` or the `last` of its box.
    """

    low: Any
    high: Any
    clean_samples: Any
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
