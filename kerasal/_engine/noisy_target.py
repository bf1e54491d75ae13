"""The target of every row: its own value, and the noise of the row's sample."""

from typing import Any

import tensorflow as tf

from kerasal._engine.forward import Forward
from kerasal._keyed_random import Rows
from kerasal._network.randomness import Randomness


class NoisyTarget:
    """The target of a block of examples.

    Args:
        forward: the `Forward`.
        randomness: which layers are random.
        sampler: a `NoiseSampler`, or None.
        given: (inputs, y) of the examples.
        scale: of the noise, a tensor.

    Attributes:
        clean: the examples' own targets, (B, ...), where nothing random lies before them; else None.
    """

    def __init__(
        self, forward: Forward, randomness: Randomness, sampler: Any, given: tuple[Any, Any], scale: tf.Tensor
    ):
        self._forward, self._randomness, self._sampler = forward, randomness, sampler
        self._given, self._scale = given, scale
        self.clean: Any = None
        self._clean_spread: Any = None

    def hoist(self) -> None:
        """Compute once, before the loop, what is the same in all samples."""
        if self._forward.objective.at_layer and self._randomness:
            return
        self.clean = self._forward.value(*self._given, Randomness(), Rows.plain(self._given[0]))
        self.clean.set_shape([None, *self.clean.shape[1:]])
        self._clean_spread = self._spread(self.clean)

    def of(self, rows: Rows) -> tf.Tensor:
        """Return the target of every row, (R, ...), with its noise."""
        if self.clean is None:
            inputs, y = tf.nest.map_structure(rows.per_example, self._given)
            value = self._forward.value(inputs, y, self._randomness, rows)
            spread = self._spread(value)
        else:
            value, spread = rows.per_example(self.clean), self._clean_spread
            if spread is not None and spread.shape.rank == value.shape.rank:
                spread = rows.per_example(spread)
        value.set_shape([None, *value.shape[1:]])
        if self._sampler is None:
            return value
        drawn = self._sampler.draw(rows, tf.reduce_prod(tf.shape(value)[1:]))
        spread = tf.where(rows.clean, tf.zeros_like(spread), spread)
        return tf.ensure_shape(self._sampler.place(value, spread, tf.reshape(drawn, tf.shape(value))), value.shape)

    def _spread(self, value: tf.Tensor) -> tf.Tensor | None:
        return None if self._sampler is None else self._sampler.spread(value, self._scale)
