"""The one loop: samples × examples × points packed into model calls, folded as they come."""

import numpy as np
import tensorflow as tf

from kerasal.bound_score import BoundScore
from kerasal.graph_facts import elements_per_row, variables_at_stake
from kerasal.interception import untouched
from kerasal.keyed_random import Rows
from kerasal.noisy_target import NoisyTarget
from kerasal.schedule import Packing


class Loop:
    """The compiled loop of one calculator, input structure, recipe and fold.

    Args:
        method: a `Calculator`, for its `attribution`, `reference` and `finish`.
        forward: the `Forward` to evaluate.
        randomness: which layers are random.
        sampler: a `NoiseSampler`, or None.
        fold: a `Moments` or `Stack`.
        rank: rank of the target, (N, ...).
        specs: `TensorSpec`s of (inputs, y, companions, plan, references, scale of the noise, state of the fold).

    Attributes:
        notes: score_name and elements (numbers per row of the body).
        at_stake: the variables, if the model changes some.
        staged: whether a box of samples takes several steps: reference points, then chunks of the points.
    """

    def __init__(self, method, forward, randomness, sampler, fold, rank, specs):
        self.method, self.forward, self.randomness, self.sampler = method, forward, randomness, sampler
        self.fold, self.rank, self.notes = fold, rank, {}
        self.staged = bool(specs[4])
        self.is_random = bool(randomness) or sampler is not None or method.draws
        integer = tf.TensorSpec([], tf.int64)
        with untouched(forward.model):
            self.compiled = tf.function(self._run, autograph=False).get_concrete_function(
                *specs[:-1], tf.TensorSpec([1], tf.uint64), *[integer] * 6, self._carried_specs(), specs[-1]
            )
        self.at_stake = variables_at_stake(self.compiled.graph)

    @property
    def rank_of_map(self):
        """Number of axes of the saliency of a box, a list for several targets."""
        return tf.nest.map_structure(lambda rank: rank + self.classes, self.method.rank_of_map(self.rank))

    @property
    def classes(self):
        """How many axes the classes take: 1 where the score lists them, else 0."""
        return int(self.forward.score.lists_classes)

    def carried(self, count):
        """What is known of `count` examples before the first step, as arrays of zeros.

        Returns:
            (chosen, scores, whether all was finite, sums over samples of the completeness gap, of its absolute value and of
            that of what it is a part of, scores at the reference points of the box, sums over its points so far).
        """
        each = [count] + [1] * self.classes
        known_and_parts: tuple = ((), ())
        if self.staged:
            ranks = (self.rank_of_map, *[1 + self.classes] * self.method.carries)
            parts = tuple(np.zeros([1] * rank, "float32") for rank in ranks)
            known_and_parts = np.zeros([1] * (2 + self.classes), "float32"), parts
        return (
            np.zeros([count, self.forward.score.choices], "int32"),
            np.zeros(each, "float32"),
            np.ones([count], bool),
            np.zeros([3, *each], "float32"),
            *known_and_parts,
        )

    def _carried_specs(self):
        chosen, *others = tf.nest.map_structure(
            lambda part: tf.TensorSpec([None] * part.ndim, part.dtype), self.carried(1)
        )
        return (tf.TensorSpec([None, self.forward.score.choices], chosen.dtype), *others)

    def _run(
        self, inputs, y, beside, plan, referred, scale, key, first, start, stop, width, total, chunk, carried, state
    ):
        """Steps `start` to `stop` of the work; see `Packing`."""
        examples = tf.shape(inputs[0])[0]
        packing = Packing(width, total, chunk, _count(plan, 1), _count(referred, 0), self.is_random)
        targets = NoisyTarget(self.forward, self.randomness, self.sampler, (inputs, y), scale)
        targets.hoist(key, first, examples)

        def step(t, carried, state):
            chosen, scores, finite, gaps, known, parts = carried
            now = packing.at(t)
            rows = Rows(key, now.samples, first, examples, now.clean)
            target = targets.of(rows) if self.is_random else targets.clean

            def bound(decides):
                asked = (inputs, y, beside, chosen, decides, known if self.staged else None)
                return BoundScore(
                    self.forward, self.randomness, rows, asked, self.rank, self.method.relu_rule, self.notes
                )

            def attribute():
                score = bound(False if self.staged else now.clean)
                added = self.method.attribution(score, target, _between(plan, now))
                self.notes.setdefault("elements", elements_per_row(tf.compat.v1.get_default_graph()))
                added = added if isinstance(added, tuple) else (added,)
                if self.staged:
                    added = tuple(a + b for a, b in zip(parts, added, strict=True))
                return score.values, score.chosen, known, added

            def refer():
                score = bound(now.first & now.clean)
                values = score.scores_at(self.method.reference(score, target, _between(referred, now)))
                so_far = tf.cond(now.first, lambda: values, lambda: tf.concat([known, values], 0))
                return values, score.chosen, so_far, parts

            values, choice, known, parts = tf.cond(now.refers, refer, attribute) if self.staged else attribute()
            if not self.staged:  # a sum over rows is a score of each
                values = tf.broadcast_to(values, tf.concat([[rows.count], self._of_classes(values)], 0))
            of_first = values[0] if self.staged else values
            decided = now.clean & now.first
            chosen = tf.where(decided, choice[:examples], chosen)
            scores = tf.where(decided, of_first[:examples], scores)
            finite = finite & self._fine(values, examples)

            def fold():
                empty = [tf.zeros([1] * part.shape.rank) for part in parts] if self.staged else []
                return *self._fold(parts, known, gaps, state, examples), *empty

            def wait():
                return gaps, state, *(parts if self.staged else ())

            gaps, state, *parts = tf.cond(now.last, fold, wait)
            return t + 1, (chosen, scores, finite, gaps, known, tuple(parts)), state

        state = self.fold.open(state)
        if self.is_random or self.staged:
            _, carried, state = tf.while_loop(
                lambda t, *_: t < stop, step, (start, carried, state), parallel_iterations=1
            )
        else:
            _, carried, state = step(start, carried, state)
        return carried, self.fold.close(state)

    def _fold(self, parts, known, gaps, state, examples):
        """Fold the samples of a finished box in; classes are rows of their own for `finish`."""
        classes = tf.shape(tf.nest.flatten(parts)[0])[1 : 1 + self.classes]

        def as_rows(part):
            return tf.reshape(part, tf.concat([[-1], tf.shape(part)[1 + self.classes :]], 0)) if self.classes else part

        references = tf.reshape(known, [tf.shape(known)[0], -1]) if self.staged else None
        finished = self.method.finish(references, *tf.nest.map_structure(as_rows, parts))
        saliency, *account = finished if isinstance(finished, tuple) else (finished,)

        def boxed(part):
            return tf.reshape(part, tf.concat([[-1, examples], classes, tf.shape(part)[1:]], 0))

        if account:
            gap, owed = account
            sums = tf.reshape(tf.stack([gap, tf.abs(gap), tf.abs(owed)]), tf.concat([[3, -1, examples], classes], 0))
            gaps += tf.reduce_sum(sums, 1)
        return gaps, self.fold.update(state, tf.nest.map_structure(boxed, saliency))

    def _fine(self, values, examples):
        """(B,): whether all scores of an example are finite."""
        axes = [0, 2][: 1 + self.classes]
        shape = tf.concat([[-1, examples], self._of_classes(values)], 0)
        return tf.reduce_all(tf.reshape(tf.math.is_finite(values), shape), axes)

    def _of_classes(self, values):
        """(classes,) where the score lists them, else ()."""
        return tf.shape(values)[values.shape.rank - self.classes :] if self.classes else tf.zeros([0], tf.int32)


def _count(plan, without):
    """How many points a plan has, int64."""
    return tf.shape(next(iter(plan.values())), tf.int64)[0] if plan else tf.constant(without, tf.int64)


def _between(plan, now):
    """The part of a plan that a step does."""
    return {name: part[now.begin : now.end] for name, part in plan.items()}
