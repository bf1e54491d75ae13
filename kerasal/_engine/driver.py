"""Runs a compiled program over all examples: rows of a call, progress, when an example has enough samples."""

import dataclasses
import functools
import itertools
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import tensorflow as tf

from kerasal._engine.blocks import Block
from kerasal._engine.call_size import CallSize
from kerasal._engine.contract import Points
from kerasal._engine.folded import Folded
from kerasal._engine.independent_rows import RowCheck
from kerasal._engine.noisy_target import Given
from kerasal._engine.pace import Progress
from kerasal._engine.sample_loop import Carried, Draws, SampleLoop
from kerasal._engine.sampling import Sampling
from kerasal._engine.schedule import Packing, Schedule
from kerasal._engine.single_pass import SinglePass
from kerasal._errors import listed
from kerasal._keyed_random import key_of
from kerasal._network.graphs import unchanged
from kerasal._tree import mapped

_STEP = 16  # samples are added by multiples of this
_MOST_AT_ONCE = 4.0  # times the samples so far, before the error is looked at again

Convert = Callable[[Block], tuple[Any, Any, Any]]


def drive(
    program: SinglePass | SampleLoop,
    points: Points,
    blocks: Any,
    convert: Convert,
    sampling: Sampling,
    scale: np.ndarray,
    fold: Any,
    rows_check: RowCheck,
) -> Folded:
    """Fold M samples of every example.

    Args:
        program: what is run.
        points: the `Points` of the method.
        blocks: the `Blocks` of all examples.
        convert: function of a block giving the program's flat inputs, y and what the method brought along.
        sampling: a `Sampling` with M decided.
        scale: of the noise, float32.
        fold: a `Moments` or `Stack`, or several of them.
        rows_check: what is checked of the first rows, where several share a call.
    """
    rows, most = CallSize.of(program.notes, sampling.batch_size)
    size = most if blocks.total is None else min(most, blocks.total)
    plans: tuple[Any, Any] = {}, {}
    share_calls = rows > 1 and not (blocks.total == points.most == sampling.M == 1)
    fold_block: Callable[[Any, int, int], list[Folded]]
    if isinstance(program, SinglePass):
        progress = _progress(blocks.total, sampling, 1)
        fold_block = functools.partial(_passed, program, progress, fold)
    else:
        plans = mapped(tf.convert_to_tensor, (dict(points.plan), dict(points.references or {})))
        packing = Packing.of(points, rows, size)
        progress = _progress(blocks.total, sampling, packing.chunks)
        fold_block = _Driven(program, sampling, scale, packing, plans, progress, fold).samples

    def parts() -> Iterator[Folded]:
        for block in blocks(size):
            inputs, *rest = convert(block)
            arguments = [tf.constant(leaf) for leaf in inputs], *mapped(tf.constant, rest)
            first = sampling.first_example + block.first
            try:
                if share_calls and not rows_check.is_done:
                    rows_check(lambda given: program.scores(given, plans, scale), arguments, first, rows)
                yield from fold_block(arguments, first, block.size)
            except tf.errors.InvalidArgumentError as error:
                raise rows_check.error_of(error, first, block.size) from None

    with unchanged(program.at_stake):
        folded = Folded.joined(parts(), fold.example_axis, blocks.total)
    progress.close()
    return folded


def check_finite(finite: np.ndarray, first: int) -> None:
    """Refuse scores that are not finite; whether they are, (N, ...), from position `first`."""
    if not finite.all():
        bad = np.flatnonzero(~finite.reshape(len(finite), -1).all(1))
        raise ValueError(
            "The score must be a finite number for every example and sample. Received: NaN or Inf for example(s) "
            f"{listed(first + bad)}. "
            "Look at the model's output there; smaller noise or `clip` may keep points in the valid range."
        )


def _progress(examples: int | None, sampling: Sampling, chunks: int) -> Progress:
    """The progress of so many examples, whose samples take some chunks of points each."""
    if sampling.M is None or not sampling.show_progress:
        return Progress(examples, "example", shown=sampling.show_progress)
    total = None if examples is None else examples * sampling.M * chunks
    unit = "chunk of points" if chunks > 1 else "sample"
    return Progress(total, unit, shown=sampling.show_progress)


def _passed(program: SinglePass, progress: Progress, fold: Any, arguments: Any, first: int, count: int) -> list[Folded]:
    """Fold the single pass of `count` examples, from position `first`."""
    inputs, y, per_example = arguments
    folded = program.folded(inputs, y, per_example, fold)
    check_finite(np.isfinite(folded.scores), first)
    progress.add(count)
    return [folded]


@dataclasses.dataclass
class _Sampled:
    """Neighbouring examples with the same number of samples so far, and what is known of them between compiled calls.

    Attributes:
        given: what they bring into the loop, tensors; first: position of the first example; count: how many examples.
        carried, state: of the loop; see `Carried` and the folds; kept: what the fold keeps outside of it.
        done: samples so far; error: relative error of the map after them, (count,), or None.
    """

    given: Given
    first: int
    count: int
    carried: Carried
    state: Any
    kept: Any = None
    done: int = 0
    error: Any = None

    def part(self, begin: int, end: int, between_boxes: Carried) -> "_Sampled":
        """Some of the examples, whose samples go on; `between_boxes` is what is known of as many before the first step."""

        def cut(tree: Any) -> Any:
            return mapped(lambda part: part[begin:end] if part.shape.rank else part, tree)

        given, carried = self.given, self.carried
        inputs, y, per_example = cut((given.inputs, given.y, given.per_example))
        return _Sampled(
            given._replace(inputs=inputs, y=y, per_example=per_example),
            self.first + begin,
            end - begin,
            between_boxes._replace(
                chosen=carried.chosen[begin:end],
                scores=carried.scores[begin:end],
                predicted=carried.predicted[begin:end],
                finite=carried.finite[begin:end],
                gaps=carried.gaps[:, begin:end],
            ),
            cut(self.state),
            cut(self.kept),
            self.done,
            self.error[begin:end],
        )


class _Driven:
    """A loop that is driven over samples of blocks of examples."""

    def __init__(
        self,
        loop: SampleLoop,
        sampling: Sampling,
        scale: np.ndarray,
        packing: Packing,
        plans: Any,
        progress: Progress,
        fold: Any,
    ):
        self._loop, self._sampling, self._packing, self._plans = loop, sampling, packing, plans
        self._progress, self._fold = progress, fold
        self._scale, self._key = tf.constant(scale), tf.constant(key_of(sampling.seed))

    def samples(self, arguments: Any, first: int, count: int) -> list[Folded]:
        """Fold samples of `count` examples, from position `first`."""
        block = _Sampled(Given(*arguments, *self._plans), first, count, *self._loop.beginning(count))
        if self._sampling.M is not None:
            self._advance(block, self._sampling.M)
            return [self._folded(block)]
        return self._until_known(block, self._sampling)

    def _until_known(self, block: _Sampled, sampling: Sampling) -> list[Folded]:
        """Draw samples until the error of each example is small enough; those that are done leave."""
        waiting, found = [block], []
        while waiting:
            block = waiting.pop()
            self._advance(block, _next_stop(block, sampling))
            folded = self._folded(block)
            block.error = folded.relative_error
            is_done = (block.error <= sampling.target_error) | (block.done >= sampling.max_samples)
            edges = [0, *(np.flatnonzero(np.diff(is_done)) + 1).tolist(), block.count]
            for begin, end in itertools.pairwise(edges):
                if is_done[begin]:
                    found.append((block.first + begin, folded.part(begin, end)))
                    self._progress.add(end - begin)
                else:
                    waiting.append(block.part(begin, end, self._loop.beginning(end - begin)[0]))
        return [part for _, part in sorted(found, key=lambda pair: pair[0])]

    def _advance(self, block: _Sampled, total: int) -> None:
        """Draw samples of a block until it has `total` of them."""
        loop, packing = self._loop, self._packing
        draws = Draws(self._scale, self._key, tf.constant(int(block.first), tf.int64))
        plan = packing.samples(block.done, total, block.count, clean=None if block.done else loop.clean_pass)
        rows, start = plan.width * block.count * packing.chunk, 0
        while start < plan.steps:
            pace = max(loop.pace.steps(rows), 1 if start else 1 + plan.alone)  # a clean pass alone tells no pace
            stop = min(plan.steps, start + pace)
            schedule = _tensors_of(plan, start, stop)
            began = time.perf_counter()
            block.carried, closed = loop.compiled(block.given, draws, schedule, block.carried, block.state)
            block.kept, block.state = self._fold.collect(block.kept, closed)
            loop.pace.learn(time.perf_counter() - began, (stop - start) * rows)
            check_finite(block.carried.finite.numpy(), block.first)
            if self._sampling.M is not None and self._progress.is_shown:
                self._progress.add(block.count * (plan.done(stop) - plan.done(start)))
            start = stop
        block.done = total

    def _folded(self, block: _Sampled) -> Folded:
        """The `Folded` of a block's samples so far."""
        made = self._fold.finalize(block.kept)
        scores, gaps, predicted = (
            part.numpy() for part in (block.carried.scores, block.carried.gaps, block.carried.predicted)
        )
        counts = np.full(block.count, block.done)
        return Folded(made.values, made.std, made.error, counts, scores, gaps, predicted, self._loop.map_rank)


# Of a small network they take as long as a tenth of its samples, and the next call has the same.
@functools.lru_cache(maxsize=8)
def _tensors_of(plan: Schedule, start: int, stop: int) -> tuple[tf.Tensor, tf.Tensor]:
    """The steps of a schedule as the loop takes them."""
    numbers, flags = plan.between(start, stop)
    return tf.constant(numbers), tf.constant(flags)


def _next_stop(block: _Sampled, sampling: Sampling) -> int:
    """The samples a block should have before its error is looked at again: what its best example needs by 1/√M."""
    if not block.done:
        wanted = 2 * _STEP
    elif sampling.is_stratified and block.done < 4 * _STEP:
        wanted = 4 * _STEP  # from here on the error is that of blocks
    else:
        factor = 1.02 * (np.min(block.error) / sampling.target_error) ** 2
        wanted = block.done * np.clip(factor, 1.1, _MOST_AT_ONCE)
    return int(min(sampling.max_samples, -(-wanted // _STEP) * _STEP))
