"""Running moments of stratified samples, whose mean is better known than their spread tells."""

import numpy as np
import tensorflow as tf

from kerasal.reducers import Moments, merged
from kerasal.stratified import BLOCK

_LEAST = 4  # whole blocks for a standard error


class BlockMoments(Moments):
    """As `Moments`, with a standard error from the means of whole blocks of 16 samples, where there are four of them.

    The mean of a block of stratified samples varies less than 16 independent ones would; the state has, behind that of
    `Moments`, the sum over the block that is not yet whole, and the moments of the means of whole blocks.
    """

    def __init__(self, *args):
        super().__init__(*args)
        self.key: tuple = ("blocks", *self.key)

    def init(self, rank):
        samples = super().init(rank)
        return (*samples, samples[1], *samples)

    def update(self, state, s):
        count, mean, deviation, begun, *means = state
        q = self._quantity(s)
        begins = tf.cast(count, tf.int32) % BLOCK
        block = (begins + tf.range(tf.shape(q)[0])) // BLOCK
        whole = (begins + tf.shape(q)[0]) // BLOCK
        sums = tf.math.unsorted_segment_sum(q, block, whole + 1)
        sums = tf.concat([sums[:1] + begun, sums[1:]], 0)
        return (*merged((count, mean, deviation), q), sums[whole], *merged(means, sums[:whole] / BLOCK))

    def finalize(self, kept, target_rank):
        values, std, _ = super().finalize(kept[:3], target_rank)
        blocks, _, deviation = (np.asarray(part) for part in kept[4:])
        if std is None or blocks < _LEAST:
            return values, std, None if std is None else std / np.sqrt(kept[0])
        return values, std, np.sqrt(deviation / (blocks - 1) / blocks)
