"""Gated graph convolutions."""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="kerasal")
class GatedGraphConv(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
    """Gated graph convolutions with tied weights (GGNN: Li et al. 2016, arXiv:1511.05493).

    In each step a node adds up a linear map of each neighbour's state, a map of its own for each type of edge, and a gated
    recurrent unit makes its next state of that sum and of the present state. A node without edges gets no messages, so
    padding reaches no other node.

    Args:
        units: size of the states; narrower inputs are filled up with zeros, wider ones are refused.
        steps: number of convolutions, all with the same weights.
        dropout: rate of the dropout of the states before each step.
        kernel_initializer: of the maps of messages.
        **kwargs: arguments of every Keras layer, e.g. `name`.

    Input shape:
        [nodes (N, A, F) with F ≤ units, edges (N, types, A, A): 1 or a weight where b sends to a at [type, a, b]].

    Output shape:
        (N, A, units).

    Raises:
        ValueError: shapes other than these.

    Example:
        >>> import numpy as np
        >>> from kerasal.layers import GatedGraphConv
        >>> nodes, edges = np.ones((2, 5, 3), "float32"), np.zeros((2, 4, 5, 5), "float32")
        >>> tuple(GatedGraphConv(8, steps=2)([nodes, edges]).shape)
        (2, 5, 8)
    """

    def __init__(
        self,
        units: int,
        steps: int = 4,
        dropout: float = 0.0,
        kernel_initializer: Any = "glorot_uniform",
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.supports_masking = True
        if units < 1 or steps < 1:
            raise ValueError(f"units and steps are 1 or more. Received: units={units}, steps={steps}. Raise them.")
        self.units, self.steps, self.dropout = units, steps, dropout
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.cell = keras.layers.GRUCell(units, dtype=self.dtype_policy, name="cell")
        self.drop = keras.layers.Dropout(dropout, dtype=self.dtype_policy, name="drop") if dropout else None

    def build(self, input_shape: Sequence[Any]) -> None:
        """Create a linear map with bias for each type of edge, and the recurrent unit."""
        nodes, edges = input_shape
        if len(nodes) != 3 or len(edges) != 4 or nodes[-1] is None or nodes[-1] > self.units:
            raise ValueError(
                f"GatedGraphConv takes [nodes (N, A, F) with F ≤ {self.units}, edges (N, types, A, A)]. Received: "
                f"{tuple(nodes)}, {tuple(edges)}. Raise units, or reorder the inputs."
            )
        self.kernel = self.add_weight(
            shape=(edges[1], self.units, self.units), initializer=self.kernel_initializer, name="kernel"
        )
        self.bias = self.add_weight(shape=(edges[1], self.units), initializer="zeros", name="bias")
        self.cell.build((None, self.units))
        self.built = True

    def call(self, inputs: Sequence[Any], training: Any = None) -> tf.Tensor:
        """Compute the states of the nodes, (N, A, units), after all steps.

        Args:
            inputs: [nodes (N, A, F), edges (N, types, A, A)].
            training: True for dropout; None for the mode that Keras is in.
        """
        nodes, edges = inputs
        edges = tf.cast(edges, self.compute_dtype)
        states = tf.pad(tf.cast(nodes, self.compute_dtype), [[0, 0], [0, 0], [0, self.units - nodes.shape[-1]]])
        shape, types = tf.shape(states), self.kernel.shape[0]
        count, size = shape[0], shape[1]
        kernel = tf.reshape(tf.transpose(tf.convert_to_tensor(self.kernel), [1, 0, 2]), [self.units, -1])
        of_edges = tf.einsum("ntab,tv->nav", edges, tf.convert_to_tensor(self.bias))  # the same in every step
        edges = tf.reshape(tf.transpose(edges, [0, 2, 3, 1]), [count, size, size * types])  # one product for all types
        states = tf.reshape(states, [-1, self.units])
        for _ in range(self.steps):
            if self.drop is not None:
                states = self.drop(states, training=training)
            sent = tf.reshape(states @ kernel, [count, size * types, self.units])
            messages = tf.reshape(edges @ sent + of_edges, [-1, self.units])
            states = self.cell(messages, [states])[0]
        return tf.ensure_shape(tf.reshape(states, shape), (None, None, self.units))

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """Return the mask of the nodes, (N, A), or None."""
        return previous_mask[0] if isinstance(previous_mask, (list, tuple)) else None

    def compute_output_shape(self, input_shape: Sequence[Any]) -> tuple[Any, ...]:
        """Return (N, A, units) for the shapes of nodes and edges."""
        return (*input_shape[0][:2], self.units)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the layer, serialized."""
        return {
            **super().get_config(),
            "units": self.units,
            "steps": self.steps,
            "dropout": self.dropout,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }
