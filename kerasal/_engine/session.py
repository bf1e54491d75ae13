"""One call of a calculator: x checked, the model looked at, samples folded."""

import dataclasses
import functools
from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

import numpy as np
import tensorflow as tf

from kerasal._engine.blocks import Block, Blocks, PerExample
from kerasal._engine.contract import Points, draws
from kerasal._engine.datasets import check_order
from kerasal._engine.driver import drive
from kerasal._engine.exact_values import warn_of_exact_values
from kerasal._engine.flat_maps import warn_of_flat_maps, warn_of_infinite
from kerasal._engine.folded import Folded
from kerasal._engine.forward import Forward
from kerasal._engine.independent_rows import RowCheck
from kerasal._engine.inputs import Inputs, kind_of_examples
from kerasal._engine.joint_look import look_at_targets
from kerasal._engine.label_warnings import warn_of_reconstruction, warn_of_unused_y
from kerasal._engine.missing import missing_of
from kerasal._engine.noise import Noise, noise_on
from kerasal._engine.objective import Objective
from kerasal._engine.real_targets import advised, check_real
from kerasal._engine.sample_loop import SampleLoop
from kerasal._engine.sampling import Sampling
from kerasal._engine.single_pass import SinglePass
from kerasal._engine.sizes import check_size
from kerasal._engine.traces import Traces, key_of_method
from kerasal._engine.unreached_draws import check_own_draws
from kerasal._errors import warn_user
from kerasal._network.joint_target import JointTarget, parts_of
from kerasal._network.randomness import Randomness, randomness_of
from kerasal._tree import mapped
from kerasal.scores.classes import Classes

_MANY = 32  # widths in one call
OfExamples = Callable[[tuple[int | None, ...]], Mapping[str, Any]]


class Session:
    """One call of a calculator: everything that is checked and decided once.

    Args:
        objective: what is explained.
        method: an `Attribution`.
        traces: where compiled programs are kept.
        blocks: of x and y, all of one shape.
        sampling: how samples are drawn.
        per_example: function of the target's shape, (None, ...), that gives {name: array (N, ...)} which `score.per_example(name)` has
            the rows of, beside those of the points; None for nothing.

    Attributes:
        objective, method: as given; blocks: of all examples; forward: the model and what is asked of it.
        points: those of the method; shape: of the target; sampling: with M decided.
        unpaired: names of layers that draw by themselves; kept: the `KeptExamples`.
        score_name, quantity, layout: of the score, of predictions and of the target's axes, after a fold.

    Raises:
        ValueError: before any work, for what cannot mean anything.
    """

    def __init__(
        self,
        objective: Objective,
        method: Any,
        traces: Traces,
        blocks: Any,
        sampling: Sampling,
        per_example: OfExamples | None = None,
    ):
        self.method, self._known = method, traces.of_now()
        self.blocks, self.kept = blocks, blocks.kept
        objective.score.check_count(self.blocks.total)
        self._inputs = self._learnt(objective)
        self._inputs.check_all(blocks)
        self.forward = self._forward_of(objective, method, sampling)
        self.objective = self.forward.objective
        key = self._asked = self.objective.target, self._inputs.key
        with advised(self.forward):
            self.shape = self._known.once(("shape", key), self.forward.shape_of_target)
            self.points: Points = self._known.once(
                ("points", key_of_method(method), key), lambda: method.points(self.shape, self.forward)
            )
        self._noise: Noise = noise_on(
            self.objective.target, self.shape, sampling.noise_sampler, parts_of(objective.target)
        )
        if self._noise.sampler is not None or self.points.plan or method.traits.asks_missing:
            self.forward.missing = self._known.once(("missing", key), lambda: missing_of(self.forward))
        self._per_example = self._known_of_each(per_example)
        self._randomness: Randomness = self._known.once(
            ("randomness", sampling.train_key, key),
            lambda: randomness_of(objective.model, sampling.train, self.forward, self._inputs),
        )
        self.unpaired = self._randomness.unpaired_names
        is_random = bool(self._randomness) or draws(method, self.points)
        self.sampling = sampling.with_samples(is_random=is_random, exact=self.points.exact)
        check_own_draws(
            method,
            self.unpaired,
            self.sampling.M,
            compares=bool(self.points.references),
            in_training=sampling.train is True and not self._randomness.by_itself,
        )
        self.classes = int(objective.score.lists_classes)
        self.score_name = self.quantity = ""
        self.layout: Any = None
        self._exact_reads: Any = ()
        self._fixed_rows: int | None = None

    def fold(self, fold: Any, method: Any = None, blocks: Any = None, points: Points | None = None) -> Folded:
        """Fold the samples of blocks of examples.

        Args:
            fold: a `Moments` or `Stack`, or several of them.
            method: an `Attribution` with the same target; None for the session's.
            blocks: some of the examples; None for all.
            points: other points than the session's.
        """
        if fold.keeps_samples:
            self.check_size()
        points = self.points if points is None else points
        program = self.program(fold, self.method if method is None else method, points)
        notes = program.notes
        self.score_name, self.quantity = notes.score_name, notes.quantity
        self.layout, self._exact_reads = notes.layout, notes.exact_reads
        some = blocks is not None
        sampling = dataclasses.replace(self.sampling, show_progress=False) if some else self.sampling
        blocks = blocks if some else self.blocks
        return drive(program, points, blocks, self.converted, sampling, self.scale, fold, self.rows_check)

    def program(self, fold: Any, method: Any, points: Points) -> SinglePass | SampleLoop:
        """Give the compiled program of a fold, a method and its points, traced once."""
        key, made_of = self._key(method, points, fold), [*fold.parts_of_user, *filter(None, [self._noise.sampler])]
        program: SinglePass | SampleLoop = self._known.once(key, lambda: self._program(method, points, fold), made_of)
        self._check_rows(program.notes.fixed_rows)
        fold.check(mapped(lambda rank: rank + 1, program.map_rank), self.sampling.M, self.classes)
        return program

    @property
    def rows_check(self) -> RowCheck:
        """The `RowCheck` of the model and what is asked of it."""
        found: RowCheck = self._known.once(("rows", self.sampling.train_key, self._asked), self._row_check)
        return found

    @property
    def scale(self) -> np.ndarray:
        """The scale of the noise."""
        return self._noise.scale

    @property
    def brought_along(self) -> list[str]:
        """Names of what the method, the noise and the call know of each example."""
        return list(self._per_example.specs)

    @property
    def names_per_example(self) -> list[str]:
        """Names of what has one entry for each example."""
        return [*self._per_example.counted, *(["score"] if isinstance(self.objective.score, Classes) else [])]

    def check_size(self) -> None:
        """Refuse to keep more samples than memory holds."""
        check_size(self.sampling.M or 1, self.blocks.total, self.shape)

    def _known_of_each(self, of_call: OfExamples | None) -> PerExample:
        """Collect what is known of each example: by the method, the noise and the call."""
        found = {**self.points.per_example, **self._noise.per_example, **(of_call(self.shape) if of_call else {})}
        return PerExample(found, self.blocks.total)

    def check_count(self, folded: Folded) -> None:
        """Refuse another number of examples than what is known of each has entries."""
        self._per_example.check(len(folded.scores))

    def finish(self, folded: Folded, fold: Any) -> Folded:
        """Check what was folded of all examples, and let the method warn of what users should know."""
        self.check_count(folded)
        warn_of_infinite(folded.values, fold.example_axis, self.sampling.first_example)
        warn_of_flat_maps(
            folded,
            fold,
            self.objective,
            self.score_name,
            self.sampling.first_example,
            is_slope=self.method.traits.is_slope,
        )
        is_noisy = self._noise.sampler is not None
        warn_of_exact_values(
            self._exact_reads, self.forward, is_moved=is_noisy or bool(self.points.plan), is_noisy=is_noisy
        )
        self.method.warn(folded)
        return folded

    def _learnt(self, objective: Objective) -> Inputs:
        """Learn what x and y look like, once of all examples of a kind."""
        blocks, first = self.blocks, self.blocks.first()
        key = ("inputs", objective.target, kind_of_examples(blocks.structure, first), blocks.is_dataset)
        learn = functools.partial(Inputs, objective, blocks.structure, first, of_dataset=blocks.is_dataset)
        return cast(Inputs, self._known.once(key, learn))

    def _forward_of(self, objective: Objective, method: Any, sampling: Sampling) -> Forward:
        """The model and what is asked of it, several targets looked at."""
        forward = Forward(objective, self._inputs, accepts_sums=method.traits.accepts_sums)
        check_real(forward, is_moved=method.traits.needs_gradient or sampling.noise_sampler is not None)
        if not isinstance(objective.target, JointTarget):
            return forward
        looked = "joint", objective.target, self._inputs.key
        with advised(forward):
            target = self._known.once(looked, lambda: look_at_targets(forward, objective.target))
        return forward.moved_to(target)

    def converted(self, block: Block) -> tuple[Any, Any, Any]:
        """Give the flat inputs, y and what the method brought along, of a block."""
        if self.blocks.is_dataset:
            self._inputs.check_shapes(block)
            self._inputs.check(block)
        if self._fixed_rows not in (None, block.size):
            raise ValueError(self._other_rows())
        return (*self._inputs.convert(block), self._per_example.of(block))

    def _row_check(self) -> RowCheck:
        return RowCheck(self.forward, self._randomness)

    def _is_single(self, method: Any, points: Points) -> bool:
        by_itself = bool(self._randomness) or draws(method, points)
        return not by_itself and self._noise.sampler is None and not points.plan

    def _program(self, method: Any, points: Points, fold: Any) -> SinglePass | SampleLoop:
        """Trace the program of a method."""
        if self.forward.accepts_sums:
            self.forward.check_sum()
        rank, sampler, per_example = len(self.shape), self._noise.sampler, self._per_example.specs
        with advised(self.forward):
            if self._is_single(method, points):
                return SinglePass(method, self.forward, points, rank, per_example)
            specs = tf.TensorSpec(self._noise.scale.shape, tf.float32), per_example
            return SampleLoop(method, self.forward, points, rank, self._randomness, sampler, fold, specs)

    def _key(self, method: Any, points: Points, fold: Any) -> tuple[Any, ...]:
        """A value that tells compiled programs apart."""
        plan = tuple((name, array.shape[1:], array.dtype.str) for name, array in points.plan.items())
        own = (key_of_method(method), self._asked, plan, tuple(self._per_example.specs.items()))
        if self._is_single(method, points):
            return ("pass", *own)
        return ("loop", *own, self._randomness.key, self._noise.key, fold.key)

    def _check_rows(self, fixed: int | None) -> None:
        """Refuse calls of other sizes than the one size that a model computes, before the first of them."""
        self._fixed_rows = fixed
        if fixed and (self.sampling.batch_size != fixed or (self.blocks.total or 0) % fixed):
            raise ValueError(self._other_rows())

    def _other_rows(self) -> str:
        fixed = self._fixed_rows
        return (
            f"Calls of a model have any number of rows. Received: model '{self.objective.model.name}', in which a shape says {fixed}, "
            f"and calls of other sizes. Write -1 for the rows in its reshapes and leave batch_size out of its Input; or pass "
            f"batch_size={fixed} and whole batches of {fixed} examples."
        )


def sessions(
    objective: Objective,
    method: Any,
    traces: Traces,
    x: Any,
    y: Any,
    sampling: Sampling,
    per_example: OfExamples | None = None,
) -> Iterator[Session]:
    """Yield the sessions of a call: one, or of batches or ragged tensors of several widths one after another for each run of a width.

    Args:
        objective: what is explained.
        method: an `Attribution`.
        traces: where compiled programs are kept.
        x: as users give it.
        y: as users give it.
        sampling: how samples are drawn.
        per_example: see `Session`.
    """
    shapes = set()
    for blocks in Blocks(x, y, objective.model).of_one_shape():
        if blocks.is_dataset:
            shapes.add(repr(blocks.first().shapes))
        if len(shapes) == _MANY + 1:
            warn_user(
                f"x has more than {_MANY} widths, and the model is compiled for each. Pad the examples to a few widths, as "
                "tf.data's bucket_by_sequence_length does.",
            )
        session = Session(objective, method, traces, blocks, sampling, per_example)
        check_order(blocks.source, session.names_per_example)
        warn_of_unused_y(objective, session.forward.inputs, y)
        warn_of_reconstruction(objective, session.forward.inputs, blocks.first())
        y = None  # said once
        yield session
