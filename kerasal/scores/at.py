"""A class at one position of an output: a box of a detector, a token of a text, a pixel."""

import dataclasses
from typing import Any

import tensorflow as tf

from kerasal._network.assertions import require
from kerasal._network.versions import mask_of
from kerasal._vocabulary import checks_keywords
from kerasal.scores.base import Score, ScoreValue
from kerasal.scores.checks import check_class, class_index
from kerasal.scores.classes import class_of_each
from kerasal.scores.passes import Pass
from kerasal.scores.positions import classes_at_positions, positions_of

_LAST = "last"


@checks_keywords
@dataclasses.dataclass(frozen=True)
class At(Score):
    """A class at one position of an output (N, positions, C): a box of a detector by its index, a token of a text, a pixel.

    It is the logit where the output ends in a softmax or sigmoid, else the output itself, so that of the boxes (N, boxes, 4) of a
    detector `At(box, 2)` is a coordinate. Of a model with several outputs name one: score={"classes": scores.At(7)}.

    Args:
        position: e.g. 7 of (N, boxes, C) or (row, column) of (N, H, W, C); "last": the last position that the output's mask,
            of an `Embedding(mask_zero=True)` or `Masking`, says is real, found at the clean input.
        index: the class; None for the class predicted there at the clean input, held fixed over samples.

    Raises:
        TypeError: `position` is neither.
        ValueError: `index` or `position` are no integers from 0.

    Example:
        >>> from kerasal import scores
        >>> scores.At(7), {"classes": scores.At((2, 5), 1)}["classes"].position
        (At(position=7, index=None), (2, 5))
        >>> [scores.At(3, 1), scores.At(5, 0)][1]  # another one for each example
        At(position=5, index=0)
    """

    position: int | tuple[int, ...] | str
    index: int | None = None
    choices: int = dataclasses.field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        at = self.position
        if isinstance(at, (list, tuple)):
            object.__setattr__(self, "position", tuple(class_index(each, "position") for each in at))
        elif at != _LAST:
            if isinstance(at, str) or at is None:
                raise TypeError(
                    f"position is a number, several as (row, column), or 'last'. Received: position={at!r}. Give e.g. 7."
                )
            object.__setattr__(self, "position", class_index(at, "position"))
        if self.index is not None:
            object.__setattr__(self, "index", class_index(self.index, "index"))
        object.__setattr__(self, "choices", int(at == _LAST) + int(self.index is None))

    def choose(self, run: Pass) -> tf.Tensor:
        """Find the last real position, and the class predicted at the position."""
        found = [_last_real(run)] if self.position == _LAST else []
        if self.index is None:
            there = self._classes(run, found[0] if found else None)
            found.append(tf.argmax(there, axis=-1, output_type=tf.int32))
        return tf.stack(found, 1) if found else super().choose(run)

    def value(self, run: Pass) -> ScoreValue:
        """Take the class at the position."""
        chosen: Any = run.chosen
        values = self._classes(run, chosen[:, 0] if self.position == _LAST else None)
        where = "at the last real position" if self.position == _LAST else f"at {self.position}"
        if self.index is None:
            which = "" if values.shape[-1] == 1 else " of the predicted class"
            return ScoreValue(class_of_each(values, chosen[:, -1]), f"{run.word()}{which} {where}")
        check_class(self.index, values.shape[-1])
        which = f" {self.index}" if run.word() == "output" else f" of class {self.index}"
        return ScoreValue(values[:, self.index], f"{run.word()}{which} {where}")

    def _classes(self, run: Pass, last: tf.Tensor | None) -> tf.Tensor:
        """The classes at the position, (rows, C)."""
        values = classes_at_positions(run, "scores.At")
        if last is not None:
            return tf.gather_nd(values, tf.stack([tf.range(tf.size(last)), last], 1))
        position: Any = self.position if isinstance(self.position, tuple) else (self.position,)
        sizes = positions_of(values)
        too_far = [size is not None and at >= size for at, size in zip(position, sizes, strict=False)]
        if len(position) != len(sizes) or any(too_far):
            raise ValueError(
                f"position is one place among the positions {sizes} of the output. Received: {self.position}. Give as many indices, "
                "each smaller than its size."
            )
        return values[(slice(None), *position)]


def _last_real(run: Pass) -> tf.Tensor:
    """The last position that is real, int32 (rows,)."""
    output = run.single_output()
    mask = mask_of(output)
    if mask is None or output.shape.rank != 3:
        raise ValueError(
            "scores.At('last') is the last token that is no padding, of an output (N, tokens, C) with a mask of Keras. Received: an "
            f"output of shape {output.shape} {'without a mask' if mask is None else 'with one'}. Give the position as a number, or "
            "let the model know its padding: Embedding(mask_zero=True), Masking."
        )
    mask = tf.cast(mask, tf.int32)
    counts = tf.reduce_max(mask, 1)
    empty = tf.argmin(counts, output_type=tf.int32)
    last = tf.reduce_max(mask * tf.range(tf.shape(mask)[1]), 1)
    return require(
        tf.reduce_all(counts > 0),
        last,
        "The last real token of an example is wanted",
        tf.constant("padding alone"),
        "Leave such examples out",
        row=empty,
    )
