"""What stands in place of hidden elements."""

import numpy as np
import tensorflow as tf

from kerasal.baselines import check_baseline, is_per_example, made_from
from kerasal.resizing import along_axis

_WORDS = ("mean", "blur")


class Fill:
    """What hides a part of the target.

    Args:
        given: a number, an array of one example's shape, "mean", "blur", or a function of the target.

    Raises:
        ValueError: another word, or numbers that are not finite.
    """

    def __init__(self, given):
        if given is None or isinstance(given, str) and given not in _WORDS:
            raise ValueError(
                f"fill is a number, an array, 'mean', 'blur' or a function of the target. Received: {given!r}. Choose one."
            )
        self._given = given if isinstance(given, str) else check_baseline(given, "fill")

    def __repr__(self):
        array = self._given
        return (
            f"array {array.shape}"
            if isinstance(array, np.ndarray) and array.ndim
            else repr(getattr(array, "tolist", lambda: array)())
        )

    def check(self, shape, integers=False):
        """Refuse an array that does not fit one example of a target of shape (None, ...), or fractions in one of integers."""
        if integers and (
            isinstance(self._given, str) or not callable(self._given) and np.any(self._given != np.round(self._given))
        ):
            raise ValueError(
                f"The target is an input of integers, and is filled with integers. Received: fill={self!r}. Give the token that "
                "stands for nothing, such as that of padding."
            )
        if isinstance(self._given, np.ndarray) and is_per_example(self._given, shape, "fill"):
            raise ValueError(
                f"fill is an array of one example's shape, {tuple(shape[1:])}. Received: shape {self._given.shape}. Use a "
                "function of the target, or one example at a time."
            )

    def __call__(self, target, axes):
        """What hides the target (R, ...): a tensor that broadcasts to it; `axes` are those that windows slide over."""
        if isinstance(self._given, str):
            if self._given == "mean":
                return tf.reduce_mean(target, axes, keepdims=True)
            for axis in axes:
                target = _blurred(target, axis)
            return target
        return made_from(self._given, target) if callable(self._given) else tf.constant(self._given)


def _blurred(target, axis):
    """Gaussian blur along an axis, with a deviation of a tenth of its length (at least 1); at the edges of what there is."""
    length = target.shape[axis]
    at = np.arange(length)
    weights = np.exp(-0.5 * ((at - at[:, None]) / max(1.0, length / 10)) ** 2)
    weights = (weights / weights.sum(1, keepdims=True)).astype("float32")
    return along_axis(target, weights.T, axis)
