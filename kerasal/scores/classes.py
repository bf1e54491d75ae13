"""Scores of a class: its logit where the output ends in a softmax or sigmoid, else the output itself."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from kerasal._network.assertions import require
from kerasal._vocabulary import checks_keywords
from kerasal.scores.base import Score, ScoreValue
from kerasal.scores.checks import check_class, class_index
from kerasal.scores.labels import class_labels
from kerasal.scores.passes import Pass


def class_of_each(values: tf.Tensor, classes: tf.Tensor) -> tf.Tensor:
    """Take one class of each row.

    Args:
        values: (rows, C).
        classes: int32 (rows,).

    Returns:
        (rows,); the gradient adds numbers in a line up, in half the time of the one of `gather_nd`, with a fifth of the operations of
        that of `gather` with `batch_dims`.
    """
    rows, width = tf.unstack(tf.shape(values))
    return tf.gather(tf.reshape(values, [-1]), tf.range(rows) * width + classes)


@dataclasses.dataclass(frozen=True)
class Predicted(Score):
    """The class predicted at the clean input (its logit where there is one), held fixed over samples; score=None.

    Of one sigmoid unit it is class 1, whichever is predicted; of one linear unit the output.
    """

    choices = 1
    names_class = True

    def choose(self, run: Pass) -> tf.Tensor:
        """Predict the classes, int32 (rows, 1)."""
        return self.likeliest(run.classes())

    def likeliest(self, values: tf.Tensor) -> tf.Tensor:
        """Find the class of the largest of (rows, C), int32 (rows, 1)."""
        return tf.expand_dims(tf.argmax(values, axis=-1, output_type=tf.int32), 1)

    def value(self, run: Pass) -> ScoreValue:
        """Take the class that was predicted."""
        values = run.classes()
        which = " of class 1" if run.is_binary else "" if values.shape[-1] == 1 else " of the predicted class"
        return ScoreValue(class_of_each(values, tf.squeeze(run.chosen, 1)), run.word() + which)


@dataclasses.dataclass(frozen=True)
class Class(Score):
    """One class for all examples; score=3.

    Args:
        index: the class.
    """

    index: int
    names_class = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "index", class_index(self.index, "score"))

    def value(self, run: Pass) -> ScoreValue:
        """Take the class."""
        values = run.each_class()
        check_class(self.index, values.shape[-1], run.remedy())
        return ScoreValue(values[:, self.index], f"{run.word()} of class {self.index}")


@dataclasses.dataclass(frozen=True)
class AllClasses(Score):
    """Every class, one after another from one pass; score="all"."""

    lists_classes = True
    names_class = True

    def value(self, run: Pass) -> ScoreValue:
        """Take all classes, (rows, C)."""
        return ScoreValue(run.each_class(), f"{run.word()} of each class")


@checks_keywords
@dataclasses.dataclass(frozen=True)
class Label(Score):
    """The class of each example in `y`, as Keras takes it: (N,) or (N, 1) of any dtype, or one-hot rows (N, C).

    Example:
        >>> from kerasal import scores
        >>> scores.Label().needs_y, scores.Label() == scores.Label()
        (True, True)
    """

    needs_y = True
    names_class = True

    def labels(self, y: Any) -> NDArray[Any]:
        """Check the labels and convert them to int32 or booleans (N,)."""
        if y is None:
            raise ValueError(
                "scores.Label() takes the class of each example from y. Received: y=None. Pass y= the labels."
            )
        return class_labels(y)

    def value(self, run: Pass) -> ScoreValue:
        """Take the class of each label."""
        values = run.each_class()
        count = values.shape[-1]
        remedy = run.remedy()
        if remedy is not None and self.needs_y:
            raise ValueError(f"A label is a class of the output. Received: an output of one number. {remedy}.")
        if run.y.dtype == tf.bool and count != 2:
            raise ValueError(
                f"Labels True and False are of two classes. Received: an output of {count} classes. Give numbers, 0 to {count - 1}."
            )
        labels = tf.cast(run.y, tf.int32)
        wrong = tf.argmax(labels, output_type=tf.int32)
        labels = require(
            tf.reduce_all(labels < count),
            labels,
            f"A label is a class of the output, 0 to {count - 1}",
            labels[wrong],
            remedy or f"Labels count from 0 and the output has {count} classes: if yours begin at 1, subtract 1",
            row=wrong,
        )
        return ScoreValue(class_of_each(values, labels), f"{run.word()} of the label")


@dataclasses.dataclass(frozen=True, eq=False)
class Classes(Label):
    """One class per example, given with the score; score=[3, 1, 4]. Two with the same classes are equal.

    Args:
        classes: integers (N,) or (N, 1), or one-hot rows (N, C); kept as int32 (N,), read-only.
    """

    classes: NDArray[np.int32]
    needs_y = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "classes", _kept(class_labels(self.classes).astype("int32")))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Classes) and type(other) is type(self) and np.array_equal(self.classes, other.classes)

    def __hash__(self) -> int:
        return hash((type(self), self.classes.tobytes()))

    def check_count(self, examples: int | None) -> None:
        """Refuse another number of examples than of classes."""
        if examples is not None and len(self.classes) != examples:
            raise ValueError(
                f"score has one entry per example. Received: {len(self.classes)} entries and {examples} examples. Give as many, "
                "or one for all."
            )


@checks_keywords
@dataclasses.dataclass(frozen=True)
class Margin(Score):
    """The lead of class `a` over class `b`: the difference of their logits, log p_a / p_b.

    Args:
        a: a class.
        b: another one.

    Raises:
        ValueError: they are no integers from 0, or the same.

    Example:
        >>> from kerasal import scores
        >>> scores.Margin(2, 0)
        Margin(a=2, b=0)
    """

    a: int
    b: int
    names_class = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "a", class_index(self.a, "a"))
        object.__setattr__(self, "b", class_index(self.b, "b"))
        if self.a == self.b:
            raise ValueError(
                f"Margin takes two different classes. Received: a={self.a}, b={self.b}. Their difference would be 0."
            )

    def value(self, run: Pass) -> ScoreValue:
        """Subtract class b from class a."""
        return ScoreValue(run.margin(self.a, self.b), f"{run.word()} of class {self.a} minus class {self.b}")


@dataclasses.dataclass(frozen=True)
class Each(Classes):
    """One score per example, all from one pass; score=[scores.Unit("conv", 3), scores.Unit("conv", 8), 5].

    Args:
        scores: `Score`s of a row, one per example.

    Attributes:
        classes: the position of each score.

    Raises:
        ValueError: a score among them is not of a row alone.
    """

    classes: NDArray[np.int32] = dataclasses.field(init=False, repr=False, compare=False)
    scores: Sequence[Score]

    def __post_init__(self) -> None:
        for score in self.scores:
            if score.needs_y or score.choices or score.lists_classes or isinstance(score, Classes):
                raise ValueError(
                    "A list of scores has, for each example, a class, scores.Unit(...), scores.Margin(...) or a function. "
                    f"Received: {type(score).__name__} among them. Give such a score alone, for all examples."
                )
        object.__setattr__(self, "scores", tuple(self.scores))
        object.__setattr__(self, "classes", _kept(np.arange(len(self.scores), dtype="int32")))

    @property
    def names_class(self) -> bool:  # type: ignore[override]
        """True where each of them does."""
        return all(score.names_class for score in self.scores)

    def parts(self) -> list[Score]:
        """List this score and those it is made of."""
        return [self, *(part for score in self.scores for part in score.parts())]

    def named(self, model: keras.Model) -> "Each":
        """Make the same score with paths in place of layer objects."""
        return Each([score.named(model) for score in self.scores])

    def value(self, run: Pass) -> ScoreValue:
        """Take the score of each row, from those of every row."""
        values = tf.stack([score.named_value(run).values for score in self.scores], 1)
        return ScoreValue(class_of_each(values, run.y), "one score per example")


def _kept(classes: NDArray[np.int32]) -> NDArray[np.int32]:
    """Make an array read-only, so that a hash stays true."""
    classes.setflags(write=False)
    return classes
