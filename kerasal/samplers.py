"""Noise on the target: how strong, where, and within which limits. What is drawn is a pure function of (seed, m, n)."""

import numpy as np
import tensorflow as tf

from kerasal._keyed_random import stratified_draws


class NoiseSampler:
    """Base of the noise samplers: `spread` says how strong the noise is, `place` puts it on the target."""

    distribution: str
    low_high = (0.0, 1.0)  # the drawn numbers are mapped from "uniform" [0, 1) to this range

    def __init__(self, mode="relative", scale=0.15, axis=None, mask=None, clip=None, stratified=False):
        if mode not in ("relative", "absolute"):
            raise ValueError(
                f"mode is 'relative' (scale × the example's range) or 'absolute' (scale itself). Received: mode={mode!r}. "
                "Choose one."
            )
        numbers = np.asarray(scale, dtype="float32")
        if not np.all(np.isfinite(numbers)) or np.any(numbers < 0) or not np.any(numbers > 0):
            raise ValueError(
                f"scale is a positive number, or an array of numbers ≥ 0 that are not all 0. Received: scale={scale!r}. "
                "Give the size of the noise, e.g. 0.15."
            )
        if axis is not None and 0 in np.atleast_1d(axis):
            raise ValueError(
                f"axis counts on the target (N, …) and may not be the examples. Received: axis={axis!r}. Use 1, 2, … or -1."
            )
        if clip is not None and (len(clip) != 2 or not clip[0] < clip[1]):
            raise ValueError(
                f"clip is (low, high) with low < high. Received: clip={clip!r}. Give the valid range of the target."
            )
        if not isinstance(stratified, bool):
            raise TypeError(f"stratified is True or False. Received: stratified={stratified!r}. Choose one.")
        self.mode, self.scale, self.axis, self.mask, self.clip = mode, scale, axis, mask, clip
        self.stratified = stratified

    def __repr__(self):
        given = {"axis": self.axis, "mask": self.mask, "clip": self.clip, "stratified": self.stratified or None}
        extra = "".join(f", {name}={value!r}" for name, value in given.items() if value is not None)
        return f"{type(self).__name__}(mode={self.mode!r}, scale={self.scale!r}{extra})"

    @property
    def key(self):
        """What makes two samplers the same computation; the scale's numbers are not part of it."""
        mask = None if self.mask is None else id(self.mask) if callable(self.mask) else np.asarray(self.mask).tobytes()
        axis = None if self.axis is None else tuple(np.atleast_1d(self.axis).tolist())
        return type(self), self.mode, axis, mask, self.clip and tuple(self.clip), self.stratified

    def draw(self, rows, size):
        """What is drawn for the rows, (rows, size); see `Rows.draw`."""
        if self.stratified:
            return stratified_draws(rows, self.distribution, "noise", size)
        return rows.draw(self.distribution, "noise", size)

    def spread(self, target, scale):
        """Size of the noise: target (R, ...) and scale as tensors -> broadcastable to (R, ...); 0 where the mask is False."""
        axes = list(range(1, target.shape.rank)) if self.axis is None else [int(a) for a in np.atleast_1d(self.axis)]
        elements = int(np.prod([target.shape[a] or 2 for a in axes]))
        if self.mode == "relative" and elements < 2:
            raise ValueError(
                f"mode='relative' needs at least two elements an example to have a range. Received: a target of shape "
                f"{target.shape} and axis={self.axis}. Use mode='absolute' and give scale in the target's units."
            )
        mask = None if self.mask is None else tf.cast(self.mask(target) if callable(self.mask) else self.mask, tf.bool)
        self._against(scale, target)
        size = scale
        if self.mode == "relative":
            size = size * self._range(target, mask, axes)
        return size if mask is None else tf.where(mask, size, 0.0)

    def place(self, target, spread, drawn):
        """The noisy target: (R, ...), with `drawn` of the same shape."""
        low, high = self.low_high
        noise = spread * (drawn if (low, high) == (0.0, 1.0) else low + (high - low) * drawn)
        if self.clip is None:
            return target + noise
        return tf.where(tf.not_equal(noise, 0.0), tf.clip_by_value(target + noise, *self.clip), target)

    @staticmethod
    def _against(array, target):
        shape = target.shape[1:]
        try:
            fits = tf.broadcast_static_shape(array.shape, shape).rank == shape.rank
        except ValueError:
            fits = False
        if not fits:
            raise ValueError(
                f"scale is a number or an array that broadcasts to one example of the target, shape {tuple(shape)}. Received: "
                f"shape {array.shape}. Give one number per column, for instance."
            )

    @staticmethod
    def _range(target, mask, axes):
        if mask is None:
            return tf.reduce_max(target, axes, keepdims=True) - tf.reduce_min(target, axes, keepdims=True)
        mask = tf.broadcast_to(mask, tf.shape(target))
        top = tf.reduce_max(tf.where(mask, target, target.dtype.min), axes, keepdims=True)
        bottom = tf.reduce_min(tf.where(mask, target, target.dtype.max), axes, keepdims=True)
        return tf.where(top >= bottom, top - bottom, 0.0)


class GaussianNoiseSampler(NoiseSampler):
    """Gaussian noise on the target (SmoothGrad, Smilkov et al. 2017, arXiv:1706.03825).

    Args:
        mode: "relative": standard deviation = scale × (max − min) of each example; "absolute": standard deviation = scale.
        scale: a number, or an array broadcastable to one example (one number per column of a table).
        axis: axes of the target (N, ...) the range is taken over; None for all but the examples; 0 is refused.
        mask: True where noise goes (and where the range is taken): an array broadcastable to one example, or a function
            of the target (R, ...) returning a boolean tensor (so that the padding of a graph or a text stays as it is).
        clip: (low, high), the valid range; noisy points are kept in it.
        stratified: whether blocks of 16 samples (m = 16 j to 16 j + 15) visit every sixteenth of the distribution once, per
            element, in orders of their own (a Latin hypercube, McKay, Beckman and Conover 1979). Each sample is distributed as
            before; the mean needs fewer of them where the saliency is nearly a sum over elements. M is best a multiple of
            16, and 64 or more: then standard errors come from the means of the blocks.

    Raises:
        ValueError: for an unknown mode, a scale that is not positive, axis 0, an empty clip range.

    Example:
        >>> from kerasal import GaussianNoiseSampler
        >>> GaussianNoiseSampler(scale=0.1, clip=(0.0, 1.0))
        GaussianNoiseSampler(mode='relative', scale=0.1, clip=(0.0, 1.0))
    """

    distribution = "normal"


class UniformNoiseSampler(NoiseSampler):
    """Uniform noise on the target, between −scale and +scale (times the example's range where relative).

    Its standard deviation is scale / √3. Arguments and errors as for `GaussianNoiseSampler`.

    Example:
        >>> from kerasal import UniformNoiseSampler
        >>> UniformNoiseSampler(mode="absolute", scale=[0.1, 2.0])
        UniformNoiseSampler(mode='absolute', scale=[0.1, 2.0])
    """

    distribution = "uniform"
    low_high = (-1.0, 1.0)
