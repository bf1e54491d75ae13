"""Driving the compiled loop over samples: its pace, and when an example has enough of them."""

import dataclasses
import itertools
import time
from typing import Any

import numpy as np
import tensorflow as tf

from kerasal._engine.folded import Folded
from kerasal._engine.pace import Progress
from kerasal._engine.schedule import Packing
from kerasal._errors import listed
from kerasal._keyed_random import key_of
from kerasal._network.assertions import error_of
from kerasal._network.graphs import unchanged
from kerasal._tree import leaves, mapped


@dataclasses.dataclass
class SampledBlock:
    """Neighbouring examples with the same number of samples so far, and what is known of them between compiled calls.

    Attributes:
        loop: the `Loop`.
        given: (inputs, y, companions, points, reference points), tensors; first: position of the first example.
        carried, state: of the loop; see `Loop.carried` and the folds; kept: what the fold keeps outside of it.
        done: samples so far; error: relative error of the map after them, (count,), or None.
    """

    loop: Any
    given: tuple
    first: int
    carried: tuple
    state: Any
    kept: Any = None
    done: int = 0
    error: Any = None

    @classmethod
    def start(cls, loop, given, first):
        """Examples without any samples."""
        return cls(loop, given, first, *loop.beginning(len(leaves(given[0])[0])))

    @property
    def count(self):
        """How many examples."""
        return len(self.carried[0])

    def part(self, begin, end):
        """Some of the examples, whose samples go on."""

        def cut(tree):
            return mapped(lambda part: part[begin:end] if part.shape.rank else part, tree)

        inputs, y, beside, *plans = self.given
        chosen, scores, finite, gaps, *_ = self.carried
        between_boxes = self.loop.carried(end - begin)[4:]
        carried = (*cut((chosen, scores, finite)), gaps[:, begin:end], *between_boxes)
        return SampledBlock(
            self.loop,
            (*cut((inputs, y, beside)), *plans),
            self.first + begin,
            mapped(tf.convert_to_tensor, carried),
            cut(self.state),
            cut(self.kept),
            self.done,
            self.error[begin:end],
        )

    def folded(self, fold):
        """The `Folded` of the samples so far."""
        rank = self.loop.rank_of_map
        values, std, error = fold.finalize(self.kept, rank)
        scores, gaps = self.carried[1].numpy(), self.carried[3].numpy()
        return Folded(values, std, error, np.full(self.count, self.done), scores, gaps, rank)


_SIZE = 25 * 10**7  # of all rows of a model call when batch_size is None: what measured fastest, within about 1 GB
_PLATEAU = 3 * 10**5  # rows × √size of a row from which on small networks are no faster, only hungrier
_MOST_ROWS = 16384


class Runner:
    """Runs one `Loop` or `Once`.

    Args:
        compiled: the loop, or the pass.
    """

    def __init__(self, compiled):
        self.compiled = compiled

    def run(self, blocks, convert, sampling, plans, fold):
        """Fold M samples of every example.

        Args:
            blocks: a `Blocks`.
            convert: function of a block's (x, y, position) giving the loop's flat inputs, y and companions.
            sampling: a `Sampling` with M decided.
            plans: the points and the reference points of the attribution, dicts of arrays.
            fold: a `Moments` or `Stack`, or several of them.

        Returns:
            A `Folded` over all examples.
        """
        rows = sampling.batch_size or rows_of(self.compiled.notes["size"])
        size = rows if blocks.total is None else min(rows, blocks.total)
        packing = self._packing(rows, size, plans)
        progress = self._progress(blocks.total, sampling, packing)
        plans = _tensors(plans)

        def parts():
            for position, x, y in blocks(size):
                given = (*_tensors(convert(x, y, position)), *plans)
                first = sampling.first_example + position
                try:
                    yield from self._block(given, sampling, packing, first, progress, fold)
                except tf.errors.InvalidArgumentError as error:
                    raise error_of(error) from None

        with unchanged(self.compiled.at_stake):
            folded = Folded.joined(parts(), fold.example_axis, blocks.total)
        progress.close()
        return folded

    def _packing(self, rows, size, plans):
        """How blocks of `size` examples are packed into model calls of `rows`; see `Packing`."""
        points, references = (len(next(iter(plan.values()))) if plan else 0 for plan in plans)
        chunk = min(max(points, references, 1), max(1, rows // size))
        return Packing(rows, chunk, max(points, 1), references)

    def _progress(self, examples, sampling, packing):
        if sampling.target_error is not None:
            return Progress(examples, "example", sampling.show_progress)
        total = None if examples is None else examples * sampling.M * packing.chunks
        return Progress(total, "chunk of points" if packing.chunks > 1 else "sample", sampling.show_progress)

    def _block(self, given, sampling, packing, first, progress, fold):
        """A list of `Folded`, of some examples: (inputs, y, companions, points, reference points), from position `first`;
        each kind of runner has its own."""
        raise NotImplementedError


class OnceRunner(Runner):
    """Runs a `Once`."""

    def _block(self, given, sampling, packing, first, progress, fold):
        folded = self.compiled.folded(given[:3], fold)
        finite = np.isfinite(folded.scores)
        check_finite(finite.reshape(len(finite), -1).all(1), first)
        progress.add(len(finite))
        return [folded]


def rows_of(size):
    """How many rows a model call takes where the user does not say, from the `size` of a row; see `size_of_row`.

    Example:

    >>> [rows_of(size) for size in (100, 90_000, 14_000_000, 10**9)]  # an MLP, a small CNN, MobileNetV2, a large picture
    [16384, 1000, 17, 1]
    """
    return int(max(1, min(_MOST_ROWS, _SIZE / size, _PLATEAU / size**0.5)))


def _tensors(arrays):
    """The same structure with tensors at its leaves."""
    return mapped(tf.convert_to_tensor, arrays)


def check_finite(finite, first):
    """Refuse scores that are not finite; whether they are, (N,), from position `first`."""
    bad = np.flatnonzero(~finite)
    if len(bad):
        raise ValueError(
            "The score must be a finite number for every example and sample. Received: NaN or Inf for example(s) "
            f"{listed(first + bad)}. "
            "Look at the model's output there; smaller noise or `clip` may keep points in the valid range."
        )


_SECONDS = 0.7  # a compiled call aims at this, so that progress is shown and Ctrl-C obeyed
_STEP = 16  # samples are added by multiples of this
_MOST_AT_ONCE = 4.0  # times the samples so far, before the error is looked at again


class LoopRunner(Runner):
    """Runs a `Loop`, and remembers how fast it is."""

    def __init__(self, compiled):
        super().__init__(compiled)
        self._seconds_per_row = None

    def _block(self, given, sampling, packing, first, progress, fold):
        always = tf.constant(sampling.scale), tf.constant(key_of(sampling.seed))
        block = SampledBlock.start(self.compiled, given, first)
        if sampling.target_error is None:
            self._advance(block, sampling.M, packing, always, progress, fold)
            return [block.folded(fold)]
        waiting, found = [block], []
        while waiting:
            block = waiting.pop()
            self._advance(block, _next_stop(block, sampling), packing, always, None, fold)
            folded = block.folded(fold)
            block.error = folded.relative_error
            is_done = (block.error <= sampling.target_error) | (block.done >= sampling.max_samples)
            for begin, end in _runs(is_done):
                if is_done[begin]:
                    found.append((block.first + begin, folded.part(begin, end)))
                    progress.add(end - begin)
                else:
                    waiting.append(block.part(begin, end))
        return [part for _, part in sorted(found, key=lambda pair: pair[0])]

    def _advance(self, block, total, packing, always, progress, fold):
        """Draw samples of a block until it has `total` of them."""
        loop, position = self.compiled, tf.constant(int(block.first), tf.int64)
        plan = packing.samples(block.done, total, block.count, loop.is_random and not block.done)
        start = 0
        while start < plan.steps:
            rows = plan.width * block.count * packing.chunk
            pace = max(self._pace(rows), 2 if start == 0 else 1)  # the clean pass comes with a first step
            stop = min(plan.steps, start + pace)
            schedule = tuple(map(tf.constant, plan.between(start, stop)))
            began = time.perf_counter()
            block.carried, closed = loop.compiled(*block.given, *always, position, schedule, block.carried, block.state)
            block.kept, block.state = fold.collect(block.kept, closed)
            self._learn(time.perf_counter() - began, (stop - start) * rows)
            check_finite(block.carried[2].numpy(), block.first)
            if progress:
                progress.add(block.count * (plan.done(stop) - plan.done(start)))
            start = stop
        block.done = total

    def _pace(self, rows):
        """How many steps the next call takes: about `_SECONDS` of them, one until the speed is known."""
        if self._seconds_per_row is None:
            return 1
        return int(np.clip(_SECONDS / max(1e-9, self._seconds_per_row * rows), 1, 10**6))

    def _learn(self, seconds, rows):
        now = seconds / rows
        self._seconds_per_row = now if self._seconds_per_row is None else min(now, 0.5 * (now + self._seconds_per_row))


def _next_stop(block, sampling):
    """How many samples a block should have before its error is looked at again: what its best example needs by 1/√M."""
    if not block.done:
        wanted = 2 * _STEP
    elif sampling.is_stratified and block.done < 4 * _STEP:
        wanted = 4 * _STEP  # from here on the error is that of blocks
    else:
        factor = 1.02 * (np.min(block.error) / sampling.target_error) ** 2
        wanted = block.done * np.clip(factor, 1.1, _MOST_AT_ONCE)
    return int(min(sampling.max_samples, -(-wanted // _STEP) * _STEP))


def _runs(flags):
    """(begin, end) of the longest runs of equal flags."""
    edges = [0, *(np.flatnonzero(np.diff(flags)) + 1).tolist(), len(flags)]
    return itertools.pairwise(edges)
