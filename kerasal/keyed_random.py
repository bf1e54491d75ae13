"""Random draws as a pure function of (seed, stream, sample m, example n): what is drawn never depends on how it is batched."""

import hashlib

import numpy as np
import tensorflow as tf

_PHILOX = 1  # the counter-based generator of Salmon et al. 2011, on every device
_KERNELS = {"normal": tf.raw_ops.StatelessRandomNormalV2, "uniform": tf.raw_ops.StatelessRandomUniformV2}


def _hash64(*words):
    digest = hashlib.blake2b(repr(words).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little")


def key_of(seed):
    """The generator's key for a seed, shape (1,), uint64."""
    return np.array([_hash64("seed", int(seed))], dtype=np.uint64)


class Rows:
    """Which sample and example each row of one model call stands for: points × samples × examples, examples fastest.

    Args:
        key: uint64 tensor (1,), from `key_of`.
        samples: int64 tensor (S,), the samples m of this box.
        first: int64 scalar tensor, position n of the first example.
        examples: int32 scalar tensor, how many examples B the box has.
        clean: boolean scalar tensor, or False: the pass without any noise or dropout.
    """

    def __init__(self, key, samples, first, examples, clean=False, points=None):
        self.key, self.samples, self.first, self.examples, self.clean = key, samples, first, examples, clean
        self.points = points

    def times(self, points):
        """The same samples and examples, each evaluated at `points` points under the same draws."""
        return Rows(self.key, self.samples, self.first, self.examples, self.clean, points)

    @property
    def boxed(self):
        """How many (sample, example) pairs: S·B."""
        return tf.size(self.samples) * self.examples

    @property
    def count(self):
        """How many rows: K·S·B."""
        return self.boxed if self.points is None else self.boxed * self.points

    def per_example(self, tensor):
        """(B, ...) -> (rows, ...)."""
        copies = tf.size(self.samples) if self.points is None else tf.size(self.samples) * self.points
        return tf.tile(tensor, tf.concat([[copies], tf.ones([tf.rank(tensor) - 1], tf.int32)], 0))

    def per_point(self, tensor):
        """(S·B, ...) -> (rows, ...)."""
        if self.points is None:
            return tensor
        return tf.tile(tensor, tf.concat([[self.points], tf.ones([tf.rank(tensor) - 1], tf.int32)], 0))

    def draw(self, distribution, stream, size):
        """Draws of one stream for every row.

        Args:
            distribution: "normal" (mean 0, variance 1) or "uniform" (in [0, 1)).
            stream: any printable constant; each has draws of its own.
            size: scalar int32, numbers per (sample, example).

        Returns:
            float32 (rows, size); points of one sample share its draws.
        """
        kernel = _KERNELS[distribution]
        key = self.key + tf.constant(_hash64("stream", stream), tf.uint64)
        blocks = (
            size + 3
        ) // 4  # one Philox block is four numbers; the counter's low word is the example, the high word m
        low = tf.cast(self.first * tf.cast(blocks, tf.int64), tf.uint64)
        shape = tf.stack([self.examples, 4 * blocks])

        def of_sample(m):
            return kernel(shape=shape, key=key, counter=tf.stack([low, tf.cast(m, tf.uint64)]), alg=_PHILOX)

        drawn = tf.map_fn(of_sample, self.samples, fn_output_signature=tf.TensorSpec([None, None], tf.float32))
        return self.per_point(tf.reshape(drawn, tf.stack([self.boxed, 4 * blocks]))[:, :size])
