"""Regularizers: costs of an image beside its score, functions of images (N, ...) that give one number per image, (N,)."""

import math

import tensorflow as tf

from kerasal._vocabulary import checks_keywords


def _row_sums(tensor: tf.Tensor) -> tf.Tensor:
    return tf.reduce_sum(tensor, axis=list(range(1, tensor.shape.rank)))


def _elements(images: tf.Tensor) -> tf.Tensor:
    """Count the numbers in an image, as a float."""
    return tf.cast(tf.reduce_prod(tf.shape(images)[1:]), images.dtype)


def _root(sums: tf.Tensor, power: float) -> tf.Tensor:
    """Compute sums ** power for power < 1, with gradient 0, not infinity, where a sum is 0."""
    nothing = sums <= 0
    return tf.where(nothing, 0.0, tf.where(nothing, 1.0, sums) ** power)


@checks_keywords
class TotalVariation:
    """Differences of neighbours: Σ over pixels (Σ over axes difference²)^(β/2) ÷ (positions × channels), as in keras-vis.

    Mahendran and Vedaldi 2014, arXiv:1412.0035. The last pixel of every axis has no next neighbour and is left out. Takes
    images (N, *positions, channels), gives (N,).

    Args:
        beta: β; 1 keeps edges, 2 wants them soft.

    Example:
        >>> import tensorflow as tf
        >>> from kerasal.activation_maximization import TotalVariation
        >>> float(TotalVariation(2)(tf.reshape(tf.range(9.0), [1, 3, 3, 1]))[0])
        4.4444...
    """

    def __init__(self, beta: float = 2.0):
        if not beta > 0:
            raise ValueError(f"beta is a power above 0. Received: beta={beta!r}. Give 2, or 1 to keep edges.")
        self.beta = float(beta)

    def __repr__(self) -> str:
        return f"TotalVariation({self.beta:g})"

    def __call__(self, images: tf.Tensor) -> tf.Tensor:
        """Compute the cost of each image, (N,)."""
        squares = sum(tf.square(difference) for difference in _differences(images, self, common=True))
        powers = squares if self.beta == 2 else _root(squares, self.beta / 2)
        return _row_sums(powers) / _elements(images)


@checks_keywords
class AnisotropicTotalVariation:
    """Differences of neighbours: Σ over pixels and axes |difference| ÷ positions (TensorFlow's total variation, per position).

    Takes images (N, *positions, channels), gives (N,).

    Example:
        >>> import tensorflow as tf
        >>> from kerasal.activation_maximization import AnisotropicTotalVariation
        >>> float(AnisotropicTotalVariation()(tf.reshape(tf.range(9.0), [1, 3, 3, 1]))[0])
        2.6666...
    """

    def __repr__(self) -> str:
        return "AnisotropicTotalVariation()"

    def __call__(self, images: tf.Tensor) -> tf.Tensor:
        """Compute the cost of each image, (N,)."""
        total = sum(_row_sums(tf.abs(difference)) for difference in _differences(images, self, common=False))
        return total / tf.cast(tf.reduce_prod(tf.shape(images)[1:-1]), images.dtype)


@checks_keywords
class LPNorm:
    """Distance of pixels from 0: (Σ |x|^p)^(1/p) ÷ (positions × channels), as in keras-vis.

    Takes images (N, ...), gives (N,).

    Args:
        p: 1 or more; infinity for the largest |x|.

    Example:
        >>> import tensorflow as tf
        >>> from kerasal.activation_maximization import LPNorm
        >>> float(LPNorm(6)(tf.reshape(tf.range(9.0), [1, 3, 3, 1]))[0])
        0.9715...
    """

    def __init__(self, p: float = 6.0):
        if not p >= 1:
            raise ValueError(f"p is at least 1. Received: p={p!r}. Give 2, 6 or float('inf').")
        self.p = float(p)

    def __repr__(self) -> str:
        return f"LPNorm({self.p:g})"

    def __call__(self, images: tf.Tensor) -> tf.Tensor:
        """Compute the cost of each image, (N,)."""
        sizes = tf.abs(images)
        axes = list(range(1, images.shape.rank))
        if math.isinf(self.p):
            return tf.reduce_max(sizes, axes) / _elements(images)
        largest = tf.stop_gradient(tf.maximum(tf.reduce_max(sizes, axes, keepdims=True), 1e-30))
        shares = sizes / largest  # no power of a large number overflows
        powers = tf.square(shares) ** (self.p / 2) if self.p >= 2 else shares**self.p
        norm = _root(_row_sums(powers), 1 / self.p)
        return norm * tf.reshape(largest, [-1]) / _elements(images)


@checks_keywords
class SquaredNorm:
    """Distance of pixels from 0: Σ x².

    Takes images (N, ...), gives (N,).

    Example:
        >>> import tensorflow as tf
        >>> from kerasal.activation_maximization import SquaredNorm
        >>> float(SquaredNorm()(tf.reshape(tf.range(9.0), [1, 3, 3, 1]))[0])
        204.0
    """

    def __repr__(self) -> str:
        return "SquaredNorm()"

    def __call__(self, images: tf.Tensor) -> tf.Tensor:
        """Compute the cost of each image, (N,)."""
        return _row_sums(tf.square(images))


def _differences(images: tf.Tensor, regularizer: object, *, common: bool) -> list[tf.Tensor]:
    """Compute the differences to the next neighbour along every axis of positions.

    Args:
        images: (N, *positions, channels).
        regularizer: that needs them, for the error.
        common: only at the pixels that have a next neighbour along every axis.
    """
    axes = range(1, images.shape.rank - 1)
    if not axes:
        raise ValueError(
            f"{regularizer!r} compares neighbours, of images (N, positions, …, channels). Received: shape {images.shape}. Leave "
            "it out, or give LPNorm or SquaredNorm."
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


def _without_ends(images: tf.Tensor, axis: int) -> tuple[tf.Tensor, tf.Tensor]:
    """Return (all but the last, all but the first) along an axis.

    By `tf.split`, whose gradient is far cheaper than a slice's.
    """
    rest = tf.shape(images)[axis] - 1
    last, _ = tf.split(images, tf.stack([rest, 1]), axis, num=2)
    _, first = tf.split(images, tf.stack([1, rest]), axis, num=2)
    return last, first
