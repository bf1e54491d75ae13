"""The base of every score, the pass over the model that it is computed from, and checks of what it gives."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from kerasal._network.assertions import require
from kerasal._network.graphs import find_logits
from kerasal._network.interception import autographed
from kerasal._network.targets import LayerExtractor


@dataclasses.dataclass(eq=False)
class Pass:
    """One pass over the model, as a score sees it.

    Attributes:
        model: the model.
        outputs: the model's outputs as it returns them.
        rows: how many rows the pass has, int32 scalar tensor.
        y: what belongs to each row (labels, targets of the loss), or None.
        chosen: int32 (rows, classes fixed by the score), decided at the clean input.
        readings: {score: value} for scores that read an inner layer.
        logits: True where the logits behind a softmax or sigmoid are scored instead of the probabilities.
        found_logits: True once `classes` has found logits.
    """

    model: keras.Model
    outputs: Any
    rows: tf.Tensor
    y: Any = None
    chosen: tf.Tensor | None = None
    readings: Mapping["Score", tf.Tensor] = dataclasses.field(default_factory=dict)
    logits: bool = True
    found_logits: bool = dataclasses.field(default=False, init=False)

    def of_head(self, outputs: tf.Tensor, position: int, y: Any) -> "Pass":
        """Make the same pass as the score of one of several outputs sees it.

        Args:
            outputs: that output.
            position: of its choices among `chosen`.
            y: what belongs to each row at that output.
        """
        chosen = None if self.chosen is None else self.chosen[:, position : position + 1]
        return Pass(self.model, outputs, self.rows, y, chosen, self.readings, self.logits)

    def classes(self) -> tf.Tensor:
        """Give the logits where the output ends in a softmax or sigmoid, else the output itself, float32 (rows, C).

        Raises:
            ValueError: the model has several outputs, or one that is not of shape (N, C).
        """
        output = self.outputs
        if not tf.is_tensor(output):
            raise ValueError(
                f"A score needs to know which output it means. Received: a model with outputs {_names(output)}. Give "
                "score={'name of the output': ...}, or a function of the outputs that returns one number per example."
            )
        if output.shape.rank != 2:
            raise ValueError(
                f"A class is scored on an output of shape (N, C). Received: an output of shape {output.shape}. Give score= a "
                "function of the outputs that returns one number per example, shape (N,)."
            )
        if self.logits:
            output, self.found_logits = find_logits(output)
        return tf.cast(output, tf.float32)

    def word(self) -> str:
        """Name what `classes` gave: "logit" or "output"."""
        return "logit" if self.found_logits else "output"


class ScoreValue(NamedTuple):
    """The numbers that a score gives for one pass, and its name.

    Attributes:
        values: float32 (rows,); (rows, classes) where the score lists classes.
        name: of the score, for `Saliency.score_name`.
    """

    values: tf.Tensor
    name: str


class Score:
    """One number per example, computed from a pass over the model; the base of the scores, also of your own.

    A subclass gives `value(run)`. It must treat each row for itself: a row's number may not depend on other rows. A frozen
    dataclass compares by its settings, and `Recipe` can write it as JSON.

    Attributes:
        needs_y: True where the score needs `y`, which is then in `run.y`, after `labels`.
        extractor: the `LayerExtractor` of an inner layer whose value the score needs, which is then in `run.readings[self]`.
        choices: how many classes `choose` fixes at the clean input, for all samples and points; then in `run.chosen`.
        lists_classes: True where `value` is (rows, classes), one map for each.

    Example:
        >>> import dataclasses, keras, numpy as np, tensorflow as tf
        >>> from kerasal import GradientCalculator, scores
        >>> @dataclasses.dataclass(frozen=True)
        ... class LogOdds(scores.Score):
        ...     index: int
        ...     def value(self, run):
        ...         logits = run.classes()  # (rows, C)
        ...         others = tf.concat([logits[:, : self.index], logits[:, self.index + 1 :]], 1)
        ...         return logits[:, self.index] - tf.reduce_logsumexp(others, 1)  # log p / (1 - p)
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, activation="softmax")])
        >>> result = GradientCalculator(model, LogOdds(1)).explain(np.ones((4, 2)))
        >>> result.shape, result.score_name, LogOdds(1) == LogOdds(1)
        ((4, 2), 'LogOdds', True)
    """

    needs_y: bool = False
    extractor: LayerExtractor | None = None
    choices: int = 0
    lists_classes: bool = False

    def value(self, run: Pass) -> tf.Tensor | tuple[tf.Tensor, str]:
        """Compute the score of each row.

        Args:
            run: the pass: `run.outputs`, `run.classes()`, `run.y`, `run.rows`, … It is a graph that is traced: tensors have
                no numbers yet.

        Returns:
            (rows,); or that and a name in place of the class's.
        """
        raise NotImplementedError(
            f"{type(self).__name__} must have value(run), which gives one number per row. Received: none. Write it."
        )

    def named_value(self, run: Pass) -> ScoreValue:
        """Compute the score of each row and its name, checked.

        Args:
            run: the pass.

        Raises:
            ValueError: the score does not give one number per row.
        """
        found = self.value(run)
        if isinstance(found, ScoreValue):  # one of those here, which are checked
            return found
        values, name = found if isinstance(found, tuple) else (found, type(self).__name__)
        if self.lists_classes:
            return ScoreValue(tf.cast(values, tf.float32), name)
        return ScoreValue(one_per_row(values, f"{type(self).__name__}.value", run.rows), name)

    def parts(self) -> list["Score"]:
        """List this score and those it is made of."""
        return [self]

    def choose(self, run: Pass) -> tf.Tensor:
        """Decide at the clean input what is held fixed over samples and points.

        Args:
            run: the pass.

        Returns:
            int32 (rows, choices).
        """
        return tf.zeros([run.rows, 0], tf.int32)

    def labels(self, y: Any) -> Any:
        """Check and convert what belongs to the examples before any work.

        Args:
            y: as users give it, in NumPy; None where it is not given.

        Returns:
            `run.y` of these examples, in NumPy.

        Raises:
            ValueError: there is no y, or it cannot be meant.
        """
        if y is None:
            raise ValueError(f"{type(self).__name__} needs y. Received: y=None. Pass y=, one entry for each example.")
        return tf.nest.map_structure(np.asarray, y)

    def check_count(self, examples: int | None) -> None:
        """Refuse, before any work, a score that was given for another number of examples.

        Args:
            examples: how many there are; None where that is not known.
        """

    def named(self, model: keras.Model) -> "Score":
        """Make the same score with paths in place of layer objects, for any model with such layers.

        Args:
            model: the model that holds the layers.
        """
        return self


@dataclasses.dataclass(frozen=True)
class Function(Score):
    """Any function of the model's outputs that returns one number per example, shape (N,).

    Args:
        function: the function.
    """

    function: Callable[[Any], tf.Tensor]

    def value(self, run: Pass) -> ScoreValue:
        """Call the function."""
        values = one_per_row(autographed(self.function)(run.outputs), "The score function", run.rows)
        return ScoreValue(values, getattr(self.function, "__name__", "function"))


def class_index(value: Any, name: str) -> int:
    """Check the number of a class, unit or position.

    Args:
        value: as users give it.
        name: of the argument, for the error.

    Raises:
        ValueError: it is no integer from 0.
    """
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 0:
        raise ValueError(
            f"{name} is an integer from 0, not counted from the end. Received: {name}={value!r}. Give 0, 1, …"
        )
    return int(value)


def check_class(index: int, size: int | None) -> None:
    """Refuse a class or unit that is not there.

    Args:
        index: its number.
        size: how many there are; None where that is not known.
    """
    if size is not None and index >= size:
        raise ValueError(
            f"The class or unit must be one of the {size} there are. Received: {index}. Give a number from 0 to {size - 1}."
        )


def one_per_row(values: Any, what: str, rows: tf.Tensor) -> tf.Tensor:
    """Check that there is one number per row.

    Args:
        values: what a user's function or score returned.
        what: it, for the error.
        rows: how many rows there are, int32 scalar.

    Returns:
        float32 (rows,), also of (rows, 1).

    Raises:
        ValueError: its shape is another one. Where its size is known only when run, an error that becomes one.
    """
    if values is None or not hasattr(values, "__array__") and not tf.is_tensor(values):
        raise ValueError(
            f"{what} must return one number per example, shape (N,). Received: {values!r}. Return a tensor computed from the "
            "model's output."
        )
    values = tf.convert_to_tensor(values)
    if values.shape.rank == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.shape.rank == 1:
        expected = f"{what} must return one number per example: of the model's N rows, (numbers returned, N) are"
        counts = tf.stack([tf.size(values), rows])
        remedy = "Do not select or join rows in it."
        return tf.cast(require(tf.equal(tf.size(values), rows), values, expected, counts, remedy), tf.float32)
    mean = " (a mean or sum over the batch would mix examples)" if values.shape.rank == 0 else ""
    raise ValueError(
        f"{what} must return one number per example, shape (N,){mean}. Received: shape {values.shape}. For class c of a "
        "classifier pass score=c."
    )


def _names(outputs: Any) -> str:
    return ", ".join(map(str, outputs)) if isinstance(outputs, dict) else f"0 to {len(outputs) - 1}"
