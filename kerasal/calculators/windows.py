"""Elements of a target that are hidden together: windows that slide over some of its axes, or groups of elements."""

import functools
from typing import Any, ClassVar

import numpy as np
import tensorflow as tf

from kerasal._spatial.shapes import broadcasts

Shape = tuple[int | None, ...]


class Groups:
    """Groups of elements.

    Args:
        numbers: integers of the shape of one example's target, or of the batch; trailing axes may be left out or of size 1,
            and are then in the group whole. They are names, of any size; negative numbers belong to no group.

    Attributes:
        numbers: int32 of the same shape: the place of each name among the names in their order, -1 for no group.

    Raises:
        ValueError: no integers, or no group.
    """

    def __init__(self, numbers: Any):
        try:
            given = np.array(numbers)
        except ValueError:  # lists of several lengths
            given = np.zeros(0)
        if given.dtype.kind not in "iu" or not given.size or given.max() < 0:
            raise ValueError(
                "groups are integers from 0, one per element of the target (negative: in no group). Received: dtype "
                f"{given.dtype}, shape {given.shape}. Give e.g. the labels of superpixels, or [0, 1, 1] where columns 1 and 2 go together; "
                "groups by name are for plot and grouped."
            )
        names, places = np.unique(given, return_inverse=True)
        self.numbers = np.maximum(places.reshape(given.shape) - np.count_nonzero(names < 0), -1).astype("int32")

    def on(self, shape: Shape, slide_axis: Any) -> "GroupsOnTarget":
        """Make the numbers fit a target of shape (None, ...).

        Args:
            shape: of the target.
            slide_axis: axes that `fill` works along; see `Windows`.

        Raises:
            ValueError: they do not fit.
        """
        axes = Windows(shape, slide_axis, 1, 1).axes
        for per_example in (False, True):
            own = self.numbers.shape[per_example:]
            own += (1,) * (len(shape) - 1 - len(own))
            if self.numbers.ndim > per_example and broadcasts(own, shape[1:]):
                lead = len(self.numbers) if per_example else 1
                return GroupsOnTarget(self.numbers.reshape(lead, *own), axes, is_per_example=per_example)
        raise ValueError(
            f"groups have the shape of one example's target, {tuple(shape[1:])}, or of the batch; trailing axes may be left out. "
            f"Received: shape {self.numbers.shape}. Give one integer per element."
        )


class GroupsOnTarget:
    """Groups that fit a target.

    Args:
        numbers: int32 (1 or N, ...) with the target's axes.
        axes: of the target, that `fill` works along.
        is_per_example: whether there are numbers for each example.
    """

    def __init__(self, numbers: np.ndarray, axes: list[int], *, is_per_example: bool):
        self.numbers, self.axes, self._is_per_example = numbers, axes, is_per_example

    @property
    def plan(self) -> dict[str, np.ndarray]:
        """The groups there are, (P,)."""
        return {"group": np.unique(self.numbers[self.numbers >= 0])}

    @property
    def per_example(self) -> dict[str, np.ndarray]:
        """The numbers, where they vary from example to example."""
        return {"groups": self.numbers} if self._is_per_example else {}

    def masks(self, score: Any, at: dict[str, tf.Tensor]) -> tf.Tensor:
        """Make float32 masks (K, R or 1, ...) of some groups: 1 where an element is in the group."""
        numbers = score.per_example("groups") if self._is_per_example else tf.constant(self.numbers)
        wanted = tf.reshape(at["group"], [-1] + [1] * self.numbers.ndim)
        return tf.cast(tf.equal(numbers, wanted), tf.float32)

    def averaged(self, saliency: tf.Tensor) -> tf.Tensor:
        """Return the saliency: an element is in one group at most."""
        return saliency


class Windows:
    """Windows at multiples of a stride; the last of each axis ends at the edge, so that every element is covered.

    Args:
        shape: of the target, (None, ...).
        slide_axis: the axes they slide over; all others are covered whole.
        size, stride: per axis.

    Raises:
        ValueError: an axis that the target does not have, a window larger than it, an axis of unknown length.
    """

    per_example: ClassVar[dict[str, np.ndarray]] = {}

    def __init__(self, shape: Shape, slide_axis: Any, size: Any, stride: Any):
        self.axes, self.rank = _axes(slide_axis, shape), len(shape)
        self.sizes = per_axis(size, len(self.axes), "size")
        strides = per_axis(stride, len(self.axes), "stride")
        self.lengths = [_length(shape, axis, wide) for axis, wide in zip(self.axes, self.sizes, strict=True)]
        if any(step > wide for step, wide in zip(strides, self.sizes, strict=True)):
            raise ValueError(
                f"stride is at most size, so that windows cover every element. Received: stride={stride!r}, size={size!r}. Make "
                "stride smaller or size larger."
            )
        along = [
            np.unique(np.append(np.arange(0, length - wide + 1, step), length - wide))
            for length, wide, step in zip(self.lengths, self.sizes, strides, strict=True)
        ]
        self.starts = np.stack([grid.ravel() for grid in np.meshgrid(*along, indexing="ij")], 1).astype("int32")
        covered = [
            np.sum((np.arange(length) >= begin[:, None]) & (np.arange(length) < begin[:, None] + wide), 0)
            for length, wide, begin in zip(self.lengths, self.sizes, along, strict=True)
        ]
        self.coverage = functools.reduce(np.multiply.outer, covered)

    @property
    def plan(self) -> dict[str, np.ndarray]:
        """The windows, (P, axes)."""
        return {"start": self.starts}

    def masks(self, score: Any, at: dict[str, tf.Tensor]) -> tf.Tensor:
        """Make float32 masks (K, 1, ...) of some windows: 1 in the window."""
        starts = at["start"]
        mask = tf.ones([tf.shape(starts)[0]] + [1] * len(self.axes))
        for place, (length, size) in enumerate(zip(self.lengths, self.sizes, strict=True)):
            begin, positions = starts[:, place, None], tf.range(length)
            inside = tf.cast((positions >= begin) & (positions < begin + size), tf.float32)
            mask *= tf.reshape(inside, [-1] + [1] * place + [length] + [1] * (len(self.axes) - place - 1))
        return self._placed(mask)[:, None]

    def averaged(self, saliency: tf.Tensor) -> tf.Tensor:
        """Divide by the number of windows that cover an element."""
        return saliency / self._placed(tf.constant(self.coverage[None], saliency.dtype))

    def _placed(self, array: tf.Tensor) -> tf.Tensor:
        """(K, *lengths) -> the same with axes of size 1 for those of the target that are covered whole."""
        lengths = iter(range(1, 1 + len(self.axes)))
        shape = [tf.shape(array)[next(lengths)] if axis in self.axes else 1 for axis in range(1, self.rank)]
        return tf.reshape(array, tf.concat([tf.shape(array)[:1], shape], 0))


def _length(shape: Shape, axis: int, wide: int) -> int:
    """The length of an axis that a window fits on."""
    length = shape[axis]
    if length is None or wide > length:
        raise ValueError(
            f"A window fits on the axes it slides over. Received: size {wide} on axis {axis} of a target of shape "
            f"{tuple(shape)}. Make size smaller, or fix the length of the axis."
        )
    return length


def _axes(slide_axis: Any, shape: Shape) -> list[int]:
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


def per_axis(given: Any, count: int, name: str) -> list[int]:
    """Return one integer ≥ 1 for each of `count` axes; ValueError, which names the argument, for anything else."""
    numbers: list[int] = np.atleast_1d(given).tolist()
    numbers = numbers * count if len(numbers) == 1 else numbers
    if len(numbers) != count or any(isinstance(n, bool) or not isinstance(n, int) or n < 1 for n in numbers):
        raise ValueError(
            f"{name} is an integer ≥ 1, or one for each of the {count} axes that windows slide over. Received: "
            f"{name}={given!r}. Give e.g. {name}={tuple([4] * count) if count > 1 else 4}."
        )
    return numbers
