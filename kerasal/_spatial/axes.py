"""Linear maps along the axes of a tensor: interpolation to another size, Gaussian blur."""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf


def resized(maps: tf.Tensor, sizes: Sequence[int]) -> tf.Tensor:
    """Interpolate maps (R, *spatial, C) to other spatial sizes, linearly along each axis, centres of pixels kept in line.

    Args:
        maps: tensor of known spatial sizes.
        sizes: as many integers as it has spatial axes.

    Returns:
        (R, *sizes, C).
    """
    for axis, size in enumerate(sizes, start=1):
        if maps.shape[axis] != size:
            maps = along_axis(maps, _interpolation(maps.shape[axis], size), axis)
    return maps


def scaled_to_one(maps: tf.Tensor) -> tf.Tensor:
    """Scale each of the maps (R, ...) from its smallest to its largest number to [0, 1]; 0 where all its numbers are equal."""
    axes = list(range(1, maps.shape.rank))
    low, high = tf.reduce_min(maps, axes, keepdims=True), tf.reduce_max(maps, axes, keepdims=True)
    return tf.math.divide_no_nan(maps - low, high - low)


def along_axis(tensor: tf.Tensor, matrix: np.ndarray, axis: int) -> tf.Tensor:
    """Multiply one axis of a tensor by a matrix (old, new).

    Not by `tf.matmul`, which with oneDNN in TensorFlow 2.21 corrupts memory where a matrix is broadcast (tensorflow#117700).
    """
    order = list(range(tensor.shape.rank))
    order[axis], order[-1] = order[-1], order[axis]
    moved = tf.transpose(tensor, order)
    product = tf.reshape(
        tf.reshape(moved, [-1, matrix.shape[0]]) @ tf.constant(matrix, tensor.dtype),
        tf.concat([tf.shape(moved)[:-1], [matrix.shape[1]]], 0),
    )
    product.set_shape([*moved.shape[:-1], matrix.shape[1]])
    return tf.transpose(product, order)


def gaussian_kernel(length: int, deviation: float) -> np.ndarray:
    """Make the matrix that blurs an axis by a Gaussian, for `along_axis`.

    Args:
        length: of the axis.
        deviation: standard deviation of the Gaussian, in elements of the axis.

    Returns:
        (length, length), [old, new]. Each column sums to 1, also at the ends of the axis, which the Gaussian is cut at.

    Example:
        >>> gaussian_kernel(3, 0.01).tolist()
        [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """
    positions = np.arange(length)
    weights = np.exp(-0.5 * ((positions[:, None] - positions) / deviation) ** 2)
    kernel: np.ndarray = weights / weights.sum(0)
    return kernel


def _interpolation(old: int, new: int) -> np.ndarray:
    """Make the matrix (old, new) of linear interpolation: how much of each old pixel each new one takes."""
    at = np.clip((np.arange(new) + 0.5) * old / new - 0.5, 0, old - 1)
    shares: np.ndarray = np.maximum(0, 1 - np.abs(np.arange(old)[:, None] - at))
    return shares
