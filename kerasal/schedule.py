"""Which part of the work a step of the loop does: boxes of samples one after another, each in chunks of points."""

import dataclasses
from typing import Any

import tensorflow as tf


@dataclasses.dataclass(frozen=True)
class Packing:
    """How much goes into one step, integers or tensors of them.

    Attributes:
        width: samples of a box; total: samples in all.
        chunk: points of a chunk; points: points in all; references: reference points in all.
        with_clean: whether step 0 is the clean pass, that is, whether anything is random.
    """

    width: Any
    total: Any
    chunk: Any
    points: Any
    references: Any
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

    def at(self, t):
        """The `Step` at position t, an int64 scalar tensor."""
        if not self.with_clean:
            return self._of_box(t, tf.zeros([1], tf.int64), True)
        clean = tf.equal(t, 0)  # the clean pass is sample −1
        box = tf.maximum(t - 1, 0) // self.chunks
        low = tf.where(clean, -tf.ones_like(t), box * self.width)
        high = tf.where(clean, tf.zeros_like(t), tf.minimum(self.total, (box + 1) * self.width))
        return self._of_box(tf.maximum(t - 1, 0) % self.chunks, tf.range(low, high), clean)

    def _of_box(self, position, samples, clean):
        refers = position < self.first_chunks
        begin = tf.where(refers, position, position - self.first_chunks) * self.chunk
        end = tf.minimum(begin + self.chunk, tf.where(refers, self.references, self.points))
        if self.with_clean:  # of the references, the clean pass takes the first, the target
            end = tf.where(clean & refers, tf.ones_like(end), end)
        last = tf.equal(position, self.chunks - 1)
        return Step(
            samples, clean, refers, tf.equal(position, 0), last if not self.with_clean else last & ~clean, begin, end
        )


@dataclasses.dataclass(frozen=True)
class Step:
    """One step: `samples` of the box; whether it is the `clean` pass, `refers` to reference points, is the `first` or the
    `last` of its box; the points from `begin` to `end`."""

    samples: Any
    clean: Any
    refers: Any
    first: Any
    last: Any
    begin: Any
    end: Any
