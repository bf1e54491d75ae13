"""Coalitions of players and their weights in Shapley values: those of permutations that are drawn, or all there are."""

import math
from typing import Protocol

import numpy as np
import tensorflow as tf

from kerasal._engine.bound_score import BoundScore

At = dict[str, tf.Tensor]


class Coalitions(Protocol):
    """A way to look at coalitions of P players, at those of a plan one after another."""

    plan: dict[str, np.ndarray]

    def places(self, score: BoundScore) -> tf.Tensor:
        """Return the place of each player in what was drawn, int32 (R or 1, P)."""

    def shows(self, places: tf.Tensor, at: At) -> tf.Tensor:
        """Tell which places are in the coalitions of a part of the plan: (R or 1, ...) -> bool (K, R or 1, ...)."""

    def shares(self, values: tf.Tensor, ends: tuple[tf.Tensor, tf.Tensor], places: tf.Tensor, at: At) -> tf.Tensor:
        """Give each player its share of some values.

        Args:
            values: of the coalitions, (K, R).
            ends: the values of all players and of none, each (R,) or (K, R).
            places: see `places`.
            at: the part of the plan.

        Returns:
            (R, P), which add up, over the plan, to the Shapley values.
        """


class Permutations:
    """The coalitions of an antithetic pair: the players of a permutation join one after another, then those of its reverse.

    Half of a player's share is what the value gains when it joins in the one, half in the other. The two ends, which all
    permutations have in common, are not in the plan.

    Args:
        count: of players, at least 2.
    """

    def __init__(self, count: int):
        self._count, size = count, np.arange(1, count)
        both = np.concatenate([size, size]).astype("int32")
        self.plan = {"size": both, "is_reversed": np.repeat([False, True], count - 1)}

    def places(self, score: BoundScore) -> tf.Tensor:
        """Draw a permutation: the place of each player in it, as a function of (seed, m, n)."""
        drawn = score.draw("uniform", "permutation", tf.constant(self._count))
        return tf.argsort(tf.argsort(drawn, stable=True))

    def shows(self, places: tf.Tensor, at: At) -> tf.Tensor:
        """Tell which places have joined."""
        own = [-1] + [1] * places.shape.rank
        size, is_reversed = tf.reshape(at["size"], own), tf.reshape(at["is_reversed"], own)
        return tf.where(is_reversed, places[None] >= self._count - size, places[None] < size)

    def shares(self, values: tf.Tensor, ends: tuple[tf.Tensor, tf.Tensor], places: tf.Tensor, at: At) -> tf.Tensor:
        """Give the player that has joined last the value, and take it from the next one."""
        of_all, of_none = (tf.broadcast_to(end, tf.shape(values)) for end in ends)
        size, last, is_reversed = at["size"], self._count - 1, at["is_reversed"]
        gains = tf.where(is_reversed, self._count - size, size - 1)
        loses = tf.where(is_reversed, last - size, size)
        zero = tf.zeros_like(values)
        joined = values - tf.where((size == 1)[:, None], of_none, zero)
        left = values - tf.where((size == last)[:, None], of_all, zero)
        by_place = self._summed(joined, gains) - self._summed(left, loses)
        return tf.gather(by_place, places, axis=1, batch_dims=1) / 2

    def _summed(self, values: tf.Tensor, places: tf.Tensor) -> tf.Tensor:
        """(K, R) at places (K,) -> (R, P)."""
        return tf.transpose(tf.math.unsorted_segment_sum(values, places, self._count))


class Subsets:
    """All coalitions there are: exact.

    Args:
        count: of players, P: there are 2^P coalitions.
    """

    def __init__(self, count: int):
        self._count, sizes = count, range(count)
        self.plan = {"subset": np.arange(2**count, dtype="int32")}
        weights = [1 / (count * math.comb(count - 1, size)) for size in sizes]
        self._joined, self._left = np.array([0, *weights]), np.array([*weights, 0])

    def places(self, score: BoundScore) -> tf.Tensor:
        """Number the players, (1, P)."""
        return tf.range(self._count)[None]

    def shows(self, places: tf.Tensor, at: At) -> tf.Tensor:
        """Tell which players are in the subsets."""
        subset = tf.reshape(at["subset"], [-1] + [1] * places.shape.rank)
        return tf.bitwise.bitwise_and(tf.bitwise.right_shift(subset, places[None]), 1) > 0

    def shares(self, values: tf.Tensor, ends: tuple[tf.Tensor, tf.Tensor], places: tf.Tensor, at: At) -> tf.Tensor:
        """Weigh the values by how often, of all permutations, a player joins to make the subset, or joins it next."""
        members = tf.cast(self.shows(tf.range(self._count), at), values.dtype)  # (K, P)
        size = tf.cast(tf.reduce_sum(members, 1, keepdims=True), tf.int32)
        joined, left = (tf.gather(tf.constant(each, values.dtype), size) for each in (self._joined, self._left))
        weights = members * joined - (1 - members) * left
        return tf.einsum(
            "kr,kp->rp", values - ends[1], weights
        )  # weights add up to 0: values are small beside the score
