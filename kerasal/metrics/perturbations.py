"""Perturbations of an example: what infidelity takes away from it."""

import dataclasses
from typing import Any

import numpy as np
import tensorflow as tf

from kerasal._engine.bound_score import BoundScore
from kerasal._tree import ComparesByValue
from kerasal._vocabulary import checks_keywords
from kerasal.baselines import Fill
from kerasal.calculators.windows import Windows
from kerasal.samplers import GaussianNoiseSampler, NoiseSampler


@checks_keywords
@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Squares(ComparesByValue):
    """Windows at random places of pictures, or of series, whose elements go to what hides (Yeh 2019, arXiv:1901.09392).

    Args:
        size: of a window, one number or one per slide axis.
        fill: what hides; see `OcclusionCalculator`.
        slide_axis: axes of the target (N, ...) that windows slide over; None: (1, 2) of images, 1 of anything else.

    Example:
        >>> from kerasal.metrics import Squares
        >>> Squares(4, fill="mean")
        Squares(4, fill='mean')
    """

    size: Any
    fill: Any = 0.0
    slide_axis: Any = None

    def __post_init__(self) -> None:
        Fill(self.fill)

    def __repr__(self) -> str:
        return f"Squares({self.size!r}, fill={self.fill!r})"

    def drawn(self, score: BoundScore, target: tf.Tensor, places: tf.Tensor, count: int) -> tf.Tensor:
        """Draw what is taken away from targets (R, ...): (K, R, ...) for draws `places` (K,) of `count`."""
        windows = Windows(tuple(target.shape), self.slide_axis, self.size, 1)
        uniform = tf.reshape(score.draw("uniform", "square", count), [-1, count])
        starts = tf.cast(uniform * len(windows.starts), tf.int32)  # 24 bits are enough for where a window is
        chosen = tf.gather(tf.constant(windows.starts), tf.transpose(tf.gather(starts, places, axis=1)))  # (K, R, axes)
        masks = windows.masks(score, {"start": tf.reshape(chosen, [-1, chosen.shape[-1]])})[:, 0]
        masks = tf.reshape(masks, tf.concat([tf.shape(chosen)[:2], tf.shape(masks)[1:]], 0))
        return tf.cast(masks, target.dtype) * (target - Fill(self.fill)(target, windows.axes))


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Noise(ComparesByValue):
    """Noise of a sampler, on all elements.

    Args:
        sampler: a `NoiseSampler`.
    """

    sampler: NoiseSampler

    def __repr__(self) -> str:
        return repr(self.sampler)

    def drawn(self, score: BoundScore, target: tf.Tensor, places: tf.Tensor, count: int) -> tf.Tensor:
        """Draw what is taken away from targets (R, ...): (K, R, ...) for draws `places` (K,) of `count`."""
        size = tf.reduce_prod(tf.shape(target)[1:])
        numbers = score.draw(self.sampler.distribution, "perturbation", size * count)
        lead = tf.concat([tf.shape(target)[:1], [count], tf.shape(target)[1:]], 0)
        chosen = tf.gather(tf.reshape(tf.cast(numbers, target.dtype), lead), places, axis=1)
        drawn = tf.transpose(chosen, [1, 0, *range(2, chosen.shape.rank)])
        spread = tf.cast(self.sampler.spread(target, tf.constant(np.float32(self.sampler.scale))), target.dtype)
        many, shape = tf.shape(drawn), [-1, *target.shape[1:]]
        rows, away, drawn = (tf.reshape(tf.broadcast_to(part, many), shape) for part in (target, -spread, drawn))
        return tf.reshape(rows - self.sampler.place(rows, away, drawn), many)


def as_perturbation(given: Any) -> Any:
    """Return the perturbation that is meant: one, a sampler, or the scale of Gaussian noise, a share of each example's range.

    Raises:
        TypeError: anything else.
    """
    if isinstance(given, (Squares, Noise)):
        return given
    if isinstance(given, NoiseSampler):
        return Noise(given)
    if isinstance(given, (int, float, np.number)) and not isinstance(given, bool):
        return Noise(GaussianNoiseSampler(scale=float(given)))
    raise TypeError(
        "perturbation is a noise sampler, Squares(size), or the scale of Gaussian noise, a share of each example's range. Received: "
        f"{given!r}. Give e.g. Squares(4) for pictures."
    )
