"""A map that no network makes: the edges of the picture, what many a method is no better than (arXiv:2306.12816)."""

from typing import Any

import tensorflow as tf

from kerasal import Calculator


class EdgesCalculator(Calculator):
    """Sum of the sizes of Sobel's edges."""

    def attribution(self, score: Any, target: tf.Tensor, at: dict[str, tf.Tensor]) -> tf.Tensor:
        """Filter the picture; the score is not asked."""
        return score.evaluate(target, lambda _: tf.reduce_sum(tf.abs(tf.image.sobel_edges(target)), -1))
