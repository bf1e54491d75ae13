"""Weighted ridge regression, as what each row of a design contributes to the coefficients."""

import tensorflow as tf

_RANK = 1e-10  # of the largest square: columns that are one in all rows share their coefficient, without a penalty too


def ridge_weights(design: tf.Tensor, weights: tf.Tensor, alpha: float, which: tf.Tensor) -> tf.Tensor:
    """Weigh some rows of designs: Σ_k found[k] y_k, over all rows, are the coefficients of a ridge regression with an intercept.

    They are (Z'WZ + αI)⁻¹ Z'W, Z the design less its weighted mean; of a column that never varies they are 0.

    Args:
        design: (R, n, P).
        weights: of the rows, (R, n).
        alpha: the penalty on squares of coefficients.
        which: rows to weigh, int32 (K,).

    Returns:
        float64 (R, K, P).
    """
    design, weights = tf.cast(design, tf.float64), tf.cast(weights, tf.float64)[..., None]
    centred = design - tf.reduce_sum(weights * design, 1, keepdims=True) / tf.reduce_sum(weights, 1, keepdims=True)
    weighed = weights * centred
    gram = tf.matmul(centred, weighed, transpose_a=True)
    squares = tf.linalg.diag_part(gram)
    least = _RANK * tf.reduce_max(squares, 1, keepdims=True) + tf.cast(squares <= 0, tf.float64)
    penalty = tf.linalg.diag(alpha + least)
    wanted = tf.transpose(tf.gather(weighed, which, axis=1), [0, 2, 1])
    solved = tf.linalg.cholesky_solve(tf.linalg.cholesky(gram + penalty), wanted)
    return tf.transpose(solved, [0, 2, 1])
