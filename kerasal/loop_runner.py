"""Driving the compiled loop over samples: its pace, and when an example has enough of them."""

import itertools
import time

import numpy as np
import tensorflow as tf

from kerasal.keyed_random import key_of
from kerasal.runner import Runner, check_finite
from kerasal.sampled_block import SampledBlock

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
