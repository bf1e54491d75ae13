"""Arrays with one entry per example that a method brings along, such as a baseline for each."""

import numpy as np
import tensorflow as tf


class Companions:
    """Arrays (N, ...) cut into the same blocks as x.

    Args:
        arrays: {name: array (N, ...)}.
        total: how many examples x has, or None where a data set does not say.
    """

    def __init__(self, arrays, total):
        self._arrays = {name: np.asarray(array) for name, array in arrays.items()}
        if total is not None:
            self.check(total)

    @property
    def specs(self):
        """Their `TensorSpec`s."""
        return {name: tf.TensorSpec([None, *array.shape[1:]], array.dtype) for name, array in self._arrays.items()}

    def __call__(self, position, count):
        """The entries of the examples from `position` on."""
        self._check(position + count, lambda held, wanted: held >= wanted)
        return {name: array[position : position + count] for name, array in self._arrays.items()}

    def check(self, total):
        """Refuse another number of entries than examples."""
        self._check(total, lambda count, total: count == total)

    def _check(self, total, fits):
        for name, array in self._arrays.items():
            if not fits(len(array), total):
                raise ValueError(
                    f"{name} has one entry per example. Received: {len(array)} entries and {total} examples. Give as many, or "
                    "one for all."
                )
