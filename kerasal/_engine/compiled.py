"""Base of compiled programs: the results of a method as maps of samples and examples."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from kerasal._engine.contract import Finished, Points, Totals
from kerasal._engine.forward import Forward
from kerasal._network.exact_reads import exact_reads
from kerasal._network.graphs import size_of_row
from kerasal._tree import mapped


@dataclasses.dataclass
class Notes:
    """Findings from tracing a program.

    Attributes:
        score_name: what is scored; quantity: what predictions are, "probability", "output" or "" for none; row_size: how much a row takes, see `size_of_row`.
        example_size: how much an example takes, with all that its rows share.
        goes_back: whether it goes back too, and keeps for this what it computes.
        fixed_rows: how many rows the model computes at a time, where a shape in it says so; None for any number.
        map_shape: sizes of the map of an example, None where one is not known before it is run; a list for several targets.
        exact_reads: what reads exact values of the target, see `exact_reads`; layout: of the axes of an input, see `layout_of`.
    """

    score_name: str = ""
    quantity: str = ""
    row_size: int = 0
    example_size: int = 0
    goes_back: bool = False
    fixed_rows: int | None = None
    map_shape: Any = None
    exact_reads: Any = ()
    layout: Any = None

    def note_gradient(self, values: tf.Tensor, points: tf.Tensor) -> None:
        """Note that a call goes back from scores to points."""
        self.goes_back = True
        self.exact_reads = self.exact_reads or exact_reads(values, points)


class Program:
    """Base of the compiled programs of one method, input structure and recipe.

    Args:
        method: an `Attribution`.
        forward: the `Forward` to evaluate.
        points: the `Points` of the method.
        rank: rank of the target, (N, ...).

    Attributes:
        is_random: whether there are samples; notes: `Notes`; compiled: the concrete function, of a subclass; at_stake: the variables, if the model changes some.
        classes: how many axes the classes take, 1 where the score lists them, else 0.
        map_rank: number of axes of the saliency of a box, a list for several targets.
    """

    def __init__(self, method: Any, forward: Forward, points: Points, rank: int):
        self.method, self.forward, self.points, self.rank = method, forward, points, rank
        self.notes, self.is_random = Notes(), False
        self.compiled: Any = None
        self.at_stake: Any = ()
        self._shapes: Any = None
        self.classes = int(forward.score.lists_classes)
        self.map_rank: Any = mapped(lambda own: own + self.classes, method.map_rank(rank, points.context))

    def shares(self, found: Any, at: Sequence[tf.Tensor] = (), target: tf.Tensor | None = None) -> tuple[Any, ...]:
        """Return what `attribution` gave as a tuple: the saliency, and the numbers beside it.

        Args:
            found: what it gave.
            at: what it was given of the plan.
            target: of all these points, if it comes from another graph.
        """
        parts = found if isinstance(found, tuple) else (found,)
        if not all(map(tf.is_tensor, tf.nest.flatten(parts))):
            raise ValueError(
                f"{type(self.method).__name__}.attribution returns the saliency of the target, a tensor, or a tuple of it and sums. Received: "
                f"{found!r}. Return what score.differentiate or score.evaluate gives."
            )
        if not self.notes.row_size:
            self._note_sizes(tf.nest.flatten(parts), at, target)
        self._shapes = mapped(lambda part: part.shape, parts[0])
        return parts

    def _note_sizes(self, parts: list[tf.Tensor], at: Sequence[tf.Tensor], target: tf.Tensor | None) -> None:
        """Note how much a row and an example take: of several points all that comes before them is computed once for each sample."""
        whole = size_of_row(parts) + (0 if target is None else size_of_row([target]))
        own = size_of_row(parts, at) if at else whole
        once = (whole - own) // max(1, self.points.count) if self.is_random else 0
        self.notes.row_size, self.notes.example_size = own + once, whole

    def finished(
        self,
        parts: tuple[Any, ...],
        references: tf.Tensor | None,
        examples: tf.Tensor,
        per_example: Any,
        of_maps: Callable[[Any], Any] = lambda maps: maps,
    ) -> Finished:
        """Make maps of rows whose points are all done; classes are rows of their own for `finish`.

        Args:
            parts: what `attribution` gave, added up: (R, ...), with `classes` axes of classes after the first.
            references: the scores at the reference points, (E, R) or (E, R, classes), or None.
            examples: B.
            per_example: what the method brought along.
            of_maps: function of the maps (R, ...) that gives those to go on with.

        Returns:
            saliency (S, B, ...); gap and owed (S, B) or (S, B, classes), None if untold.
        """
        of_classes = tf.shape(tf.nest.flatten(parts)[0])[1:2]

        def as_rows(part: tf.Tensor) -> tf.Tensor:
            return tf.reshape(part, tf.concat([[-1], tf.shape(part)[2:]], 0)) if self.classes else part

        def boxed(part: tf.Tensor) -> tf.Tensor:
            lead = [tf.stack([-1, examples]), *[of_classes] * self.classes]
            made = tf.reshape(
                part, tf.concat([*lead, tf.shape(part)[1:]], 0) if part.shape.rank > 1 else tf.concat(lead, 0)
            )
            made.set_shape([None] * (2 + self.classes) + part.shape[1:])
            return made

        if references is not None:
            references = tf.reshape(references, [tf.shape(references)[0], -1])
        mapped(lambda part, shape: part.set_shape(shape), parts[0], self._shapes)  # which chunks added up have lost
        saliency, *extra = tf.nest.map_structure(as_rows, parts)
        rows = tf.range(tf.shape(tf.nest.flatten(saliency)[0])[0])
        own = (rows // of_classes if self.classes else rows) % examples
        found = self.method.finish(Totals(saliency, tuple(extra), references, self.points.context, per_example, own))
        found = found if isinstance(found, Finished) else Finished(found)
        found = found._replace(saliency=of_maps(found.saliency))
        found = Finished(*(None if part is None else tf.nest.map_structure(boxed, part) for part in found))
        self.notes.map_shape = mapped(lambda part: tuple(part.shape[2:]), found.saliency)
        return found
