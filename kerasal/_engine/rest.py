"""The elements of a target that do not move with the points of a method."""

from typing import NamedTuple

import tensorflow as tf


class Rest(NamedTuple):
    """The missing part of a target, which stays at every point; nothing by default.

    Attributes:
        real: (R, ...), broadcastable to the target: False where it is missing; None where nothing is.
        target: (R, ...).
    """

    real: tf.Tensor | None = None
    target: tf.Tensor | None = None

    def at(self, points: tf.Tensor) -> tf.Tensor:
        """Return points (R, ...) or (K, R, ...) with what is missing as it is in the target."""
        if self.real is None:
            return points
        return tf.ensure_shape(tf.where(self.real, points, self.target), points.shape)
