"""Noise on the target: how strong, where, and within which limits. What is drawn is a pure function of (seed, m, n)."""

import copy
import dataclasses
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import tensorflow as tf

from kerasal._errors import warn_user
from kerasal._keyed_random import Distribution, Rows, stratified_draws
from kerasal._spatial.shapes import as_numbers, broadcasts
from kerasal._tree import ComparesByValue, as_key, settings_of
from kerasal._vocabulary import check_constructor, signature_of

if TYPE_CHECKING:
    from typing_extensions import Self


_MODES = ("relative", "absolute")


class _MadeInWords(type):
    """Type of the samplers: unknown settings are refused with the nearest one, and `mode` first, as in 0.1, is understood."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        check_constructor(kwargs, cls)
        if "scale" in kwargs and args and isinstance(args[0], str) and _takes_scale_first(cls):
            _warn_of_order(cls, args[0])
            return super().__call__(mode=args[0], **kwargs)
        return super().__call__(*args, **kwargs)


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class NoiseSampler(ComparesByValue, metaclass=_MadeInWords):
    """Base of the noise samplers: `spread` says how strong the noise is, `place` puts it on the target.

    A sampler of one's own overrides one of them, or `draw`; its settings are what it has for attributes, best those of a frozen
    dataclass. Arguments: see `GaussianNoiseSampler`.

    Example:
        >>> import dataclasses
        >>> from kerasal.samplers import NoiseSampler
        >>> @dataclasses.dataclass(frozen=True, eq=False, repr=False)
        ... class Speckle(NoiseSampler):
        ...     contrast: float = 0.1
        ...
        ...     def place(self, target, spread, drawn):  # all (R, ...), tensors
        ...         return target * (1 + self.contrast * drawn)
        >>> Speckle(contrast=0.2)
        Speckle(scale=0.15, mode='relative', contrast=0.2)
    """

    scale: Any = 0.15
    mode: str = "relative"
    axis: Any = None
    mask: Any = None
    clip: Any = None
    stratified: bool = False

    distribution: ClassVar[Distribution] = "normal"  # what is drawn, or "uniform"
    low_high: ClassVar[tuple[float, float]] = (0.0, 1.0)  # numbers drawn from [0, 1) are mapped to this range

    def __post_init__(self) -> None:
        if isinstance(self.scale, str) and self.scale in _MODES:
            _warn_of_order(type(self), self.scale)
            scale = 0.15 if isinstance(self.mode, str) else self.mode
            vars(self).update(mode=self.scale, scale=scale)
        if not isinstance(self.mode, str) or self.mode not in _MODES:
            raise ValueError(
                f"mode is 'relative' (scale × the example's range) or 'absolute' (scale itself). Received: mode={self.mode!r}. "
                "Choose one."
            )
        numbers = _numbers_of(self.scale)
        if not numbers.size or not np.all(np.isfinite(numbers)) or np.any(numbers < 0) or not np.any(numbers > 0):
            raise ValueError(
                f"scale is a positive number, or an array of numbers ≥ 0 that are not all 0. Received: scale={self.scale!r}. "
                "Give the size of the noise, e.g. 0.15."
            )
        axes = [] if self.axis is None else np.ravel(np.array(self.axis, object)).tolist()
        are_integers = all(isinstance(axis, (int, np.integer)) and not isinstance(axis, bool) for axis in axes)
        if self.axis is not None and (not axes or not are_integers or 0 in axes or len(set(axes)) < len(axes)):
            raise ValueError(
                f"axis counts on the target (N, …) and may not be the examples. Received: axis={self.axis!r}. Use 1, 2, … or -1."
            )
        if not (self.mask is None or callable(self.mask) or _is_mask(self.mask)):
            raise ValueError(
                f"mask is True where noise goes: an array of True and False, or a function of the target. Received: mask={self.mask!r}. "
                "Compare with something, e.g. mask=image > 0."
            )
        ends = np.zeros(2) if self.clip is None else _numbers_of(self.clip)
        if self.clip is not None and (ends.shape != (2,) or not ends[0] < ends[1]):
            raise ValueError(
                f"clip is (low, high) with low < high. Received: clip={self.clip!r}. Give the valid range of the target."
            )
        if not isinstance(self.stratified, bool):
            raise TypeError(f"stratified is True or False. Received: stratified={self.stratified!r}. Choose one.")

    def __repr__(self) -> str:
        given = {
            name: value for name, value in settings_of(self).items() if name not in ("mode", "scale", "stratified")
        }
        given["stratified"] = self.stratified or None
        extra = "".join(f", {name}={value!r}" for name, value in given.items() if value is not None)
        return f"{type(self).__name__}(scale={self.scale!r}, mode={self.mode!r}{extra})"

    @property
    def key(self) -> Any:
        """A value that tells computations of noise apart: every setting but the numbers of the scale, which are an argument."""
        return type(self), as_key({name: value for name, value in settings_of(self).items() if name != "scale"})

    @property
    def is_still_without_spread(self) -> bool:
        """True where a spread of 0 leaves the target as it is, and it is 0 outside of a mask: methods of one's own may do anything."""
        return all(getattr(type(self), name) is getattr(NoiseSampler, name) for name in ("draw", "spread", "place"))

    def on(self, shape: tuple[int | None, ...]) -> tuple["Self", np.ndarray | None]:
        """Take apart a mask with one row per example.

        Args:
            shape: of the target, (None, ...).

        Returns:
            (the sampler, None); where the mask is of examples, (the sampler without it, the mask (N, ...)).

        Raises:
            ValueError: the mask fits no example of the target.
        """
        axes = [] if self.axis is None else np.atleast_1d(self.axis).tolist()
        if any(not -len(shape) < axis < len(shape) for axis in axes) or len({a % len(shape) for a in axes}) < len(axes):
            raise ValueError(
                f"axis names axes of the target {('N', *shape[1:])} behind the examples, each once. Received: axis={self.axis!r}. Use "
                f"1 to {len(shape) - 1}, or -1 for the last."
            )
        if self.mask is None or callable(self.mask):
            return self, None
        mask = np.asarray(self.mask, bool)
        if broadcasts(mask.shape, shape[1:]):
            return self, None
        if mask.ndim != len(shape) or not broadcasts(mask.shape[1:], shape[1:]):
            raise ValueError(_unfit_mask(shape, mask.shape))
        return (self, None) if len(mask) == 1 else (self._with_mask(None), mask)

    def within(self, places: tf.Tensor) -> "Self":
        """Return the same noise in some places alone.

        Args:
            places: boolean, broadcastable to the target (R, ...): True where noise may go, if `mask` lets it.
        """
        return self._with_mask(lambda target: places if self.mask is None else places & self._mask_on(target))

    def draw(self, rows: Rows, size: tf.Tensor) -> tf.Tensor:
        """Draw numbers for the rows, (rows, size); see `Rows.draw`."""
        if self.stratified:
            return stratified_draws(rows, self.distribution, "noise", size)
        return rows.draw(self.distribution, "noise", size)

    def spread(self, target: tf.Tensor, scale: tf.Tensor) -> tf.Tensor:
        """Compute the size of the noise: broadcastable to the target (R, ...); 0 where the mask is False."""
        axes = list(range(1, target.shape.rank)) if self.axis is None else [int(a) for a in np.atleast_1d(self.axis)]
        elements = int(np.prod([target.shape[a] or 2 for a in axes]))
        if self.mode == "relative" and elements < 2:
            raise ValueError(
                f"mode='relative' needs at least two elements an example to have a range. Received: a target of shape "
                f"{target.shape} and axis={self.axis}. Use mode='absolute' and give scale in the target's units."
            )
        mask = None if self.mask is None else self._mask_on(target)
        if not broadcasts(scale.shape, target.shape[1:]):
            raise ValueError(
                f"scale is a number or an array that broadcasts to one example of the target, shape {tuple(target.shape[1:])}. "
                f"Received: shape {scale.shape}. Give one number per column, for instance."
            )
        size = scale
        if self.mode == "relative":
            size = size * self._range(target, mask, axes)
        return size if mask is None else tf.where(mask, size, 0.0)

    def place(self, target: tf.Tensor, spread: tf.Tensor, drawn: tf.Tensor) -> tf.Tensor:
        """Put noise on the target (R, ...), with `spread` that broadcasts to it and `drawn` of its shape."""
        low, high = self.low_high
        noise = spread * (drawn if (low, high) == (0.0, 1.0) else low + (high - low) * drawn)
        if self.clip is None:
            return target + noise
        return tf.where(tf.not_equal(noise, 0.0), tf.clip_by_value(target + noise, *self.clip), target)

    def _mask_on(self, target: tf.Tensor) -> tf.Tensor:
        """The mask as a boolean tensor that broadcasts to the target (R, ...)."""
        mask = tf.cast(as_numbers(self.mask(target), "mask") if callable(self.mask) else self.mask, tf.bool)
        own = mask.shape[1:] if mask.shape.rank == target.shape.rank else mask.shape
        if not broadcasts(own, target.shape[1:]):
            raise ValueError(_unfit_mask(tuple(target.shape), tuple(mask.shape)))
        return mask

    def _with_mask(self, mask: Any) -> "Self":
        other = copy.copy(self)
        object.__setattr__(other, "mask", mask)
        return other

    @staticmethod
    def _range(target: tf.Tensor, mask: Any, axes: list[int]) -> tf.Tensor:
        if mask is None:
            return tf.reduce_max(target, axes, keepdims=True) - tf.reduce_min(target, axes, keepdims=True)
        mask = tf.broadcast_to(mask, tf.shape(target))
        top = tf.reduce_max(tf.where(mask, target, target.dtype.min), axes, keepdims=True)
        bottom = tf.reduce_min(tf.where(mask, target, target.dtype.max), axes, keepdims=True)
        return tf.where(top >= bottom, top - bottom, 0.0)


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class GaussianNoiseSampler(NoiseSampler):
    """Gaussian noise on the target (SmoothGrad, Smilkov et al. 2017, arXiv:1706.03825).

    Args:
        scale: a number, or an array broadcastable to one example (one number per column of a table).
        mode: "relative": standard deviation = scale × (max − min) of each example; "absolute": standard deviation = scale.
        axis: axes of the target (N, ...) the range is taken over; None for all but the examples; 0 is refused.
        mask: True where noise goes (and where the range is taken): an array broadcastable to one example, one row per example
            (N, ...) with every axis of the target (sizes of 1 allowed), or a function of the target (R, ...) returning a
            boolean tensor. What the model itself masks (`Masking`, `mask_zero`) stays as it is without being told.
        clip: (low, high), the valid range; noisy points are kept in it.
        stratified: whether blocks of 16 samples (m = 16 j to 16 j + 15) visit every sixteenth of the distribution once, per
            element, in orders of their own (a Latin hypercube, McKay, Beckman and Conover 1979). Each sample is distributed as
            before; the mean needs fewer of them where the saliency is nearly a sum over elements. M is best a multiple of
            16, and 64 or more: then standard errors come from the means of the blocks.

    Raises:
        ValueError: for an unknown mode, a scale that is not positive, axis 0, a mask that is none, an empty clip range.

    Example:
        >>> from kerasal import GaussianNoiseSampler
        >>> GaussianNoiseSampler(0.1, clip=(0.0, 1.0))
        GaussianNoiseSampler(scale=0.1, mode='relative', clip=(0.0, 1.0))
    """

    distribution: ClassVar[Distribution] = "normal"


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class UniformNoiseSampler(NoiseSampler):
    """Uniform noise on the target, between −scale and +scale (times the example's range where relative).

    Its standard deviation is scale / √3. Arguments and errors as for `GaussianNoiseSampler`.

    Example:
        >>> from kerasal import UniformNoiseSampler
        >>> UniformNoiseSampler([0.1, 2.0], mode="absolute")
        UniformNoiseSampler(scale=[0.1, 2.0], mode='absolute')
    """

    distribution: ClassVar[Distribution] = "uniform"
    low_high = (-1.0, 1.0)


def _warn_of_order(kind: type[Any], mode: str) -> None:
    warn_user(
        f"{kind.__name__} takes scale first, then mode. Received: mode {mode!r} first, as in 0.1, which will be an error. "
        f"Name them: {kind.__name__}(scale=0.15, mode={mode!r}).",
        DeprecationWarning,
    )


def _takes_scale_first(kind: type[Any]) -> bool:
    return list(signature_of(kind.__init__).parameters)[1:3] == ["scale", "mode"]


def _numbers_of(given: Any) -> np.ndarray:
    """Return real numbers as an array; an empty one for what is none."""
    try:
        array = np.asarray(given)
    except ValueError:  # lists of several lengths
        return np.zeros(0)
    return array.astype("float32") if array.dtype.kind in "iuf" else np.zeros(0)


def _is_mask(given: Any) -> bool:
    """Tell whether an array is of True and False, or of 1 and 0."""
    try:
        array = np.asarray(given)
    except ValueError:  # lists of several lengths
        return False
    return array.dtype.kind == "b" or (array.dtype.kind in "iuf" and bool(np.all((array == 0) | (array == 1))))


def _unfit_mask(shape: tuple[int | None, ...], received: tuple[int | None, ...]) -> str:
    """Say what a mask looks like."""
    one = tuple(shape[1:])
    return (
        f"mask is True where noise goes: an array that broadcasts to one example of the target, shape {one}, or one row per "
        f"example, shape {('N', *one)}. Received: shape {received}. Give it every axis of the target, of size 1 where it is the "
        "same along one."
    )
