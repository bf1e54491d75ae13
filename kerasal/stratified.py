"""Stratified draws: blocks of samples that visit every part of a distribution once, stateless and in any dimension."""

import tensorflow as tf

BLOCK = 16  # samples 16 j to 16 j + 15 belong together, whatever the batch


def stratified_draws(rows, distribution, stream, size):
    """Draws as of `Rows.draw` whose blocks are Latin hypercubes (McKay, Beckman and Conover 1979).

    In a block every number of an example visits each of 16 equally likely strata once, in an order of its own: stratum
    (a·i + b) mod 16 for sample i of the block, a odd, a and b drawn for each number. Each sample alone is distributed, and its
    numbers are independent, as without strata.

    Args:
        rows, distribution, stream, size: see `Rows.draw`.
    """
    jitter = rows.draw("uniform", stream, size)
    drawn = rows.of_samples(rows.samples // BLOCK).draw("uniform", (stream, "order of strata"), size)
    order = tf.cast(drawn * (8 * BLOCK), tf.int32)
    odd, shift = 2 * (order % 8) + 1, order // 8
    place = tf.cast(rows.per_sample(rows.samples % BLOCK), tf.int32)[:, None]
    stratum = tf.cast((odd * place + shift) % BLOCK, tf.float32)
    if distribution == "uniform":
        return (stratum + jitter) / BLOCK
    jitter += 2.0**-24  # in the middle of its steps of 2⁻²³: never 0 or 1
    is_low = stratum < BLOCK // 2  # the upper half mirrors the lower, where small numbers have all their digits
    below = tf.where(is_low, stratum + jitter, BLOCK - stratum - jitter)
    normal = tf.math.ndtri(below / BLOCK)
    return tf.where(is_low, normal, -normal)
