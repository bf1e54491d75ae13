"""Noise on several targets at once: a sampler for each, with draws of its own."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from kerasal._keyed_random import Rows
from kerasal._network.joint_target import JointTarget
from kerasal.samplers import NoiseSampler

Shape = tuple[int | None, ...]


class JointNoise:
    """Samplers of several targets as one of their numbers side by side, (R, F).

    Args:
        target: the targets, with their shapes.
        samplers: one for each, None for a target without noise; their masks fit every example.
    """

    def __init__(self, target: JointTarget, samplers: Sequence[NoiseSampler | None]):
        self._target, self._samplers = target, list(samplers)
        self._scales = [np.asarray(0 if each is None else each.scale, "float32") for each in samplers]

    @property
    def key(self) -> Any:
        """A value that tells one computation of noise from another."""
        each = zip(self._samplers, self._scales, strict=True)
        return type(self), tuple(None if sampler is None else (sampler.key, scale.shape) for sampler, scale in each)

    @property
    def scale(self) -> np.ndarray:
        """The numbers of all scales, one after another."""
        return np.concatenate([scale.ravel() for scale in self._scales])

    @property
    def is_still_without_spread(self) -> bool:
        """True where a spread of 0 leaves the target as it is, and it is 0 outside of a mask."""
        return all(sampler.is_still_without_spread for sampler in self._samplers if sampler is not None)

    def draw(self, rows: Rows, size: tf.Tensor) -> tf.Tensor:
        """Draw numbers for the rows, (rows, F); those of the first target are the same as if it were alone."""
        return tf.concat(
            [
                tf.zeros([rows.count, size]) if sampler is None else sampler.draw(rows.apart(place), tf.constant(size))
                for place, (sampler, size) in enumerate(zip(self._samplers, self._target.sizes, strict=True))
            ],
            1,
        )

    def within(self, places: tf.Tensor) -> "JointNoise":
        """Return the same noise in some places alone, boolean (R, F)."""
        each = zip(self._samplers, self._target.split(places), strict=True)
        return JointNoise(self._target, [None if sampler is None else sampler.within(own) for sampler, own in each])

    def spread(self, target: tf.Tensor, scale: tf.Tensor) -> tf.Tensor:
        """Compute the size of the noise, (R, F)."""
        scales = tf.split(scale, [own.size for own in self._scales])
        found = []
        for sampler, value, own, like in zip(
            self._samplers, self._target.split(target), scales, self._scales, strict=True
        ):
            spread = (
                tf.zeros([], value.dtype) if sampler is None else sampler.spread(value, tf.reshape(own, like.shape))
            )
            found.append(tf.broadcast_to(spread, tf.shape(value)))
        return self._target.joined(found)

    def place(self, target: tf.Tensor, spread: tf.Tensor, drawn: tf.Tensor) -> tf.Tensor:
        """Put noise on the target (R, F)."""
        each = zip(self._samplers, *map(self._target.split, (target, spread, drawn)), strict=True)
        return self._target.joined([own[0] if sampler is None else sampler.place(*own) for sampler, *own in each])


def joint_noise(target: JointTarget, samplers: Sequence[NoiseSampler | None]) -> tuple[JointNoise, np.ndarray | None]:
    """Fit samplers to several targets.

    Args:
        target: the targets, with their shapes.
        samplers: one for each, in their order.

    Returns:
        (the noise, the mask of all (N, F) where one has a row per example, else None).
    """
    fitted = [
        (None, None) if sampler is None else sampler.on(shape)
        for sampler, shape in zip(samplers, target.shapes, strict=True)
    ]
    masks = [mask for _, mask in fitted]
    noise = JointNoise(target, [sampler for sampler, _ in fitted])
    counts = {len(mask) for mask in masks if mask is not None}
    if not counts:
        return noise, None
    if len(counts) > 1:
        raise ValueError(f"mask has one row per example. Received: masks of {counts} rows. Give as many as examples.")
    count = counts.pop()
    whole = []
    for mask, shape in zip(masks, target.shapes, strict=True):
        every = np.ones([count, *(size or 1 for size in shape[1:])], bool)
        whole.append((every if mask is None else every & mask).reshape(count, -1))
    return noise, np.concatenate(whole, 1)
