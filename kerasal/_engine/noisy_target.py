"""The target of every row: its own value, and the noise of the row's sample."""

from typing import Any, NamedTuple

import tensorflow as tf

from kerasal._engine.forward import Forward
from kerasal._engine.missing import CleanMasks
from kerasal._engine.noise import MASK
from kerasal._keyed_random import Rows
from kerasal._network.assertions import require
from kerasal._network.randomness import Randomness
from kerasal._spatial.shapes import as_numbers


class Given(NamedTuple):
    """A block of examples in the loop, tensors.

    Attributes:
        inputs: flat; y: what belongs to them; per_example: what the method brought along; plan, references: its points.
    """

    inputs: Any
    y: Any
    per_example: Any
    plan: Any
    references: Any


class NoisyTarget:
    """The target of a block of examples.

    Args:
        forward: the `Forward`.
        randomness: which layers are random.
        sampler: a `NoiseSampler`, or None.
        given: the `Given` of the examples.
        scale: of the noise, a tensor.
        rank: of the target.

    Attributes:
        masks: `CleanMasks` of the examples.
        clean: the examples' own targets, (B, ...), where nothing random lies before them; else None.
    """

    def __init__(
        self, forward: Forward, randomness: Randomness, sampler: Any, given: Given, scale: tf.Tensor, rank: int
    ):
        self._forward, self._randomness, self._sampler = forward, randomness, sampler
        self._given, self._scale, self._rank = given, scale, rank
        self.masks = CleanMasks((), None)
        self.clean: Any = None
        self._clean_spread: Any = None

    def hoist(self) -> None:
        """Compute once, before the loop, what is the same in all samples."""
        given, missing = self._given, self._forward.missing
        if missing:
            self.masks = missing.at_clean(self._forward, given.inputs, given.y, self._rank)
        if self._forward.objective.at_layer and self._randomness:
            return
        self.clean = self._forward.value(given.inputs, given.y, Randomness(), Rows.plain(given.inputs))
        self.clean.set_shape([None, *self.clean.shape[1:]])
        self._clean_spread = self._spread(self.clean, given.per_example, self.masks.real)

    def of(self, rows: Rows) -> tf.Tensor:
        """Return the target of every row, (R, ...), with its noise."""
        if self.clean is None:
            parts = self._given.inputs, self._given.y, self._given.per_example
            inputs, y, per_example = tf.nest.map_structure(rows.per_example, parts)
            value = self._forward.value(inputs, y, self._randomness, rows)
            spread = self._spread(value, per_example, self._real(rows))
        else:
            value, spread = rows.per_example(self.clean), self._clean_spread
            if spread is not None and spread.shape.rank == value.shape.rank and spread.shape[0] != 1:
                spread = rows.per_example(spread)
        value.set_shape([None, *value.shape[1:]])
        if self._sampler is None or spread is None:
            return value
        name = type(self._sampler).__name__
        drawn = as_numbers(self._sampler.draw(rows, tf.reduce_prod(tf.shape(value)[1:])), f"{name}.draw")
        if drawn.shape.num_elements() is not None:
            raise ValueError(
                f"{name}.draw(rows, size) returns numbers for every row, (rows, size). Received: shape {drawn.shape}, whatever rows there "
                "are. Use rows.draw(...)."
            )
        drawn = tf.cast(tf.ensure_shape(tf.reshape(drawn, tf.shape(value)), value.shape), value.dtype)
        still = tf.reshape(rows.is_clean, [-1] + [1] * (value.shape.rank - 1))
        if self._sampler.is_still_without_spread:  # in the clean pass, and by `within` where the target is missing
            spread = tf.where(still, tf.zeros([], spread.dtype), spread)
            return tf.ensure_shape(self._sampler.place(value, spread, drawn), value.shape)
        placed = as_numbers(self._sampler.place(value, spread, drawn), f"{name}.place", value)
        if type(self._sampler).__module__.partition(".")[0] != "kerasal":
            sizes = tf.stack([tf.shape(placed)[0], tf.shape(value)[0]])
            expected = f"{name}.place returns a point for every row: (rows returned, rows) are"
            placed = require(tf.equal(*tf.unstack(sizes)), placed, expected, sizes, "Do not select rows in it.")
        still = still if self.masks.real is None else still | ~self._real(rows)
        return tf.ensure_shape(tf.where(still, value, placed), value.shape)

    def _real(self, rows: Rows) -> Any:
        """True where the target of every row is not missing, or None."""
        return None if self.masks.real is None else rows.per_example(self.masks.real)

    def _spread(self, value: tf.Tensor, per_example: Any, real: Any) -> tf.Tensor | None:
        """The size of the noise on values (R, ...) of the target."""
        if self._sampler is None:
            return None
        sampler = self._sampler.within(per_example[MASK]) if MASK in per_example else self._sampler
        sampler = sampler if real is None else sampler.within(real)
        scale = tf.cast(self._scale, value.dtype)
        return as_numbers(sampler.spread(value, scale), f"{type(sampler).__name__}.spread")
