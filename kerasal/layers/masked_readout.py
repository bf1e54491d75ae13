"""Readout of graphs: one vector per graph from the states of its nodes."""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="kerasal")
class MaskedReadout(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
    """Gated sum over nodes, Σ mask · sigmoid(i([state, first state])) · tanh(j(state)) (GGNN, arXiv:1511.05493, eq. 7).

    A node that Keras masks, as `Embedding(mask_zero=True)` does, is left out too, and calculators take it for missing.

    Args:
        units: size of a graph's vector.
        activation: of what is added up; None for the states as they come out of j.
        **kwargs: arguments of every Keras layer, e.g. `name`.

    Input shape:
        [states (N, A, U), first states (N, A, F), mask (N, A): 0 for padding].

    Output shape:
        (N, units).

    Raises:
        ValueError: shapes other than these.

    Example:
        >>> import numpy as np
        >>> from kerasal.layers import MaskedReadout
        >>> states, first, mask = np.ones((2, 5, 8), "float32"), np.ones((2, 5, 3), "float32"), np.ones((2, 5), "float32")
        >>> tuple(MaskedReadout(6)([states, first, mask]).shape)
        (2, 6)
    """

    def __init__(self, units: int, activation: Any = "tanh", **kwargs: Any):
        super().__init__(**kwargs)
        self.supports_masking = True
        if units < 1:
            raise ValueError(f"units is 1 or more. Received: {units}. Raise it.")
        self.units, self.activation = units, keras.activations.get(activation)
        self.gate = keras.layers.Dense(units, activation="sigmoid", dtype=self.dtype_policy, name="gate")
        self.value = keras.layers.Dense(units, activation=activation, dtype=self.dtype_policy, name="value")

    def build(self, input_shape: Sequence[Any]) -> None:
        """Create the two linear maps, of the gate and of the value."""
        states, first, mask = input_shape
        if (len(states), len(first), len(mask)) != (3, 3, 2):
            raise ValueError(
                "MaskedReadout takes [states (N, A, U), first states (N, A, F), mask (N, A)]. Received: "
                f"{tuple(states)}, {tuple(first)}, {tuple(mask)}. Reorder the inputs."
            )
        self.gate.build((None, None, states[-1] + first[-1]))
        self.value.build((None, None, states[-1]))
        self.built = True

    def call(self, inputs: Sequence[Any], mask: Any = None) -> tf.Tensor:
        """Sum the gated states of the nodes that the masks keep, (N, units).

        Args:
            inputs: [states (N, A, U), first states (N, A, F), mask (N, A)].
            mask: those of Keras, of each input; None for none.
        """
        states, first, kept = (tf.cast(each, self.compute_dtype) for each in inputs)
        for own in [] if mask is None else mask:
            kept = kept if own is None else kept * tf.cast(own, kept.dtype)
        gated = self.gate(tf.concat([states, first], -1)) * self.value(states)
        return tf.reduce_sum(gated * kept[..., None], 1)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> None:
        """Return None: a graph's vector has no nodes."""

    def compute_output_shape(self, input_shape: Sequence[Any]) -> tuple[Any, ...]:
        """Return (N, units) for the shapes of states, first states and mask."""
        return (input_shape[0][0], self.units)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the layer, serialized."""
        return {
            **super().get_config(),
            "units": self.units,
            "activation": keras.activations.serialize(self.activation),
        }
