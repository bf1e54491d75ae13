"""The players of a game on a target: groups of its elements, or tiles, that are shown or hidden together."""

import functools
from typing import Any

import numpy as np
import tensorflow as tf

from kerasal._engine.bound_score import BoundScore
from kerasal._errors import warn_user
from kerasal.calculators.windows import Groups, GroupsOnTarget, Shape, Windows


class Players:
    """Groups of elements that fit a target, each of which is shown or hidden as one.

    Args:
        parts: the groups.

    Attributes:
        count: how many there are, P; axes: of the target, that `fill` works along.
    """

    def __init__(self, parts: GroupsOnTarget):
        self._parts, self.axes = parts, parts.axes
        self.per_example = parts.per_example
        self.count = 1 + int(parts.numbers.max())

    def described(self, groups: Groups | None, size: Any, slide_axis: Any, fill: Any) -> dict[str, Any]:
        """Say what the parts are, as the user gave them, what hides them, and how many there are."""
        return {
            "groups": groups is not None,
            "size": np.atleast_1d(size).tolist(),
            "slide_axis": None if slide_axis is None else np.atleast_1d(slide_axis).tolist(),
            "fill": repr(fill),
            "parts": self.count,
        }

    def numbers(self, score: BoundScore) -> tf.Tensor:
        """Return the player of each element, int32 (R or 1, ...), -1 for none, with size 1 for axes that are hidden whole."""
        return score.per_example("groups") if self.per_example else tf.constant(self._parts.numbers)

    def elements(self, of_players: tf.Tensor, score: BoundScore) -> tf.Tensor:
        """Give each element the numbers of its player.

        Args:
            of_players: (R or 1, K, P).
            score: of the rows.

        Returns:
            (K, R or 1, ...) with the axes of the target; of elements that have no player those of the first.
        """
        numbers = tf.maximum(self.numbers(score), 0)
        flat = tf.reshape(numbers, [tf.shape(numbers)[0], -1])
        if self.per_example:
            each = tf.broadcast_to(of_players, tf.concat([tf.shape(numbers)[:1], tf.shape(of_players)[1:]], 0))
            found = tf.gather(each, flat, axis=2, batch_dims=1)
        else:
            found = tf.gather(of_players, flat[0], axis=2)
        lead = tf.reverse(tf.shape(found)[:2], [0])
        return tf.reshape(tf.transpose(found, [1, 0, 2]), tf.concat([lead, tf.shape(numbers)[1:]], 0))

    def shared(self, of_players: tf.Tensor, score: BoundScore) -> tf.Tensor:
        """Share the number of each player, (R, P), equally among its elements that are not missing: (R, ...), 0 elsewhere."""
        numbers = self.numbers(score)
        takes = tf.cast(numbers >= 0, of_players.dtype)
        if score.rest.real is not None:
            takes *= as_wide(score.rest.real, numbers, of_players.dtype)
        counted = tf.reshape(takes, [tf.shape(takes)[0], -1])
        rows, width = tf.unstack(tf.shape(counted))
        flat = tf.broadcast_to(tf.reshape(tf.maximum(numbers, 0), [tf.shape(numbers)[0], -1]), [rows, width])
        ids = flat + self.count * tf.range(rows)[:, None]
        sizes = tf.math.unsorted_segment_sum(tf.reshape(counted, [-1]), tf.reshape(ids, [-1]), rows * self.count)
        each = tf.math.divide_no_nan(of_players, tf.reshape(sizes, [rows, self.count]))
        return self.elements(each[:, None], score)[0] * takes


def players_on(shape: Shape, groups: Groups | None, size: Any, slide_axis: Any) -> Players:
    """Make the groups, or tiles of a size along the slide axes, the last of each axis cut off at the edge, fit a target.

    Args:
        shape: of the target, (None, ...).
        groups: as the user gave them, or None for tiles.
        size: of a tile, one number or one per slide axis.
        slide_axis: see `Windows`.

    Raises:
        ValueError: they do not fit.
    """
    if groups is not None:
        return Players(groups.on(shape, slide_axis))
    tiles = Windows(shape, slide_axis, size, size)
    along = [np.arange(length) // wide for length, wide in zip(tiles.lengths, tiles.sizes, strict=True)]
    numbers = functools.reduce(lambda before, axis: before[..., None] * (axis[-1] + 1) + axis, along)
    lengths = [shape[axis] if axis in tiles.axes else 1 for axis in range(1, len(shape))]
    fitted = numbers.reshape(1, *lengths).astype("int32")
    return Players(GroupsOnTarget(fitted, tiles.axes, is_per_example=False))


def as_wide(real: tf.Tensor, numbers: tf.Tensor, dtype: tf.DType) -> tf.Tensor:
    """1 where an element (R, ...) is real, or one of those that numbers (R or 1, ...) have as one."""
    whole = [axis for axis in range(1, real.shape.rank) if numbers.shape[axis] == 1]
    found = tf.cast(tf.reduce_any(real, whole, keepdims=True), dtype)
    return tf.broadcast_to(found, tf.concat([tf.shape(real)[:1], tf.shape(numbers)[1:]], 0))


def warn_of_many(count: int, most: int, cost: str) -> None:
    """Warn of more parts than `most`, with what they cost in words."""
    if count > most:
        warn_user(f"{cost}. Pass size=, for larger tiles, or groups=, such as superpixels.")
