"""Driving a compiled loop, or pass, over all examples: its pace, progress, interruption, and what a bad score looks like."""

import time

import numpy as np
import tensorflow as tf

from kerasal.checks import error_of, listed
from kerasal.folded import Folded
from kerasal.graph_facts import unchanged
from kerasal.keyed_random import key_of
from kerasal.progress import Progress
from kerasal.schedule import Packing

_SECONDS = 0.7  # a compiled call aims at this, so that progress is shown and Ctrl-C obeyed
_ELEMENTS = 4 * 10**8  # numbers computed by one model call when batch_size is None: 8 rows of MobileNetV2 at 224²
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
        elements = max(1, self.compiled.notes["elements"])
        rows = sampling.batch_size or int(np.clip(_ELEMENTS // elements, 1, _MOST_ROWS))
        points, references = (len(next(iter(plan.values()))) if plan else 0 for plan in plans)
        size = rows if blocks.total is None else min(rows, blocks.total)
        chunk = min(max(points, references, 1), max(1, rows // size))
        width = max(1, rows // (size * chunk))
        packing = Packing(width, sampling.M, chunk, max(points, 1), references, self.with_clean)
        total = None if blocks.total is None else blocks.total * sampling.M * packing.chunks
        progress = Progress(total, "chunk of points" if packing.chunks > 1 else "sample", sampling.show_progress)
        parts = []
        with unchanged(self.compiled.at_stake):
            for position, x, y in blocks(size):
                given = tf.nest.map_structure(tf.convert_to_tensor, (*convert(x, y, position), *plans))
                first = sampling.first_example + position
                try:
                    parts.append(self._block(given, sampling, packing, first, progress, fold))
                except tf.errors.InvalidArgumentError as error:
                    raise error_of(error) from None
        progress.close()
        return Folded.joined(parts, fold.example_axis)

    @property
    def with_clean(self):
        """Whether the first step is the clean pass, and no sample."""
        raise NotImplementedError

    def _block(self, given, sampling, packing, first, progress, fold):
        """The `Folded` of some examples: (inputs, y, companions, points, reference points), from position `first`."""
        raise NotImplementedError


class OnceRunner(Runner):
    """Runs a `Once`."""

    with_clean = False

    def _block(self, given, sampling, packing, first, progress, fold):
        folded = self.compiled.folded(given[:3], fold)
        finite = np.isfinite(folded.scores)
        _check(finite.reshape(len(finite), -1).all(1), first)
        progress.add(len(finite))
        return folded


class LoopRunner(Runner):
    """Runs a `Loop`, and remembers how fast it is."""

    def __init__(self, compiled):
        super().__init__(compiled)
        self._seconds_per_row = None

    @property
    def with_clean(self):
        return self.compiled.is_random

    def _block(self, given, sampling, packing, first, progress, fold):
        loop, count = self.compiled, len(tf.nest.flatten(given[0])[0])
        always = tf.constant(sampling.scale), tf.constant(key_of(sampling.seed)), tf.constant(int(first), tf.int64)
        rank = loop.rank_of_map
        carried, state = tf.nest.map_structure(tf.convert_to_tensor, (loop.carried(count), fold.init(rank)))
        kept, start = None, 0
        while start < packing.steps:
            rows = packing.width * count * packing.chunk
            pace = max(self._pace(rows), 2 if start == 0 else 1)  # the clean pass comes with a first step
            stop = min(packing.steps, start + pace)
            schedule = tuple(map(tf.constant, packing.between(start, stop)))
            began = time.perf_counter()
            carried, closed = loop.compiled(*given, *always, schedule, carried, state)
            kept, state = fold.collect(kept, closed)
            self._learn(time.perf_counter() - began, (stop - start) * rows)
            _check(carried[2].numpy(), first)
            progress.add(count * (packing.done(stop) - packing.done(start)))
            start = stop
        values, std = fold.finalize(kept, rank)
        return Folded(values, std, carried[1].numpy(), carried[3].numpy(), rank)

    def _pace(self, rows):
        """How many steps the next call takes: about `_SECONDS` of them, one until the speed is known."""
        if self._seconds_per_row is None:
            return 1
        return int(np.clip(_SECONDS / max(1e-9, self._seconds_per_row * rows), 1, 10**6))

    def _learn(self, seconds, rows):
        now = seconds / rows
        self._seconds_per_row = now if self._seconds_per_row is None else min(now, 0.5 * (now + self._seconds_per_row))


def _check(finite, first):
    bad = np.flatnonzero(~finite)
    if len(bad):
        raise ValueError(
            "The score must be a finite number for every example and sample. Received: NaN or Inf for example(s) "
            f"{listed(first + bad)}. "
            "Look at the model's output there; smaller noise or `clip` may keep points in the valid range."
        )
