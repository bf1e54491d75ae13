"""The base of every score."""

import dataclasses
from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from kerasal._network.interception import autographed
from kerasal._network.outputs import Output
from kerasal._network.precision import as_real
from kerasal._network.targets import LayerExtractor
from kerasal.scores.checks import one_per_row
from kerasal.scores.passes import Pass
from kerasal.scores.two_classes import single_output


class ScoreValue(NamedTuple):
    """The numbers that a score gives for one pass, and its name.

    Attributes:
        values: float32, or float64 of a model of float64, (rows,); (rows, classes) where the score lists classes.
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
        choices: how many classes `choose` fixes at the clean input, for all samples and points; then in `run.chosen`. 0 for none.
        lists_classes: True where `value` is (rows, classes), one map for each.
        names_class: True where the score is of classes, so that the largest of several outputs is one, whatever numbers they are.

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
    names_class: bool = False

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
            return ScoreValue(as_real(values), name)
        return ScoreValue(one_per_row(values, f"{type(self).__name__}.value", run.rows), name)

    def output_of(self, run: Pass) -> Output | None:
        """Give the output that the score is of, None where it is of several.

        Args:
            run: the pass.
        """
        return single_output(run.model, run.outputs)

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

    def choice_count(self, run: Pass) -> Any:
        """Count what `choose` fixes in this pass: `choices`, or as many as its outputs have positions.

        Args:
            run: the pass.
        """
        return self.choices

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
