"""The one loop: samples × examples × points packed into model calls, folded as they come."""

import numpy as np
import tensorflow as tf

from kerasal._engine.bound_score import BoundScore
from kerasal._engine.compiled import as_parts, finished
from kerasal._engine.schedule import Step
from kerasal._keyed_random import Rows
from kerasal._network.graphs import size_of_row, traced, variables_at_stake
from kerasal._network.randomness import Randomness


class NoisyTarget:
    """The target of a block of examples.

    Args:
        forward: the `Forward`.
        randomness: which layers are random.
        sampler: a `NoiseSampler`, or None.
        given: (inputs, y) of the examples.
        scale: of the noise, a tensor.

    Attributes:
        clean: the examples' own targets, (B, ...), where nothing random lies before them; else None.
    """

    def __init__(self, forward, randomness, sampler, given, scale):
        self._forward, self._randomness, self._sampler = forward, randomness, sampler
        self._given, self._scale = given, scale
        self.clean, self._clean_spread = None, None

    def hoist(self):
        """Compute once, before the loop, what is the same in all samples."""
        if self._forward.at_layer and self._randomness:
            return
        self.clean = self._forward.value(*self._given, Randomness(), Rows.plain(self._given[0]))
        self.clean.set_shape([None, *self.clean.shape[1:]])
        self._clean_spread = self._spread(self.clean)

    def of(self, rows):
        """The target of every row, (R, ...), with its noise."""
        if self.clean is None:
            value = self._forward.value(*tf.nest.map_structure(rows.per_example, self._given), self._randomness, rows)
            spread = self._spread(value)
        else:
            value, spread = rows.per_example(self.clean), self._clean_spread
            if spread is not None and spread.shape.rank == value.shape.rank:
                spread = rows.per_example(spread)
        value.set_shape([None, *value.shape[1:]])
        if self._sampler is None:
            return value
        drawn = self._sampler.draw(rows, tf.reduce_prod(tf.shape(value)[1:]))
        spread = tf.where(rows.clean, tf.zeros_like(spread), spread)
        return tf.ensure_shape(self._sampler.place(value, spread, tf.reshape(drawn, tf.shape(value))), value.shape)

    def _spread(self, value):
        return None if self._sampler is None else self._sampler.spread(value, self._scale)


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
        notes: score_name and size (of a row of the body).
        at_stake: the variables, if the model changes some.
        staged: whether a box of samples takes several steps: reference points, then chunks of the points.
    """

    def __init__(self, method, forward, randomness, sampler, fold, rank, specs):
        self.method, self.forward, self.randomness, self.sampler = method, forward, randomness, sampler
        self.fold, self.rank, self.notes = fold, rank, {}
        self.staged = bool(specs[4])
        self.is_random = bool(randomness) or sampler is not None or method.draws
        every_call = tf.TensorSpec([1], tf.uint64), tf.TensorSpec([], tf.int64), Step.specs, self._carried_specs()
        self.compiled = traced(forward.model, self._run, *specs[:-1], *every_call, specs[-1])
        self.at_stake = variables_at_stake(self.compiled.graph)
        self._beginnings: dict = {}

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

    def beginning(self, count):
        """(what `carried` tells, the fold's state) of `count` examples before the first step, as tensors, made once."""
        found = self._beginnings.get(count)
        if found is None:
            state = self.carried(count), self.fold.init(self.rank_of_map)
            found = tf.nest.map_structure(tf.convert_to_tensor, state)
            self._beginnings = {count: found}
        return found

    def _carried_specs(self):
        chosen, *others = tf.nest.map_structure(
            lambda part: tf.TensorSpec([None] * part.ndim, part.dtype), self.carried(1)
        )
        return (tf.TensorSpec([None, self.forward.score.choices], chosen.dtype), *others)

    def _run(self, inputs, y, beside, plan, referred, scale, key, first, schedule, carried, state):
        """The steps of `schedule`, what `Schedule.between` gave."""
        examples = tf.shape(inputs[0])[0]
        targets = NoisyTarget(self.forward, self.randomness, self.sampler, (inputs, y), scale)
        targets.hoist()

        def step(t, carried, state):
            chosen, scores, finite, gaps, known, parts = carried
            now = Step.at(t, schedule)
            if self.is_random:
                rows = Rows(key, tf.range(now.low, now.high), first, examples, now.clean)
                target = targets.of(rows)
            else:
                rows, target = Rows.plain(inputs), targets.clean

            def bound(decides):
                asked = (inputs, y, beside, chosen, decides, known if self.staged else None)
                return BoundScore(
                    self.forward, self.randomness, rows, asked, self.rank, self.method.relu_rule, self.notes
                )

            def attribute():
                score = bound(False if self.staged else now.clean)
                added = as_parts(self.method.attribution(score, target, _between(plan, now)))
                self.notes.setdefault("size", size_of_row(tf.nest.flatten(added)))
                if self.staged:
                    added = tuple(a + b for a, b in zip(parts, added, strict=True))
                return score.values, score.chosen, known, added

            def refer():
                score = bound(now.first & now.clean)
                values = score.scores_at(self.method.reference(score, target, _between(referred, now)))
                so_far = tf.cond(now.first, lambda: values, lambda: tf.concat([known, values], 0))
                return values, score.chosen, so_far, parts

            def fold():
                saliency, account = finished(self.method, known if self.staged else None, parts, examples, self.classes)
                if self.is_random and not self.staged:  # the clean pass folds no samples
                    saliency, account = tf.nest.map_structure(lambda part: part[: now.kept], (saliency, account))
                empty = [tf.zeros([1] * part.shape.rank) for part in parts] if self.staged else []
                return _with_gaps(gaps, account), self.fold.update(state, saliency), *empty

            def wait():
                return gaps, state, *parts

            values, choice, known, parts = tf.cond(now.refers, refer, attribute) if self.staged else attribute()
            if values.shape.rank == 0:  # a sum over rows is a score of each
                values = tf.fill([rows.count], values)
            finite = finite & self._fine(values, examples)
            of_first, decided = (values[0], now.clean & now.first) if self.staged else (values, now.clean)
            scores = tf.where(decided, of_first[:examples], scores)
            if self.forward.score.choices:
                chosen = tf.where(decided, choice[:examples], chosen)
            gaps, state, *parts = tf.cond(now.last, fold, wait) if self.staged else fold()
            return t + 1, (chosen, scores, finite, gaps, known, tuple(parts)), state

        steps = tf.shape(schedule[0])[0]
        _, carried, state = tf.while_loop(
            lambda t, *_: t < steps, step, (0, carried, self.fold.open(state)), parallel_iterations=1
        )
        return carried, self.fold.close(state)

    def _fine(self, values, examples):
        """(B,): whether all scores of an example are finite."""
        shape = [-1, examples, *[tf.shape(values)[-1]] * self.classes]
        return tf.reduce_all(tf.reshape(tf.math.is_finite(values), shape), [0, 2][: 1 + self.classes])


def _with_gaps(gaps, account):
    """Sums over samples of the completeness gap, its absolute value and that of what it is a part of; see `finished`."""
    if not account:
        return gaps
    gap, owed = account
    return gaps + tf.reduce_sum(tf.stack([gap, tf.abs(gap), tf.abs(owed)]), 1)


def _between(plan, now):
    """The part of a plan that a step does."""
    return {name: part[now.begin : now.end] for name, part in plan.items()}
