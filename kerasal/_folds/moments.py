"""How samples become one map: element → channels → mean over samples, folded as they come, memory flat in M."""

import numpy as np
import tensorflow as tf

from kerasal._keyed_random import BLOCK

_ELEMENTS = {"raw": lambda s: s, "abs": tf.abs, "square": tf.square}
_AXES = {1: (), 2: ("feature",), 3: ("position", "feature"), 4: ("height", "width", "channel")}
_STATISTICS = ("mean_abs", "var", "std")
_REDUCE = {
    "sum": tf.reduce_sum,
    "mean": tf.reduce_mean,
    "max": tf.reduce_max,
    "l2": lambda s, axis: tf.sqrt(tf.reduce_sum(tf.square(s), axis)),
}


def merged(state, q):
    """(count, mean, squared deviation) with q (S, ...) folded in, S ≥ 0 (Chan, Golub and LeVeque 1983)."""
    count, mean, deviation = state
    added = tf.cast(tf.shape(q)[0], tf.float32)
    of_new = tf.reduce_sum(q, 0) / tf.maximum(added, 1.0)
    total = count + added
    step, share = of_new - mean, tf.math.divide_no_nan(added, total)
    deviation += tf.reduce_sum(tf.square(q - of_new), 0) + tf.square(step) * (count * share)
    return total, mean + step * share, deviation


class Moments:
    """Running mean and squared deviation over samples.

    Args:
        method: "raw" s, "abs" |s|, "square" s², a function of an element: the mean over samples of what the channels reduce
            to; "mean_abs" |mean over samples|, "var" and "std" (ddof 1) per element, then channels.
        ch_axis: axes of (M, N, ...) that hold channels, or None; 0 and 1 (samples, examples) are refused.
        ch_reduce: "sum", "max", "mean" or "l2" over the channels.
    """

    example_axis = 0

    def __init__(self, method="raw", ch_axis=None, ch_reduce="sum"):
        if not callable(method) and method not in (*_ELEMENTS, *_STATISTICS):
            raise ValueError(
                f"method is one of {', '.join((*_ELEMENTS, *_STATISTICS))}, or a function of an element. Received: {method!r}. "
                "Choose one."
            )
        if ch_reduce not in _REDUCE:
            raise ValueError(f"ch_reduce is one of {', '.join(_REDUCE)}. Received: {ch_reduce!r}. Choose one.")
        if ch_axis is not None and any(
            isinstance(a, bool) or not isinstance(a, (int, np.integer)) for a in np.atleast_1d(ch_axis).tolist()
        ):
            raise TypeError(
                f"ch_axis is an integer or a tuple of integers. Received: {ch_axis!r}. Use -1 for the last axis."
            )
        self.method, self.ch_axis, self.ch_reduce = method, ch_axis, ch_reduce
        self.key: tuple = (method, None if ch_axis is None else tuple(np.atleast_1d(ch_axis).tolist()), ch_reduce)
        self.per_sample = callable(method) or method in _ELEMENTS  # whether a sample alone has a value of the map

    @property
    def name(self):
        return self.method if isinstance(self.method, str) else getattr(self.method, "__name__", "function")

    def check(self, rank, samples=None, classes=0):
        """Refuse axes that `(M, N, *target)` of this rank does not have, and statistics of one sample."""
        least, which = (
            (3, "0 to 2 are samples, examples and classes") if classes else (2, "0 and 1 are samples and examples")
        )
        for axis in () if self.ch_axis is None else np.atleast_1d(self.ch_axis).tolist():
            if not -rank <= axis < rank or axis % rank < least:
                raise ValueError(
                    f"ch_axis is an axis of (samples, examples, …), which has {rank} axes; {which}. "
                    f"Received: ch_axis={axis}. Use {least} to {rank - 1}, or -1 for the last."
                )
        if samples is not None and samples < 2 and self.method in ("var", "std"):
            raise ValueError(f"method={self.method!r} needs at least two samples. Received: M={samples}. Raise M.")

    def check_error(self):
        """Refuse what has no standard error."""
        if not self.per_sample:
            raise ValueError(
                "target_error is the error of a mean over samples: method 'raw', 'abs', 'square' or a function of an element. "
                f"Received: method={self.method!r}. Give M instead."
            )

    def _channels(self, s, rank):
        """Reduce channels of (S, B, ...) or, with `rank` − 1 axes, of (B, ...)."""
        if self.ch_axis is None:
            return s
        missing = rank - s.shape.rank
        axes = [axis % rank - missing for axis in np.atleast_1d(self.ch_axis).tolist()]
        return _REDUCE[self.ch_reduce](s, axes)

    def _quantity(self, s):
        if not self.per_sample:
            return s
        element = _ELEMENTS.get(self.method, self.method) if isinstance(self.method, str) else self.method
        return self._channels(element(s), s.shape.rank)

    def init(self, rank):
        """State before any sample of a target (B, ...) of `rank` axes: (count, mean, squared deviation), all sizes 1."""
        axes = 0 if self.ch_axis is None or not self.per_sample else len(np.atleast_1d(self.ch_axis))
        empty = np.zeros([1] * (rank - axes), "float32")
        return np.float32(0), empty, empty

    def open(self, state):
        return state

    def update(self, state, s):
        """Fold samples s (S, B, ...) in; S may be 0."""
        return merged(state, self._quantity(s))

    def close(self, state):
        return state

    def collect(self, kept, closed):
        """Between compiled calls: (what is kept so far, what a call returned) -> (kept, state of the next call)."""
        return closed, closed

    def finalize(self, kept, target_rank):
        """(values, std or None, standard error where it is not std/√M, else None) as NumPy arrays."""
        count, mean, deviation = (part.numpy() for part in kept)  # copies, which users may change
        variance = deviation / np.maximum(count - 1, np.float32(1))
        if self.per_sample:
            return mean, np.sqrt(variance) if count > 1 else None, None
        of_samples = {"mean_abs": lambda: np.abs(mean), "var": lambda: variance, "std": lambda: np.sqrt(variance)}
        return self._channels(tf.constant(of_samples[self.method]()), target_rank + 1).numpy(), None, None

    def of_one(self, s):
        """What `finalize` gives, of a single sample (1, B, ...)."""
        q = self._quantity(s)
        return (q if self.per_sample else self._channels(tf.abs(q), q.shape.rank)).numpy()[0], None, None

    def of_samples(self, samples, classes=0):
        """(values, std or None) of samples (M, N, ...) that are all there."""
        if samples.ndim < 2 or not len(samples):
            raise ValueError(
                f"samples has shape (M, N, …) with M ≥ 1, as compute returns it. Received: shape {samples.shape}. For one "
                "sample pass samples[None]."
            )
        self.check(samples.ndim, len(samples), classes)
        state = tuple(map(tf.convert_to_tensor, self.init(samples.ndim - 1)))
        for sample in samples:
            state = self.update(state, tf.constant(sample[None]))
        return self.finalize(state, samples.ndim - 1)[:2]

    def axes(self, rank, classes=0):
        """Names of the axes of a map (N, ...) of `rank` axes, the second being the classes if there is one."""
        own = rank - classes
        names = ("example", *["class"] * classes, *_AXES.get(own, tuple(f"axis{k}" for k in range(1, own))))
        gone = () if self.ch_axis is None else [axis % (rank + 1) - 1 for axis in np.atleast_1d(self.ch_axis).tolist()]
        return tuple(name for axis, name in enumerate(names) if axis not in gone)


class Stack:
    """Keeps every sample; `compute` returns them."""

    key = "stack"
    example_axis = 1

    def check(self, rank, samples=None, classes=0):
        pass

    def init(self, rank):
        return ()

    def open(self, state):
        return tf.TensorArray(tf.float32, size=0, dynamic_size=True, clear_after_read=True, infer_shape=False)

    def update(self, state, s):
        return state.write(state.size(), s)

    def of_one(self, s):
        return s.numpy(), None, None

    def close(self, state):
        return (tf.cond(state.size() > 0, state.concat, lambda: tf.zeros([0])),)  # a box may take several calls

    def collect(self, kept, closed):
        new = [closed[0].numpy()] if tf.size(closed[0]) else []
        return [*(kept or []), *new], ()

    def finalize(self, kept, target_rank):
        return np.concatenate(kept), None, None


_LEAST = 4  # whole blocks for a standard error


class BlockMoments(Moments):
    """As `Moments`, with a standard error from the means of whole blocks of 16 samples, where there are four of them.

    The mean of a block of stratified samples varies less than 16 independent ones would; the state has, behind that of
    `Moments`, the sum over the block that is not yet whole, and the moments of the means of whole blocks.
    """

    def __init__(self, *args):
        super().__init__(*args)
        self.key: tuple = ("blocks", *self.key)

    def init(self, rank):
        samples = super().init(rank)
        return (*samples, samples[1], *samples)

    def update(self, state, s):
        count, mean, deviation, begun, *means = state
        q = self._quantity(s)
        begins = tf.cast(count, tf.int32) % BLOCK
        block = (begins + tf.range(tf.shape(q)[0])) // BLOCK
        whole = (begins + tf.shape(q)[0]) // BLOCK
        sums = tf.math.unsorted_segment_sum(q, block, whole + 1)
        sums = tf.concat([sums[:1] + begun, sums[1:]], 0)
        return (*merged((count, mean, deviation), q), sums[whole], *merged(means, sums[:whole] / BLOCK))

    def finalize(self, kept, target_rank):
        values, std, _ = super().finalize(kept[:3], target_rank)
        blocks, _, deviation = (np.asarray(part) for part in kept[4:])
        if std is None or blocks < _LEAST:
            return values, std, None if std is None else std / np.sqrt(kept[0])
        return values, std, np.sqrt(deviation / (blocks - 1) / blocks)
