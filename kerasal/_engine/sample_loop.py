"""The one loop: samples × examples × points packed into model calls, folded as they come."""

import functools
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from kerasal._engine.bound_score import BoundScore
from kerasal._engine.compiled import Program
from kerasal._engine.contract import Finished, Points, draws
from kerasal._engine.forward import Asked, Forward
from kerasal._engine.noisy_target import Given, NoisyTarget
from kerasal._engine.pace import CallPace
from kerasal._engine.rest import Rest
from kerasal._engine.schedule import Clean, Packing, Step
from kerasal._engine.shared_work import SharedWork
from kerasal._keyed_random import Rows, key_of
from kerasal._network.graphs import traced, variables_at_stake
from kerasal._network.randomness import Randomness
from kerasal._network.shared_tensors import compute_before
from kerasal._tree import mapped


class Draws(NamedTuple):
    """The source of samples, tensors: scale of the noise, key of the seed, position of the first example."""

    scale: Any
    key: Any
    first: Any


class Carried(NamedTuple):
    """Knowledge of examples between steps.

    Attributes:
        chosen: what the score fixed, (B, choices); scores: at the clean input, (B,) or (B, classes); predicted: there, (B, C).
        finite: whether all scores so far were, (B,).
        gaps: sums over samples of the completeness gap, of its absolute value, of that of what it is a part of, and of this, (4, B, ...).
        references: scores at the reference points of the box; parts: sums over its points so far; both () for one point.
    """

    chosen: Any
    scores: Any
    predicted: Any
    finite: Any
    gaps: Any
    references: Any = ()
    parts: Any = ()


class _Evaluation(NamedTuple):
    """One call of the compiled loop."""

    given: Given
    draws: Draws
    schedule: Any
    examples: tf.Tensor
    targets: NoisyTarget


class SampleLoop(Program):
    """The compiled loop of one method, input structure, recipe and fold.

    Args:
        method, forward, points, rank: see `Program`.
        randomness: which layers are random.
        sampler: a `NoiseSampler`, or None.
        fold: a `Moments` or `Stack`, or several of them.
        specs: `TensorSpec`s of the scale of the noise, and of what the method brought along.
    """

    def __init__(
        self,
        method: Any,
        forward: Forward,
        points: Points,
        rank: int,
        randomness: Randomness,
        sampler: Any,
        fold: Any,
        specs: tuple[Any, Any],
    ):
        super().__init__(method, forward, points, rank)
        self.randomness, self.sampler, self.fold = randomness, sampler, fold
        self.is_random = bool(randomness) or sampler is not None or draws(method, points)
        self._is_clean_target = self.is_random and sampler is None
        joins = not (bool(randomness) or draws(method, points) or points.references)
        self.clean_pass: Clean | None = ("with samples" if joins else "alone") if self.is_random else None
        self._step = self._many_points_step if points.references else self._one_point_step
        self.pace = CallPace()
        self._beginnings: dict[int, tuple[Carried, Any]] = {}
        scale, per_example = specs
        arrays = mapped(
            lambda part: tf.TensorSpec([None, *part.shape[1:]], part.dtype), (points.plan, points.references)
        )
        given = Given(*forward.inputs.specs, per_example, *arrays)
        source = Draws(scale, tf.TensorSpec([1], tf.uint64), tf.TensorSpec([], tf.int64))
        carried = tf.nest.map_structure(lambda part: tf.TensorSpec([None] * part.ndim, part.dtype), self.nothing(1))
        state = mapped(lambda part: tf.TensorSpec([None] * np.ndim(part), part.dtype), fold.init(self.map_rank))
        self.compiled = traced(forward.model, self._run, given, source, Step.specs, carried, state)
        self.at_stake = variables_at_stake(self.compiled.graph)

    def nothing(self, count: int) -> Carried:
        """Make what is known of `count` examples before the first step, as arrays."""
        each, precision = [count] + [1] * self.classes, self.forward.precision.as_numpy_dtype
        known = Carried(
            np.zeros([count, min(1, self.forward.score.choices)], "int32"),
            np.zeros(each, precision),
            np.zeros([count, 1], "float32"),
            np.ones([count], bool),
            np.zeros([4, *each], precision),
        )
        if not self.points.references:
            return known
        ranks = (self.map_rank, *[1 + self.classes] * self.method.traits.extra_sums)
        parts = tuple(np.zeros([1] * rank, precision) for rank in ranks)
        return known._replace(references=np.zeros([1] * (2 + self.classes), precision), parts=parts)

    def beginning(self, count: int) -> tuple[Carried, Any]:
        """Return what is known of `count` examples before the first step, and the fold's state, as tensors, made once."""
        found = self._beginnings.get(count)
        if found is None:
            state = self.nothing(count), self.fold.init(self.map_rank)
            found = tf.nest.map_structure(tf.convert_to_tensor, state)
            self._beginnings = {count: found}
        return found

    def opening(self, count: tf.Tensor) -> tuple[Carried, Any]:
        """Make the same of a number of examples that is a tensor."""
        carried, state = tf.nest.map_structure(tf.convert_to_tensor, (self.nothing(1), self.fold.init(self.map_rank)))
        first = {
            name: tf.repeat(getattr(carried, name), count, 0) for name in ("chosen", "scores", "predicted", "finite")
        }
        return carried._replace(**first, gaps=tf.repeat(carried.gaps, count, 1)), state

    def scores(self, arguments: Any, plans: Any, scale: np.ndarray) -> np.ndarray:
        """Score rows as they are, by a first step of the loop.

        Args:
            arguments: flat inputs, y and what the method brought along, of the rows.
            plans: the plan and the reference points.
            scale: of the noise, of which the clean pass has none.

        Returns:
            (rows, ...).
        """
        count = int(arguments[0][0].shape[0])
        packing = Packing(count, 1, self.points.count, self.points.reference_count)
        schedule = packing.samples(0, 1, count, clean=self.clean_pass).between(0, 1)
        draws = Draws(tf.constant(scale), tf.constant(key_of(0)), tf.constant(0, tf.int64))
        steps = tuple(map(tf.constant, schedule))
        carried, _ = self.compiled(Given(*arguments, *plans), draws, steps, *self.beginning(count))
        found: np.ndarray = carried.scores.numpy()
        return found

    def _run(self, given: Given, draws: Draws, schedule: Any, carried: Carried, state: Any) -> tuple[Carried, Any]:
        """Do the steps of `schedule`, what `Schedule.between` gave."""
        examples = tf.shape(given.inputs[0])[0]
        targets = NoisyTarget(self.forward, self.randomness, self.sampler, given, draws.scale, self.rank)
        targets.hoist()
        evaluation = _Evaluation(given, draws, schedule, examples, targets)
        steps = tf.shape(schedule[0])[0]
        _, carried, state = tf.while_loop(
            lambda t, *_: t < steps,
            functools.partial(self._step, evaluation),
            (0, carried, self.fold.open(state)),
            parallel_iterations=1,
        )
        return carried, self.fold.close(state)

    def _one_point_step(
        self, evaluation: _Evaluation, t: tf.Tensor, carried: Carried, state: Any
    ) -> tuple[tf.Tensor, Carried, Any]:
        """Attribute the target itself for a box of samples, and fold it."""
        now = Step.at(t, evaluation.schedule)
        rows, target = self._rows_and_target(evaluation, now)
        asked = self._asked(evaluation, held=carried.chosen, decides=now.clean)
        score = self._bound(evaluation, rows, target, asked)
        parts = self.shares(self.method.attribution(score, target, {}))
        shared = SharedWork(rows, self.notes) if self._is_clean_target else None
        if shared:
            shared.compute_once(tf.nest.flatten(parts), score)
        values, finite = self._looked_at(score, rows, carried, evaluation.examples)
        of_maps = [shared.of_mean] if shared and self.fold.is_of_mean and not self.classes else []
        finished = self.finished(parts, None, evaluation.examples, evaluation.given.per_example, *of_maps)
        if shared:
            shared.multiply_by_masks(finished)
        if self.is_random:  # the clean pass folds no samples
            since = now.clean_samples
            finished = tf.nest.map_structure(lambda part: None if part is None else part[since:], finished)
        carried = Carried(
            self._of_first(now.clean, score.chosen, carried.chosen, evaluation.examples),
            tf.where(now.clean, values[: evaluation.examples], carried.scores),
            tf.where(now.clean, score.predicted[: evaluation.examples], carried.predicted),
            finite,
            _with_gaps(carried.gaps, finished),
        )
        return t + 1, carried, self.fold.update(state, finished.saliency)

    def _many_points_step(
        self, evaluation: _Evaluation, t: tf.Tensor, carried: Carried, state: Any
    ) -> tuple[tf.Tensor, Carried, Any]:
        """Score some reference points, or attribute some points of the plan, and fold a box whose points are done."""
        now = Step.at(t, evaluation.schedule)
        rows, target = self._rows_and_target(evaluation, now)
        given, decides = evaluation.given, now.first & now.clean
        fixed = None if self.is_random else evaluation.targets.clean  # before the loop: what follows from it
        share = functools.partial(compute_before, examples=fixed, loop=tf.compat.v1.get_default_graph())

        def refer() -> Any:
            asked = self._asked(evaluation, held=carried.chosen, decides=decides)
            score = self._bound(evaluation, rows, target, asked)
            score.scores_at(self.method.reference(score, target, _between(given.references, now)))
            found = tf.cond(now.first, lambda: score.values, lambda: tf.concat([carried.references, score.values], 0))
            predicted = tf.where(decides, score.predicted[: evaluation.examples], carried.predicted)
            looked_at = self._looked_at(score, rows, carried, evaluation.examples)
            return looked_at, score.chosen, predicted, found, carried.parts

        def attribute() -> Any:
            asked = self._asked(evaluation, held=carried.chosen, references=carried.references)
            score = self._bound(evaluation, rows, target, asked)
            at = _between(given.plan, now)
            added = self.shares(self.method.attribution(score, target, at), list(at.values()), target)
            parts = tuple(a + tf.cast(b, a.dtype) for a, b in zip(carried.parts, added, strict=True))
            looked_at = self._looked_at(score, rows, carried, evaluation.examples)
            share([*looked_at, *parts])
            return looked_at, score.chosen, carried.predicted, carried.references, parts

        (values, finite), chosen, predicted, references, parts = tf.cond(now.refers, refer, attribute)
        share([values, finite, *parts])

        def fold() -> Any:
            finished = self.finished(parts, references, evaluation.examples, given.per_example)
            empty = [tf.zeros([1] * part.shape.rank, part.dtype) for part in parts]
            return _with_gaps(carried.gaps, finished), self.fold.update(state, finished.saliency), empty

        gaps, state, parts = tf.cond(now.last, fold, lambda: (carried.gaps, state, list(parts)))
        chosen = self._of_first(decides, chosen, carried.chosen, evaluation.examples)
        scores = tf.where(decides, values[0][: evaluation.examples], carried.scores)
        carried = Carried(chosen, scores, predicted, finite, gaps, references, tuple(parts))
        return t + 1, carried, state

    def _rows_and_target(self, evaluation: _Evaluation, now: Step) -> tuple[Rows, tf.Tensor]:
        """The rows of a step, and their target with its noise."""
        if not self.is_random:
            return Rows.plain(evaluation.given.inputs), evaluation.targets.clean
        draws = evaluation.draws
        rows = Rows(draws.key, tf.range(now.low, now.high), draws.first, evaluation.examples, now.clean)
        return rows, evaluation.targets.of(rows)

    def _asked(self, evaluation: _Evaluation, **how: Any) -> Asked:
        given = evaluation.given
        masks = evaluation.targets.masks.fixed if self.method.traits.keeps_masks else ()
        return Asked(given.inputs, given.y, given.per_example, masks=masks, **how)

    def _bound(self, evaluation: _Evaluation, rows: Rows, target: tf.Tensor, asked: Asked) -> BoundScore:
        real = evaluation.targets.masks.real
        rest = Rest() if real is None else Rest(rows.per_example(real), target)
        return BoundScore(self.forward, self.randomness, rows, asked, self.rank, self.notes, self.points.context, rest)

    def _looked_at(
        self, score: BoundScore, rows: Rows, carried: Carried, examples: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """The scores of a pass, and whether all scores of each example so far were finite, (B,)."""
        values = score.values
        if values.shape.rank == 0:  # a sum over rows is a score of each
            values = tf.fill([rows.count], values)
        shape = [-1, examples, *[tf.shape(values)[-1]] * self.classes]
        fine = tf.reduce_all(tf.reshape(tf.math.is_finite(values), shape), [0, 2][: 1 + self.classes])
        return values, carried.finite & fine

    def _of_first(self, decides: tf.Tensor, chosen: Any, before: tf.Tensor, examples: tf.Tensor) -> tf.Tensor:
        """The classes that the score has fixed for each example, after a pass that may decide them."""
        return tf.where(decides, chosen[:examples], before) if self.forward.score.choices else before


def _with_gaps(gaps: tf.Tensor, finished: Finished) -> tf.Tensor:
    """Sums over samples of the completeness gap, its absolute value, that of what it is a part of, and this."""
    if finished.gap is None:
        return gaps
    sums = tf.reduce_sum(tf.stack([finished.gap, tf.abs(finished.gap), tf.abs(finished.owed), finished.owed]), 1)
    return gaps + tf.cast(sums, gaps.dtype)


def _between(plan: Any, now: Step) -> dict[str, tf.Tensor]:
    """The part of a plan that a step does."""
    return {name: part[now.begin : now.end] for name, part in plan.items()}
