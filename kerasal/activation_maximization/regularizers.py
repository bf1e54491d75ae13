"""What an image costs beside its score: functions of images (N, ...) that give one number per image, (N,)."""

import math

import tensorflow as tf


def _row_sums(tensor):
    return tf.reduce_sum(tensor, axis=list(range(1, tensor.shape.rank)))


def _elements(images):
    """Numbers in an image, a float."""
    return tf.cast(tf.reduce_prod(tf.shape(images)[1:]), images.dtype)


def _root(sums, power):
    """sums ** power for power < 1 with gradient 0, not infinity, where a sum is 0."""
    nothing = sums <= 0
    return tf.where(nothing, 0.0, tf.where(nothing, 1.0, sums) ** power)


class TotalVariation:
    """How much neighbours differ: Σ over pixels (Σ over axes difference²)^(β/2) ÷ (positions × channels), as in keras-vis.

    Mahendran and Vedaldi 2014, arXiv:1412.0035. The last pixel of every axis has no next neighbour and is left out.

    Args:
        beta: β; 1 keeps edges, 2 wants them soft.

    Shapes:
        images (N, *positions, channels) -> (N,)

    Example:
        >>> import tensorflow as tf
        >>> from kerasal.activation_maximization import TotalVariation
        >>> float(TotalVariation(2)(tf.reshape(tf.range(9.0), [1, 3, 3, 1]))[0])
        4.4444...
    """

    def __init__(self, beta=2.0):
        if not beta > 0:
            raise ValueError(f"beta is a power above 0. Received: beta={beta!r}. Give 2, or 1 to keep edges.")
        self.beta = float(beta)

    def __repr__(self):
        return f"TotalVariation({self.beta:g})"

    def __call__(self, images):
        squares = sum(tf.square(difference) for difference in _differences(images, self, common=True))
        powers = squares if self.beta == 2 else _root(squares, self.beta / 2)
        return _row_sums(powers) / _elements(images)


class AnisotropicTotalVariation:
    """How much neighbours differ: Σ over pixels and axes |difference| ÷ positions (TensorFlow's total variation, per position).

    Shapes:
        images (N, *positions, channels) -> (N,)

    Example:
        >>> import tensorflow as tf
        >>> from kerasal.activation_maximization import AnisotropicTotalVariation
        >>> float(AnisotropicTotalVariation()(tf.reshape(tf.range(9.0), [1, 3, 3, 1]))[0])
        2.6666...
    """

    def __repr__(self):
        return "AnisotropicTotalVariation()"

    def __call__(self, images):
        total = sum(_row_sums(tf.abs(difference)) for difference in _differences(images, self, common=False))
        return total / tf.cast(tf.reduce_prod(tf.shape(images)[1:-1]), images.dtype)


class LPNorm:
    """How far pixels are from 0: (Σ |x|^p)^(1/p) ÷ (positions × channels), as in keras-vis.

    Args:
        p: 1 or more; infinity for the largest |x|.

    Shapes:
        images (N, ...) -> (N,)

    Example:
        >>> import tensorflow as tf
        >>> from kerasal.activation_maximization import LPNorm
        >>> float(LPNorm(6)(tf.reshape(tf.range(9.0), [1, 3, 3, 1]))[0])
        0.9715...
    """

    def __init__(self, p=6.0):
        if not p >= 1:
            raise ValueError(f"p is at least 1. Received: p={p!r}. Give 2, 6 or float('inf').")
        self.p = float(p)

    def __repr__(self):
        return f"LPNorm({self.p:g})"

    def __call__(self, images):
        sizes = tf.abs(images)
        axes = list(range(1, images.shape.rank))
        if math.isinf(self.p):
            return tf.reduce_max(sizes, axes) / _elements(images)
        largest = tf.stop_gradient(tf.maximum(tf.reduce_max(sizes, axes, keepdims=True), 1e-30))
        shares = sizes / largest  # no power of a large number overflows
        powers = tf.square(shares) ** (self.p / 2) if self.p >= 2 else shares**self.p
        norm = _root(_row_sums(powers), 1 / self.p)
        return norm * tf.reshape(largest, [-1]) / _elements(images)


class SquaredNorm:
    """How far pixels are from 0: Σ x².

    Shapes:
        images (N, ...) -> (N,)

    Example:
        >>> import tensorflow as tf
        >>> from kerasal.activation_maximization import SquaredNorm
        >>> float(SquaredNorm()(tf.reshape(tf.range(9.0), [1, 3, 3, 1]))[0])
        204.0
    """

    def __repr__(self):
        return "SquaredNorm()"

    def __call__(self, images):
        return _row_sums(tf.square(images))


def _differences(images, who, common):
    """To the next neighbour along every axis of positions; `common`: at the pixels that have one along every axis."""
    axes = range(1, images.shape.rank - 1)
    if not axes:
        raise ValueError(
            f"{who!r} compares neighbours, of images (N, positions, …, channels). Received: shape {images.shape}. Leave it out, "
            "or give LPNorm or SquaredNorm."
        )

    found = []
    for axis in axes:
        last, first = _without_ends(images, axis)
        difference = first - last
        for other in axes:
            if common and other != axis:
                difference = _without_ends(difference, other)[0]
        found.append(difference)
    return found


def _without_ends(images, axis):
    """(all but the last, all but the first) along an axis; by `tf.split`, whose gradient is far cheaper than a slice's."""
    rest = tf.shape(images)[axis] - 1
    last, _ = tf.split(images, tf.stack([rest, 1]), axis, num=2)
    _, first = tf.split(images, tf.stack([1, rest]), axis, num=2)
    return last, first
