"""ROAD: hidden pixels made of their neighbours, by a linear system (Rong et al. 2022, arXiv:2202.00449)."""

import numpy as np
import tensorflow as tf

_KERNEL = np.array([[1 / 12, 1 / 6, 1 / 12], [1 / 6, 0, 1 / 6], [1 / 12, 1 / 6, 1 / 12]], "float32")
_TOLERANCE, _MOST = 1e-5, 1000  # of the residual, as a share of the picture; steps
_RANK = 4  # of pictures (rows, H, W, C)


def imputed(pictures: tf.Tensor, hidden: tf.Tensor) -> tf.Tensor:
    """Give hidden pixels the weighted mean of their neighbours, 1/6 of each beside and 1/12 of each diagonal one; no noise is added.

    All hidden pixels of a picture are solved for at once, by conjugate gradients; at the border the neighbours that there are share
    the weight. A picture that is hidden whole is its mean.

    Args:
        pictures: (rows, H, W, C).
        hidden: boolean (rows, H, W, 1).

    Returns:
        (rows, H, W, C).
    """
    inside = tf.cast(hidden, pictures.dtype)
    weights = _neighbours(tf.ones_like(inside[:1]))

    def system(x: tf.Tensor) -> tf.Tensor:
        return inside * (weights * x - _neighbours(inside * x))

    start = inside * tf.reduce_mean(pictures, [1, 2], keepdims=True)
    residual = inside * _neighbours((1 - inside) * pictures) - system(start)
    size = _sums(residual * residual)
    enough = _TOLERANCE**2 * _sums(pictures * pictures)

    def step(
        n: tf.Tensor, x: tf.Tensor, r: tf.Tensor, p: tf.Tensor, of_r: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]:
        of_p = system(p)
        share = tf.where(of_r > enough, tf.math.divide_no_nan(of_r, _sums(p * of_p)), 0)  # a solved one stays
        x, r = x + share * p, r - share * of_p
        now = _sums(r * r)
        return n + 1, x, r, r + tf.math.divide_no_nan(now, of_r) * p, now

    _, solved, *_ = tf.while_loop(
        lambda n, x, r, p, of_r: (n < _MOST) & tf.reduce_any(of_r > enough), step, (0, start, residual, residual, size)
    )
    return tf.where(hidden, solved, pictures)


def check_pictures(shape: tuple[int | None, ...]) -> None:
    """Refuse what is no picture.

    Args:
        shape: of the target, (None, ...).

    Raises:
        ValueError: it is none.
    """
    if len(shape) != _RANK:
        raise ValueError(
            f"fill='road' makes hidden pixels of pictures (N, H, W, C) from their neighbours. Received: a target of shape {tuple(shape)}. Use "
            "fill='mean' or 'blur'."
        )


def _neighbours(pictures: tf.Tensor) -> tf.Tensor:
    """The weighted sum of the neighbours of each pixel, those outside being 0."""
    channels = pictures.shape[-1]
    kernel = tf.constant(np.repeat(_KERNEL[:, :, None, None], channels, 2), pictures.dtype)
    return tf.nn.depthwise_conv2d(pictures, kernel, [1, 1, 1, 1], "SAME")


def _sums(pictures: tf.Tensor) -> tf.Tensor:
    """Sums over the pixels of each channel, (rows, 1, 1, C)."""
    return tf.reduce_sum(pictures, [1, 2], keepdims=True)
