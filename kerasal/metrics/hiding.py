"""Points at which the first elements of an order are hidden, or the others."""

import tensorflow as tf

from kerasal.metrics.maps import NEVER


def among_real(ranks: tf.Tensor, count: tf.Tensor, real: tf.Tensor | None) -> tuple[tf.Tensor, tf.Tensor]:
    """Count ranks over the elements alone that are not missing.

    Args:
        ranks: int32 (R, ...) from 0 to `count` − 1, or `NEVER`.
        count: how many elements there are, int32 (R,), the same for all.
        real: True where an element of the target is not missing, broadcastable to it; None where nothing is.

    Returns:
        (ranks, `NEVER` where an element is missing; how many elements there are (R,)).
    """
    rows = tf.shape(ranks)[0]
    if real is None:
        return ranks, count
    width = tf.reduce_max(count)
    whole = [axis for axis in range(1, real.shape.rank) if ranks.shape[axis] == 1]
    own = tf.broadcast_to(tf.reduce_any(real, whole, keepdims=True), tf.shape(ranks))
    flat = tf.reshape(ranks, [rows, -1])
    places = tf.where(flat == NEVER, width, flat)
    index = tf.stack([tf.broadcast_to(tf.range(rows)[:, None], tf.shape(places)), places], -1)
    there = tf.tensor_scatter_nd_max(
        tf.zeros([rows, width + 1], tf.int32), index, tf.cast(tf.reshape(own, tf.shape(flat)), tf.int32)
    )[:, :width]
    before = tf.where(there > 0, tf.cumsum(there, 1, exclusive=True), NEVER)
    found = tf.gather(tf.pad(before, [[0, 0], [0, 1]], constant_values=NEVER), places, batch_dims=1)
    return tf.reshape(found, tf.shape(ranks)), tf.reduce_sum(there, 1)


def hidden_at(ranks: tf.Tensor, counts: tf.Tensor) -> tf.Tensor:
    """Return True (K, R, ...) where the rank (R, ...) is among the first `counts` (K, R)."""
    wide = tf.reshape(counts, tf.concat([tf.shape(counts), [1] * (ranks.shape.rank - 1)], 0))
    return ranks[None] < wide
