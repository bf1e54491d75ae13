"""Dropout that is on in inference too."""

from typing import Any

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="kerasal")
class MonteCarloDropout(keras.layers.Dropout):  # type: ignore[misc]  # Keras has no types
    """Dropout whose predictions are random in inference as in training (Gal and Ghahramani 2016, arXiv:1506.02142).

    Calculators treat it like a dropout layer under `train=True`, always: its masks are a function of (seed, m, n), and it is
    off at the clean input, where the class is chosen.

    Args:
        rate: the share of elements set to 0, between 0 and 1; the others are divided by 1 − rate.
        noise_shape: shape of the mask, as in `keras.layers.Dropout`.
        seed: seed of the layer's own draws, outside calculators.

    Input shape:
        (N, ...).

    Output shape:
        (N, ...), as the input.

    Example:
        >>> import keras, numpy as np
        >>> from kerasal.layers import MonteCarloDropout
        >>> model = keras.Sequential([keras.Input((100,)), MonteCarloDropout(0.5)])
        >>> bool((np.asarray(model(np.ones((1, 100)), training=False)) == 0).any())
        True
    """

    def call(self, inputs: tf.Tensor, training: Any = None) -> tf.Tensor:
        """Drop elements of the inputs, (N, ...), whatever `training` says."""
        return super().call(inputs, training=True)
