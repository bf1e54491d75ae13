"""Elements of a target that belong together: superpixels, columns, tokens."""

import numpy as np
import tensorflow as tf


class Groups:
    """Groups of elements.

    Args:
        numbers: integers of the shape of one example's target, or of the batch; trailing axes may be left out or of size 1,
            and are then in the group whole. Negative numbers belong to no group.

    Raises:
        ValueError: no integers, or no group.
    """

    def __init__(self, numbers):
        self.numbers = np.asarray(numbers)
        if self.numbers.dtype.kind not in "iu" or not self.numbers.size or self.numbers.max() < 0:
            raise ValueError(
                "groups are integers from 0, one per element of the target (negative: in no group). Received: dtype "
                f"{self.numbers.dtype}, shape {self.numbers.shape}. Give e.g. the labels of superpixels."
            )
        self.per_example = False

    def fit(self, shape):
        """The groups there are, (P,), after making the numbers fit a target of shape (None, ...)."""
        for per_example in (False, True):
            own = self.numbers.shape[per_example:]
            own += (1,) * (len(shape) - 1 - len(own))
            if self.numbers.ndim > per_example and _fits(own, shape[1:]):
                self.per_example, self._own = per_example, own
                return np.unique(self.numbers[self.numbers >= 0]).astype("int32")
        raise ValueError(
            f"groups have the shape of one example's target, {tuple(shape[1:])}, or of the batch; trailing axes may be left out. "
            f"Received: shape {self.numbers.shape}. Give one integer per element."
        )

    def companions(self):
        """What varies from example to example."""
        if not self.per_example:
            return {}
        return {"groups": self.numbers.reshape(len(self.numbers), *self._own).astype("int32")}

    def masks(self, score, wanted):
        """(K,) -> float32 (K, R or 1, ...): 1 where an element is in the group."""
        if self.per_example:
            numbers = score.companion("groups")
        else:
            numbers = tf.constant(self.numbers.reshape(1, *self._own), tf.int32)
        return tf.cast(tf.equal(numbers, tf.reshape(wanted, [-1] + [1] * (len(self._own) + 1))), tf.float32)


def _fits(own, target):
    return len(own) == len(target) and all(a in (1, b) or b is None for a, b in zip(own, target))
