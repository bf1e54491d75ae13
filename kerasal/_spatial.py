"""Linear interpolation of maps from one spatial size to another, along any number of axes."""

import numpy as np
import tensorflow as tf


def resized(maps, sizes):
    """Maps (R, *spatial, C) at other spatial sizes, (R, *sizes, C): bilinear for images, centres of pixels kept in line.

    Args:
        maps: float32 tensor of known spatial sizes.
        sizes: as many integers as it has spatial axes.
    """
    for axis, size in enumerate(sizes, start=1):
        if maps.shape[axis] != size:
            maps = along_axis(maps, _weights(maps.shape[axis], size), axis)
    return maps


def scaled_to_one(maps):
    """Maps (R, ...), each from its smallest to its largest number scaled to [0, 1]; 0 where all its numbers are one."""
    axes = list(range(1, maps.shape.rank))
    low, high = tf.reduce_min(maps, axes, keepdims=True), tf.reduce_max(maps, axes, keepdims=True)
    return tf.math.divide_no_nan(maps - low, high - low)


def along_axis(tensor, matrix, axis):
    """The tensor with one axis multiplied by a matrix (old, new).

    Not by `tf.matmul`, which with oneDNN in TensorFlow 2.21 corrupts memory where a matrix is broadcast (tensorflow#117700).
    """
    order = list(range(tensor.shape.rank))
    order[axis], order[-1] = order[-1], order[axis]
    moved = tf.transpose(tensor, order)
    product = tf.reshape(
        tf.reshape(moved, [-1, matrix.shape[0]]) @ matrix, tf.concat([tf.shape(moved)[:-1], [matrix.shape[1]]], 0)
    )
    product.set_shape([*moved.shape[:-1], matrix.shape[1]])
    return tf.transpose(product, order)


def _weights(old, new):
    """(old, new): how much of each old pixel each new one takes."""
    at = np.clip((np.arange(new) + 0.5) * old / new - 0.5, 0, old - 1)
    return np.maximum(0, 1 - np.abs(np.arange(old)[:, None] - at)).astype("float32")
