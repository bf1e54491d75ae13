"""The mean logit of a class over a region of a picture, for models that classify every pixel."""

import dataclasses
from typing import Any

import numpy as np
import tensorflow as tf

from kerasal._network.assertions import require
from kerasal._tree import ComparesByValue
from kerasal._vocabulary import checks_keywords
from kerasal.scores.base import Score, ScoreValue
from kerasal.scores.checks import check_class, class_index
from kerasal.scores.passes import Pass
from kerasal.scores.positions import classes_at_positions, positions_of

_LABEL = "label"


@checks_keywords
@dataclasses.dataclass(frozen=True, eq=False)
class Region(ComparesByValue, Score):
    """The mean logit of a class over a region, of a model that classifies every position: an output (N, H, W, C).

    It is the logit where the output ends in a softmax or sigmoid, else the output itself. One sigmoid unit at each position is of
    two classes, as everywhere: class 1 is z, class 0 −z.

    Args:
        index: the class.
        mask: the region: None for the positions at which the class has the largest logit at the clean input, held fixed over
            samples; booleans (or 0 and 1) of the shape of the positions, for all examples; "label" for a region of each
            example in y: classes (N, H, W) or one-hot (N, H, W, C), where the class is the label, or booleans (N, H, W).

    Raises:
        TypeError: `mask` is none of these.
        ValueError: `index` is no integer from 0, or no position is in the mask.

    Example:
        >>> import numpy as np
        >>> from kerasal import scores
        >>> scores.Region(2), scores.Region(2, mask="label").needs_y
        (Region(index=2, mask=None), True)
        >>> scores.Region(2, mask=np.eye(3, dtype=bool)) == scores.Region(2, mask=np.eye(3, dtype=bool))
        True
    """

    index: int
    mask: Any = None
    needs_y: bool = dataclasses.field(init=False, repr=False)
    choices: int = dataclasses.field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "index", class_index(self.index, "index"))
        object.__setattr__(self, "needs_y", isinstance(self.mask, str))
        object.__setattr__(self, "choices", int(self.mask is None))
        if self.mask is not None:
            object.__setattr__(self, "mask", _checked(self.mask))

    def choice_count(self, run: Pass) -> Any:
        """Count the positions, each of which is in the region or is not."""
        return tf.reduce_prod(tf.shape(run.single_output())[1:-1]) if self.choices else 0

    def choose(self, run: Pass) -> tf.Tensor:
        """Find the positions that are predicted as the class, int32 (rows, positions)."""
        if not self.choices:
            return super().choose(run)
        values = self._values(run)
        if values.shape[-1] == 1:
            raise ValueError(
                f"A region is predicted by a classifier. Received: an output of shape {values.shape} of numbers without a sigmoid. Give "
                "mask=, or compile the model with keras.losses.BinaryCrossentropy(from_logits=True) if they are logits."
            )
        best = tf.argmax(values, axis=-1, output_type=tf.int32)
        return tf.cast(tf.reshape(tf.equal(best, self.index), [tf.shape(values)[0], -1]), tf.int32)

    def labels(self, y: Any) -> Any:
        """Check the regions of examples."""
        if y is None:
            raise ValueError(
                "scores.Region(mask='label') takes the region of each example from y. Received: y=None. Pass y= the label maps, or leave "
                "mask out for the predicted region."
            )
        array = np.asarray(y)
        if array.dtype.kind not in "biuf" or array.ndim < 2:
            raise ValueError(
                "y has a class, or True and False, at each position: (N, H, W). Received: y of dtype "
                f"{array.dtype}, shape {array.shape}. Pass label maps."
            )
        return array if array.dtype.kind == "b" else array.astype("float32")

    def value(self, run: Pass) -> ScoreValue:
        """Average the class over the region."""
        values = self._values(run)
        check_class(self.index, values.shape[-1])
        flat = tf.reshape(values[..., self.index], [tf.shape(values)[0], -1])
        inside, words, remedy = self._region(run, values)
        counts = tf.reduce_sum(inside, 1)
        empty = tf.argmin(counts, output_type=tf.int32)
        counts = require(
            tf.reduce_all(counts > 0),
            counts,
            f"A region has a position {words} at least",
            tf.constant("none"),
            remedy,
            row=empty,
        )
        mean = tf.reduce_sum(flat * tf.cast(inside, flat.dtype), 1) / tf.cast(counts, flat.dtype)
        return ScoreValue(mean, f"mean {run.word()} of class {self.index} over the region {words}")

    def _values(self, run: Pass) -> tf.Tensor:
        return classes_at_positions(run, "scores.Region")

    def _region(self, run: Pass, values: tf.Tensor) -> tuple[tf.Tensor, str, str]:
        """(int32 (rows, positions), 1 in the region; its words; what to do where it is empty)."""
        if self.choices:
            return run.chosen, f"predicted as class {self.index}", "Leave such examples out, or give mask="
        if not self.needs_y:
            inside = tf.constant(_fitted(self.mask, positions_of(values)).reshape(1, -1).astype("int32"))
            rows = tf.shape(values)[0]
            return tf.repeat(inside, rows, 0), "in the mask", "Give another mask"
        inside = tf.cast(tf.reshape(_is_labelled(run.y, values, self.index), [tf.shape(values)[0], -1]), tf.int32)
        return inside, f"labelled as class {self.index}", "Leave such examples out"


def _checked(mask: Any) -> Any:
    """Check what is given as a mask; arrays become read-only booleans."""
    if isinstance(mask, str) and mask == _LABEL:
        return mask
    array = np.asarray(mask)
    if array.ndim < 1 or array.dtype.kind not in "biuf" or not np.isin(array, (0, 1)).all():
        raise TypeError(
            "mask is None (the predicted region), 'label', or booleans of the shape of the output's positions. Received: "
            f"{mask!r}. For a mask of numbers write mask > 0.5."
        )
    array = array.astype(bool)
    if not array.any():
        raise ValueError("A mask has at least one position. Received: a mask without any. Check how it was made.")
    array.setflags(write=False)
    return array


def _fitted(mask: np.ndarray, positions: tuple[int | None, ...]) -> np.ndarray:
    """The mask, of the shape of the positions."""
    own = mask[..., 0] if mask.ndim == len(positions) + 1 and mask.shape[-1] == 1 else mask
    sizes = zip(own.shape, positions, strict=False)
    if own.ndim != len(positions) or not all(size in (None, given) for given, size in sizes):
        raise ValueError(
            f"mask has the shape of the output's positions, {positions}, for all examples. Received: shape {mask.shape}. Resize it; for "
            "a mask of each example give mask='label' and y=."
        )
    return own


def _is_labelled(y: tf.Tensor, values: tf.Tensor, index: int) -> tf.Tensor:
    """True where a position is in the region of its example, (rows, *positions)."""
    rank, own = values.shape.rank, y.shape[1:]
    if y.shape.rank == rank and own[-1] == values.shape[-1] and own[-1] != 1:
        y = tf.cast(y[..., index] > 0 if y.dtype != tf.bool else y[..., index], tf.bool)
    elif y.shape.rank == rank and own[-1] == 1:
        y = y[..., 0]
    if y.shape.rank != rank - 1 or not y.shape[1:].is_compatible_with(values.shape[1:-1]):
        raise ValueError(
            f"y is a label map of the positions of the output, {positions_of(values)}. Received: an example's y of shape {own}. Resize "
            "it to them, without interpolation."
        )
    return y if y.dtype == tf.bool else tf.equal(y, tf.cast(index, y.dtype))
