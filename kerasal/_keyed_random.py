"""Random draws as a pure function of (seed, stream, sample m, example n): what is drawn never depends on how it is batched."""

import dataclasses
import hashlib
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

Distribution = Literal["normal", "uniform"]
"""Mean 0 and variance 1, or from 0 to below 1."""

BLOCK = 16  # samples 16 j to 16 j + 15 belong together, whatever the batch
_PHILOX = 1  # the counter-based generator of Salmon et al. 2011, on every device
_AT_ONCE = 16  # samples drawn by one step: a step of a compiled loop costs more than drawing a few numbers


def _hash64(*words: Any) -> int:
    digest = hashlib.blake2b(repr(words).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little")


def key_of(seed: int) -> NDArray[np.uint64]:
    """Make the generator's key of a seed.

    Args:
        seed: any integer.

    Returns:
        uint64 (1,).
    """
    return np.array([_hash64("seed", int(seed))], dtype=np.uint64)


@dataclasses.dataclass(eq=False)
class Rows:
    """The sample and example that each row of one model call stands for: points × samples × examples, examples fastest.

    Args:
        key: uint64 (1,), from `key_of`.
        samples: int64 (S,), the samples m of this box; None for one sample, number 0.
        first: int64 scalar, position n of the first example.
        examples: int32 scalar, how many examples B the box has.
        clean: whether this is a pass without any dropout, a boolean scalar; samples below 0 have no noise.
        points: how many points K each (sample, example) is evaluated at; None for one.
        salt: tells draws of one stream apart; None for those of the stream itself.

    Attributes:
        count: how many rows, K·S·B.
        repeated: {reference of what `per_example` gave: what it was given}.
    """

    key: tf.Tensor
    samples: tf.Tensor | None
    first: tf.Tensor | int
    examples: tf.Tensor | int
    clean: tf.Tensor | bool = False
    points: tf.Tensor | None = None
    salt: int | None = None
    count: tf.Tensor | int = dataclasses.field(init=False)
    repeated: dict[Any, tf.Tensor] = dataclasses.field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        samples, points = self.samples, self.points
        copies: Any = None if samples is None else tf.size(samples)  # made here, in the outermost graph that uses them
        self._copies = copies if points is None else points if samples is None else copies * points
        self.count = self.examples if self._copies is None else self._copies * self.examples

    @classmethod
    def plain(cls, inputs: list[tf.Tensor]) -> "Rows":
        """Make the rows of flat inputs (B, ...) themselves, without noise or dropout."""
        return cls(tf.zeros([1], tf.uint64), None, 0, tf.shape(inputs[0])[0], clean=True)

    def times(self, points: tf.Tensor) -> "Rows":
        """Make the rows of the same samples and examples, each evaluated at `points` points under the same draws."""
        return Rows(self.key, self.samples, self.first, self.examples, self.clean, points, self.salt)

    def of_samples(self, samples: tf.Tensor) -> "Rows":
        """Make the rows of the same examples and points in other samples, (S,)."""
        return Rows(self.key, samples, self.first, self.examples, self.clean, self.points, self.salt)

    def apart(self, place: int) -> "Rows":
        """Make the same rows with draws of their own, those of the rows themselves for place 0."""
        salt = place or self.salt
        return Rows(self.key, self.samples, self.first, self.examples, self.clean, self.points, salt)

    def per_sample(self, tensor: tf.Tensor) -> tf.Tensor:
        """Repeat (S,) to (rows,)."""
        return self.per_point(tf.repeat(tensor, self.examples))

    def per_example(self, tensor: tf.Tensor) -> tf.Tensor:
        """Repeat (B, ...) to (rows, ...)."""
        if self._copies is None:
            return tensor
        rows = _repeated(tensor, self._copies)
        self.repeated[rows.ref()] = tensor
        return rows

    def mean(self, tensor: tf.Tensor) -> tf.Tensor:
        """Average (rows, ...) over samples and points, (B, ...)."""
        boxes = tf.concat([[-1, self.examples], tf.shape(tensor)[1:]], 0)
        return tf.reduce_mean(tf.reshape(tensor, boxes), 0)

    def first_of(self, tensor: tf.Tensor) -> tf.Tensor:
        """Take what the first sample and point of each example have, (B, ...), the first of (rows, ...)."""
        return tensor if self._copies is None else tensor[: self.examples]

    def of_first(self, tensor: tf.Tensor) -> tf.Tensor:
        """Repeat this for all rows."""
        return tensor if self._copies is None else _repeated(self.first_of(tensor), self._copies)

    def per_point(self, tensor: tf.Tensor) -> tf.Tensor:
        """Repeat (S·B, ...) to (rows, ...)."""
        return tensor if self.points is None else _repeated(tensor, self.points)

    @property
    def is_clean(self) -> tf.Tensor:
        """Tell which rows are of the clean input, boolean (rows,)."""
        samples: Any = self.samples
        return self.per_sample(samples < 0)

    def in_samples(self, strength: float) -> tf.Tensor:
        """Give the strength of something random: 0 in the clean pass."""
        return tf.where(self.clean, 0.0, strength)

    def draw(self, distribution: Distribution, stream: Any, size: tf.Tensor | int) -> tf.Tensor:
        """Draw the numbers of one stream for every row.

        Args:
            distribution: "normal" (mean 0, variance 1) or "uniform" (in [0, 1)).
            stream: any printable constant; each has draws of its own.
            size: int32 scalar, numbers per (sample, example).

        Returns:
            float32 (rows, size); points of one sample share its draws.
        """
        samples = tf.zeros([1], tf.int64) if self.samples is None else self.samples
        words = (stream,) if self.salt is None else (stream, self.salt)
        key = self.key + tf.constant(_hash64("stream", *words), tf.uint64)
        first = tf.cast(self.first, tf.int64)
        return self.per_point(_DRAWS[distribution](key, samples, first, self.examples, tf.cast(size, tf.int32)))


def _repeated(tensor: tf.Tensor, copies: tf.Tensor) -> tf.Tensor:
    return tf.tile(tensor, tf.stack([copies] + [1] * (tensor.shape.rank - 1)))


_SIGNATURE = [
    tf.TensorSpec([1], tf.uint64),
    tf.TensorSpec([None], tf.int64),
    tf.TensorSpec([], tf.int64),
    tf.TensorSpec([], tf.int32),
    tf.TensorSpec([], tf.int32),
]


def _draws(kernel: Callable[..., tf.Tensor]) -> Callable[..., tf.Tensor]:
    """Compile a function of (key, samples (S,), first, B, size) that draws (S · B, size); one for all streams of all loops."""

    def draws(key: tf.Tensor, samples: tf.Tensor, first: tf.Tensor, examples: tf.Tensor, size: tf.Tensor) -> tf.Tensor:
        blocks = (size + 3) // 4  # a Philox block is four numbers; low word of the counter: the example, high word: m
        low = tf.cast(first * tf.cast(blocks, tf.int64), tf.uint64)
        count = tf.size(samples)
        groups = (count + _AT_ONCE - 1) // _AT_ONCE
        pad = groups * _AT_ONCE - count  # of the last group: samples of no examples
        high = tf.cast(tf.pad(samples, [[0, pad]]), tf.uint64)
        counters = tf.stack([tf.fill(tf.shape(high), low), high], 1)
        of_each = tf.concat([tf.fill([count], examples), tf.zeros([pad], tf.int32)], 0)
        shapes = tf.stack([of_each, tf.fill(tf.shape(of_each), 4 * blocks)], 1)

        def of_group(i: tf.Tensor, drawn: tf.TensorArray) -> tuple[tf.Tensor, tf.TensorArray]:
            here = slice(i * _AT_ONCE, (i + 1) * _AT_ONCE)
            each = zip(tf.unstack(shapes[here], _AT_ONCE), tf.unstack(counters[here], _AT_ONCE), strict=True)
            samples = [kernel(shape=shape, key=key, counter=counter, alg=_PHILOX) for shape, counter in each]
            return i + 1, drawn.write(i, tf.concat(samples, 0))

        drawn = tf.TensorArray(tf.float32, groups, infer_shape=False, element_shape=[None, None])
        _, drawn = tf.while_loop(lambda i, _: i < groups, of_group, (0, drawn))
        return drawn.concat()[:, :size]

    compiled: Callable[..., tf.Tensor] = tf.function(draws, input_signature=_SIGNATURE, autograph=False)
    return compiled


_DRAWS = {
    "normal": _draws(tf.raw_ops.StatelessRandomNormalV2),
    "uniform": _draws(tf.raw_ops.StatelessRandomUniformV2),
}


def stratified_draws(rows: Rows, distribution: Distribution, stream: Any, size: tf.Tensor | int) -> tf.Tensor:
    """Draw as `Rows.draw` does, in blocks that are Latin hypercubes (McKay, Beckman and Conover 1979).

    In a block every number of an example visits each of 16 equally likely strata once, in an order of its own: stratum
    (a·i + b) mod 16 for sample i of the block, a odd, a and b drawn for each number. Each sample alone is distributed, and its
    numbers are independent, as without strata.

    Args:
        rows: the rows, with `samples`.
        distribution: "normal" or "uniform".
        stream: any printable constant.
        size: int32 scalar, numbers per (sample, example).

    Returns:
        float32 (rows, size).
    """
    jitter = rows.draw("uniform", stream, size)
    samples: Any = rows.samples
    drawn = rows.of_samples(samples // BLOCK).draw("uniform", (stream, "order of strata"), size)
    order = tf.cast(drawn * (8 * BLOCK), tf.int32)
    odd, shift = 2 * (order % 8) + 1, order // 8
    in_block = tf.cast(rows.per_sample(samples % BLOCK), tf.int32)[:, None]
    stratum = tf.cast((odd * in_block + shift) % BLOCK, tf.float32)
    if distribution == "uniform":
        return (stratum + jitter) / BLOCK
    jitter += 2.0**-24  # in the middle of its steps of 2⁻²³: never 0 or 1
    is_low = stratum < BLOCK // 2  # the upper half mirrors the lower, where small numbers have all their digits
    below = tf.where(is_low, stratum + jitter, BLOCK - stratum - jitter)
    normal = tf.math.ndtri(below / BLOCK)
    return tf.where(is_low, normal, -normal)
