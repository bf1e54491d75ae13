"""Which elements of a target are hidden together: windows that slide over some of its axes, or groups of elements."""

import numpy as np
import tensorflow as tf


class Groups:
    """Groups of elements.

    Args:
        numbers: integers of the shape of one example's target, or of the batch; trailing axes may be left out or of size 1,
            and are then in the group whole. Negative numbers belong to no group.

    Raises:
        ValueError: no integers, or no group.
    """

    def __init__(self, numbers):
        self.numbers = np.asarray(numbers)
        if self.numbers.dtype.kind not in "iu" or not self.numbers.size or self.numbers.max() < 0:
            raise ValueError(
                "groups are integers from 0, one per element of the target (negative: in no group). Received: dtype "
                f"{self.numbers.dtype}, shape {self.numbers.shape}. Give e.g. the labels of superpixels."
            )
        self.per_example = False

    def fit(self, shape):
        """The groups there are, (P,), after making the numbers fit a target of shape (None, ...)."""
        for per_example in (False, True):
            own = self.numbers.shape[per_example:]
            own += (1,) * (len(shape) - 1 - len(own))
            if self.numbers.ndim > per_example and _fits(own, shape[1:]):
                self.per_example, self._own = per_example, own
                return np.unique(self.numbers[self.numbers >= 0]).astype("int32")
        raise ValueError(
            f"groups have the shape of one example's target, {tuple(shape[1:])}, or of the batch; trailing axes may be left out. "
            f"Received: shape {self.numbers.shape}. Give one integer per element."
        )

    def companions(self):
        """What varies from example to example."""
        if not self.per_example:
            return {}
        return {"groups": self.numbers.reshape(len(self.numbers), *self._own).astype("int32")}

    def masks(self, score, wanted):
        """(K,) -> float32 (K, R or 1, ...): 1 where an element is in the group."""
        if self.per_example:
            numbers = score.companion("groups")
        else:
            numbers = tf.constant(self.numbers.reshape(1, *self._own), tf.int32)
        return tf.cast(tf.equal(numbers, tf.reshape(wanted, [-1] + [1] * (len(self._own) + 1))), tf.float32)


def _fits(own, target):
    return len(own) == len(target) and all(a in (1, b) or b is None for a, b in zip(own, target))


class Windows:
    """Windows at multiples of a stride; the last of each axis ends at the edge, so that every element is covered.

    Args:
        shape: of the target, (None, ...).
        slide_axis: the axes they slide over; all others are covered whole.
        size, stride: per axis.

    Raises:
        ValueError: an axis that the target does not have, a window larger than it, an axis of unknown length.
    """

    def __init__(self, shape, slide_axis, size, stride):
        self.axes = _axes(slide_axis, shape)
        self.sizes, strides = (
            _per_axis(given, len(self.axes), name) for given, name in ((size, "size"), (stride, "stride"))
        )
        self.lengths = [shape[axis] for axis in self.axes]
        for axis, length, wide in zip(self.axes, self.lengths, self.sizes):
            if length is None or wide > length:
                raise ValueError(
                    f"A window fits on the axes it slides over. Received: size {wide} on axis {axis} of a target of shape "
                    f"{tuple(shape)}. Make size smaller, or fix the length of the axis."
                )
        if any(step > wide for step, wide in zip(strides, self.sizes)):
            raise ValueError(
                f"stride is at most size, so that windows cover every element. Received: stride={stride!r}, size={size!r}. Make "
                "stride smaller or size larger."
            )
        self.rank = len(shape)
        along = [
            np.unique(np.append(np.arange(0, length - size + 1, stride), length - size))
            for length, size, stride in zip(self.lengths, self.sizes, strides)
        ]
        self.starts = np.stack([grid.ravel() for grid in np.meshgrid(*along, indexing="ij")], 1).astype("int32")
        covered = [
            np.sum((np.arange(length) >= begin[:, None]) & (np.arange(length) < begin[:, None] + size), 0)
            for length, size, begin in zip(self.lengths, self.sizes, along)
        ]
        self.coverage = covered[0]
        for counts in covered[1:]:
            self.coverage = np.multiply.outer(self.coverage, counts)

    def masks(self, starts):
        """(K, axes) -> float32 (K, *lengths): 1 in the window that starts there."""
        mask = tf.ones([tf.shape(starts)[0]] + [1] * len(self.axes))
        for place, (length, size) in enumerate(zip(self.lengths, self.sizes)):
            begin, at = starts[:, place, None], tf.range(length)
            inside = tf.cast((at >= begin) & (at < begin + size), tf.float32)
            mask *= tf.reshape(inside, [-1] + [1] * place + [length] + [1] * (len(self.axes) - place - 1))
        return mask

    def placed(self, array, leading):
        """(*leading, *lengths) -> the same with axes of size 1 for those of the target that are covered whole."""
        lengths = iter(range(leading, leading + len(self.axes)))
        shape = [tf.shape(array)[next(lengths)] if axis in self.axes else 1 for axis in range(1, self.rank)]
        return tf.reshape(array, tf.concat([tf.shape(array)[:leading], shape], 0))


def _axes(slide_axis, shape):
    rank = len(shape)
    if slide_axis is None:
        slide_axis = (1, 2) if rank > 3 else (1,)
    axes = np.atleast_1d(slide_axis).tolist()
    valid = all(not isinstance(a, bool) and isinstance(a, int) and -rank <= a < rank and a % rank for a in axes)
    found = sorted({a % rank for a in axes}) if valid else []
    if not found or len(found) != len(axes):
        raise ValueError(
            f"slide_axis is one or several axes of the target {tuple(shape)}; 0 are the examples. Received: {slide_axis!r}. Use "
            f"axes from 1 to {rank - 1}."
        )
    return found


def _per_axis(given, count, name):
    numbers = np.atleast_1d(given).tolist()
    numbers = numbers * count if len(numbers) == 1 else numbers
    if len(numbers) != count or any(isinstance(n, bool) or not isinstance(n, int) or n < 1 for n in numbers):
        raise ValueError(
            f"{name} is an integer ≥ 1, or one for each of the {count} axes that windows slide over. Received: "
            f"{name}={given!r}. Give e.g. {name}={tuple([4] * count) if count > 1 else 4}."
        )
    return numbers
