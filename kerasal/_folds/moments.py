"""Running moments over samples: element → channels → statistic, folded as they come, memory flat in M."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from kerasal._folds.statistics import SampleMoments, as_fold, square_root
from kerasal._keyed_random import BLOCK

_AXES = {1: (), 2: ("feature",), 3: ("position", "feature"), 4: ("height", "width", "channel")}
_REDUCE: dict[str, Callable[..., tf.Tensor]] = {
    "sum": tf.reduce_sum,
    "mean": tf.reduce_mean,
    "max": tf.reduce_max,
    "l2": lambda s, axis: tf.sqrt(tf.reduce_sum(tf.square(s), axis)),
}
_LEAST_BLOCKS = 4  # whole blocks for a standard error


class FoldedMap(NamedTuple):
    """Samples folded into a map, NumPy arrays; lists where there are several folds.

    Attributes:
        values: the map, or the samples; std: over samples, or None; error: the standard error where it is not std/√M, else None.
    """

    values: Any
    std: Any = None
    error: Any = None


def merged(state: Any, q: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Fold q (S, ...), S ≥ 0, into (count, mean, squared deviation), float32 (Chan, Golub and LeVeque 1983)."""
    count, mean, deviation = state
    q = tf.cast(q, tf.float32)
    added = tf.cast(tf.shape(q)[0], tf.float32)
    of_new = tf.reduce_sum(q, 0) / tf.maximum(added, 1.0)
    total = count + added
    step, share = of_new - mean, tf.math.divide_no_nan(added, total)
    deviation += tf.reduce_sum(tf.square(q - of_new), 0) + tf.square(step) * (count * share)
    return total, mean + step * share, deviation


class Moments:
    """Running mean and squared deviation over samples.

    Args:
        method: the name of a method, a function of an element, or a `Fold`.
        ch_axis: axes of (M, N, ...) that hold channels, or None; 0 and 1 (samples, examples) are refused.
        ch_reduce: "sum", "max", "mean" or "l2" over the channels.

    Attributes:
        given: the method as given; per_sample: whether a sample alone has a value of the map.
        key: tells folds apart that are compiled; parts_of_user: what a user may change in it; example_axis: of the values.
        is_of_mean: whether the mean of the samples is all that it takes of them.
    """

    example_axis, keeps_samples = 0, False

    def __init__(self, method: Any = "raw", ch_axis: Any = None, ch_reduce: str = "sum"):
        self.given, self.fold = method, as_fold(method)
        self.per_sample = self.fold.of_samples.of_channels
        needs_samples = self.per_sample or self.fold.of_samples.needs_variance
        self.is_of_mean = self.fold.element is None and not needs_samples
        if not isinstance(ch_reduce, str) or ch_reduce not in _REDUCE:
            raise ValueError(f"ch_reduce is one of {', '.join(_REDUCE)}. Received: {ch_reduce!r}. Choose one.")
        axes = [] if ch_axis is None else np.atleast_1d(ch_axis).tolist()
        if any(isinstance(axis, bool) or not isinstance(axis, (int, np.integer)) for axis in axes):
            raise TypeError(
                f"ch_axis is an integer or a tuple of integers. Received: {ch_axis!r}. Use -1 for the last axis."
            )
        self.ch_axis, self.ch_reduce, self._axes = ch_axis, ch_reduce, axes
        self.key: Any = (self.fold, tuple(axes) if ch_axis is not None else None, ch_reduce)
        self.parts_of_user = [] if isinstance(method, str) else [self.fold]

    @property
    def name(self) -> str:
        """The method in words."""
        return self.given if isinstance(self.given, str) else self.fold.name

    def check(self, rank: int, samples: int | None = None, classes: int = 0) -> None:
        """Refuse axes that `(M, N, *target)` of this rank does not have, and statistics of too few samples."""
        least, which = (
            (3, "0 to 2 are samples, examples and classes") if classes else (2, "0 and 1 are samples and examples")
        )
        for axis in self._axes:
            if not -rank <= axis < rank or axis % rank < least:
                raise ValueError(
                    f"ch_axis is an axis of (samples, examples, …), which has {rank} axes; {which}. "
                    f"Received: ch_axis={axis}. Use {least} to {rank - 1}, or -1 for the last."
                )
        if len({axis % rank for axis in self._axes}) < len(self._axes):
            raise ValueError(
                f"ch_axis names each axis once. Received: ch_axis={self.ch_axis!r} of {rank} axes. Leave out what is there twice."
            )
        needed = self.fold.of_samples.least_samples
        if samples is not None and samples < needed:
            least_words = "two" if needed == 2 else str(needed)
            raise ValueError(
                f"method={self.name!r} needs at least {least_words} samples. Received: M={samples}. Give M=30 with something random, noise_sampler= or train=True."
            )

    def check_error(self) -> None:
        """Refuse what has no standard error."""
        if not self.per_sample:
            raise ValueError(
                "target_error is the error of a mean over samples: method 'raw', 'abs', 'square' or a function of an element. "
                f"Received: method={self.name!r}. Give M instead."
            )

    def _channels(self, s: tf.Tensor, missing: int = 0) -> tf.Tensor:
        """Reduce channels of (S, B, ...) or, where one axis is missing, of (B, ...)."""
        if self.ch_axis is None:
            return s
        rank = s.shape.rank + missing
        return _REDUCE[self.ch_reduce](s, [axis % rank - missing for axis in self._axes])

    def _quantity(self, s: tf.Tensor) -> tf.Tensor:
        """The quantity that is folded of samples (S, B, ...)."""
        of_elements = self.fold.of_element(s)
        return self._channels(of_elements) if self.per_sample else of_elements

    def init(self, rank: int) -> tuple[Any, ...]:
        """State before any sample of a target (B, ...) of `rank` axes: (count, mean, squared deviation), all sizes 1."""
        gone = len(self._axes) if self.per_sample else 0
        empty = np.zeros([1] * (rank - gone), "float32")
        return np.float32(0), empty, empty

    def open(self, state: Any) -> Any:
        """State as a compiled call goes on with it."""
        return state

    def update(self, state: Any, s: tf.Tensor) -> Any:
        """Fold samples s (S, B, ...) in; S may be 0."""
        return merged(state, self._quantity(s))

    def close(self, state: Any) -> Any:
        """State as a compiled call returns it."""
        return state

    def collect(self, kept: Any, closed: Any) -> tuple[Any, Any]:
        """Between compiled calls: (what is kept so far, what a call returned) -> (kept, state of the next call)."""
        return closed, closed

    def finalize(self, kept: Any) -> FoldedMap:
        """Make the map of all samples; arrays are copies, which users may change."""
        return self.made_of([part.numpy() for part in kept])

    def made_of(self, state: Sequence[Any]) -> FoldedMap:
        """Make the map of moments: of arrays, or of tensors whose counts are known, see `counted`."""
        count, mean, deviation = state
        variance = deviation / np.maximum(count - 1, np.float32(1))
        needed = variance if self.fold.of_samples.needs_variance else None
        found = self._map(SampleMoments(count, mean, needed))
        return FoldedMap(found, square_root(variance) if self.per_sample and count > 1 else None)

    def counted(self, state: Sequence[Any], samples: int) -> Sequence[Any]:
        """State of so many samples, with numbers in place of the tensors that count them."""
        return np.float32(samples), *state[1:]

    def shape(self, of_sample: Sequence[int | None]) -> tuple[int | None, ...]:
        """Sizes of the map of an example, of those (...) of its samples (S, B, ...)."""
        gone = [axis % (len(of_sample) + 2) - 2 for axis in self._axes]
        return tuple(size for axis, size in enumerate(of_sample) if axis not in gone)

    def of_one(self, s: tf.Tensor) -> FoldedMap:
        """Make the map of a single sample (1, B, ...)."""
        mean = self._quantity(s).numpy()[0].astype("float32", copy=False)
        variance = np.zeros_like(mean) if self.fold.of_samples.needs_variance else None
        return FoldedMap(self._map(SampleMoments(1.0, mean, variance)))

    def _map(self, moments: SampleMoments) -> Any:
        """The statistic, channels reduced."""
        found = self.fold.of_samples.of(moments)
        if not isinstance(moments.mean, np.ndarray):
            found = tf.cast(found, tf.float32)
            return found if self.per_sample else self._channels(found, 1)
        if np.shape(found) != moments.mean.shape or np.asarray(found).dtype.kind not in "fiub":
            raise ValueError(
                f"A statistic gives one real number per element, shape {moments.mean.shape}. Received: {type(found).__name__} of shape "
                f"{np.shape(found)} from {self.fold.of_samples.name}. Return an array of the moments' shape."
            )
        found = np.asarray(found, "float32")
        if self.per_sample or self.ch_axis is None:
            return found
        reduced: np.ndarray = self._channels(tf.constant(found), 1).numpy()
        return reduced

    def of_samples(self, samples: np.ndarray, classes: int = 0) -> FoldedMap:
        """Make the map of samples (M, N, ...) that are all there."""
        if samples.ndim < 2 or not len(samples):
            raise ValueError(
                f"samples has shape (M, N, …) with M ≥ 1, as compute returns it. Received: shape {samples.shape}. For one "
                "sample pass samples[None]."
            )
        self.check(samples.ndim, len(samples), classes)
        state: Any = tuple(map(tf.convert_to_tensor, self.init(samples.ndim - 1)))
        for sample in samples:
            state = self.update(state, tf.constant(sample[None]))
        return self.finalize(state)

    def axes(self, rank: int, classes: int = 0) -> tuple[str, ...]:
        """Names of the axes of a map (N, ...) of `rank` axes, the second being the classes if there is one."""
        own = rank - classes
        names = ("example", *["class"] * classes, *_AXES.get(own, tuple(f"axis{k}" for k in range(1, own))))
        gone = [axis % (rank + 1) - 1 for axis in self._axes]
        return tuple(name for axis, name in enumerate(names) if axis not in gone)


class BlockMoments(Moments):
    """Moments of stratified samples, with a standard error from the means of whole blocks, where there are four of them.

    The mean of a block of 16 stratified samples varies less than that of 16 independent ones; the state has, behind that of
    `Moments`, the sum over the block that is not yet whole, and the moments of the means of whole blocks.
    """

    def __init__(self, *args: Any):
        super().__init__(*args)
        self.key = ("blocks", *self.key)

    def init(self, rank: int) -> tuple[Any, ...]:
        """State before any sample."""
        samples = super().init(rank)
        return (*samples, samples[1], *samples)

    def update(self, state: Any, s: tf.Tensor) -> Any:
        """Fold samples s (S, B, ...) in, and the blocks that they complete."""
        count, mean, deviation, begun, *means = state
        q = tf.cast(self._quantity(s), tf.float32)
        begins = tf.cast(count, tf.int32) % BLOCK
        block = (begins + tf.range(tf.shape(q)[0])) // BLOCK
        whole = (begins + tf.shape(q)[0]) // BLOCK
        sums = tf.math.unsorted_segment_sum(q, block, whole + 1)
        sums = tf.concat([sums[:1] + begun, sums[1:]], 0)
        return (*merged((count, mean, deviation), q), sums[whole], *merged(means, sums[:whole] / BLOCK))

    def made_of(self, state: Sequence[Any]) -> FoldedMap:
        """Make the map of moments, its error from the blocks."""
        found = super().made_of(state[:3])
        blocks, _, deviation = state[4:]
        if found.std is None or blocks < _LEAST_BLOCKS:
            return found._replace(error=None if found.std is None else found.std / np.sqrt(state[0]))
        return found._replace(error=square_root(deviation / (blocks - 1) / blocks))

    def counted(self, state: Sequence[Any], samples: int) -> Sequence[Any]:
        """State of so many samples, with numbers in place of the tensors that count them, and their whole blocks."""
        return np.float32(samples), *state[1:4], np.float32(samples // BLOCK), *state[5:]


class Stack:
    """A fold that keeps every sample; `compute` returns them.

    Args:
        dtype: in which they are kept.
    """

    example_axis, keeps_samples, is_of_mean, parts_of_user = 1, True, False, ()

    def __init__(self, dtype: tf.DType = tf.float32):
        self._dtype = dtype
        self.key: Any = ("stack", dtype)

    def check(self, rank: int, samples: int | None = None, classes: int = 0) -> None:
        """Refuse nothing."""

    def init(self, rank: int) -> tuple[Any, ...]:
        """State before any sample: none."""
        return ()

    def open(self, state: Any) -> tf.TensorArray:
        """State as a compiled call goes on with it: an empty array of samples."""
        return tf.TensorArray(self._dtype, size=0, dynamic_size=True, clear_after_read=True, infer_shape=False)

    def update(self, state: tf.TensorArray, s: tf.Tensor) -> tf.TensorArray:
        """Keep samples s (S, B, ...)."""
        return state.write(state.size(), tf.cast(s, self._dtype))

    def close(self, state: tf.TensorArray) -> Any:
        """State as a compiled call returns it; a box of samples may take several calls."""
        return (tf.cond(state.size() > 0, state.concat, lambda: tf.zeros([0], self._dtype)),)

    def collect(self, kept: Any, closed: Any) -> tuple[Any, Any]:
        """Between compiled calls: keep what a call returned."""
        new = [closed[0].numpy()] if tf.size(closed[0]) else []
        return [*(kept or []), *new], ()

    def finalize(self, kept: Any) -> FoldedMap:
        """Return all samples (M, B, ...)."""
        return FoldedMap(np.concatenate(kept))

    def of_one(self, s: tf.Tensor) -> FoldedMap:
        """Return a single sample (1, B, ...)."""
        return FoldedMap(tf.cast(s, self._dtype).numpy())
