"""Driving the compiled loop over all examples: its pace, progress, interruption, and what a bad score looks like."""

import dataclasses
import time
from typing import Any

import numpy as np
import tensorflow as tf

from kerasal.checks import error_of, listed
from kerasal.graph_facts import unchanged
from kerasal.keyed_random import key_of
from kerasal.progress import Progress
from kerasal.schedule import Packing

_SECONDS = 0.7  # a compiled call aims at this, so that progress is shown and Ctrl-C obeyed
_ELEMENTS = 4 * 10**8  # numbers computed by one model call when batch_size is None: 8 rows of MobileNetV2 at 224²
_MOST_ROWS = 16384


@dataclasses.dataclass
class Folded:
    """What the loop made of some examples: NumPy arrays, examples first (second in samples that were kept).

    Attributes:
        values: the map, or the samples; std: over samples, or None; rank: number of axes of the saliency of a sample; all
            are lists where the fold is of several targets, the first two where it is of several methods.
        scores: at the clean input.
        gaps: sums over samples of the completeness gap, of its absolute value and of that of what it is a part of, (3, N, ...).
    """

    values: Any
    std: Any
    scores: Any
    gaps: Any
    rank: Any

    @property
    def relative_gap(self):
        """(N, ...): mean absolute gap over samples ÷ the mean absolute value of what the saliency should add up to."""
        _, gap, owed = self.gaps
        rounding = 8 * np.finfo("float32").eps * (np.abs(self.scores) + owed)
        return np.where(gap > rounding, gap / np.maximum(owed + rounding, np.finfo("float32").tiny), 0)

    def of_target(self, place):
        """What belongs to one of several targets."""
        return dataclasses.replace(self, values=self.values[place], std=self.std[place], rank=self.rank[place])

    def of_method(self, place):
        """What belongs to one of several methods."""
        return dataclasses.replace(self, values=self.values[place], std=self.std[place])

    @classmethod
    def joined(cls, parts, axis):
        """The examples of several parts, one after another; `axis` of the values."""
        values, stds, scores, gaps = zip(*((part.values, part.std, part.scores, part.gaps) for part in parts))

        def join(axis):
            return lambda *parts: None if parts[0] is None else np.concatenate(parts, axis)

        values, std = tf.nest.map_structure(join(axis), *values), tf.nest.map_structure(join(0), *stds)
        return cls(values, std, np.concatenate(scores), np.concatenate(gaps, 1), parts[0].rank)


class Runner:
    """Runs one `Loop` and remembers how fast it is.

    Args:
        loop: the compiled loop.
    """

    def __init__(self, loop):
        self.loop = loop
        self._seconds_per_row = None

    def run(self, blocks, convert, sampling, plans):
        """Fold M samples of every example.

        Args:
            blocks: a `Blocks`.
            convert: function of a block's (x, y, position) giving the loop's flat inputs, y and companions.
            sampling: a `Sampling` with M decided.
            plans: the points and the reference points of the attribution, dicts of arrays.

        Returns:
            A `Folded` over all examples.
        """
        loop = self.loop
        rows = sampling.batch_size or int(np.clip(_ELEMENTS // max(1, loop.notes["elements"]), 1, _MOST_ROWS))
        points, references = (len(next(iter(plan.values()))) if plan else 0 for plan in plans)
        size = rows if blocks.total is None else min(rows, blocks.total)
        chunk = min(max(points, references, 1), max(1, rows // size))
        width = max(1, rows // (size * chunk))
        packing = Packing(width, sampling.M, chunk, max(points, 1), references, loop.is_random)
        total = None if blocks.total is None else blocks.total * sampling.M * packing.chunks
        progress = Progress(total, "chunk of points" if packing.chunks > 1 else "sample", sampling.show_progress)
        parts = []
        with unchanged(loop.at_stake):
            for position, x, y in blocks(size):
                arguments = tf.nest.map_structure(tf.convert_to_tensor, (*convert(x, y, position), *plans))
                parts.append(self._block(arguments, sampling, packing, sampling.first_example + position, progress))
        progress.close()
        return Folded.joined(parts, loop.fold.example_axis)

    def _block(self, arguments, sampling, packing, first, progress):
        loop = self.loop
        scale, key = tf.constant(sampling.scale), tf.constant(key_of(sampling.seed))
        count = len(tf.nest.flatten(arguments[0])[0])
        rank = loop.rank_of_map
        carried, state = tf.nest.map_structure(tf.convert_to_tensor, (loop.carried(count), loop.fold.init(rank)))
        kept, start = None, 0
        while start < packing.steps:
            rows = packing.width * count * packing.chunk
            pace = max(self._pace(rows), 2 if start == 0 else 1)  # the clean pass comes with a first step
            stop = min(packing.steps, start + pace)
            began = time.perf_counter()
            try:
                carried, closed = loop.compiled(
                    *arguments,
                    scale,
                    key,
                    *_integers(first, start, stop, packing.width, packing.total, packing.chunk),
                    carried,
                    state,
                )
            except tf.errors.InvalidArgumentError as error:
                raise error_of(error) from None
            kept, state = loop.fold.collect(kept, closed)
            self._learn(time.perf_counter() - began, (stop - start) * rows)
            _check(carried[2].numpy(), first)
            progress.add(count * (_units(packing, stop) - _units(packing, start)))
            start = stop
        values, std = loop.fold.finalize(kept, rank)
        return Folded(values, std, carried[1].numpy(), carried[3].numpy(), rank)

    def _pace(self, rows):
        """How many steps the next call takes: about `_SECONDS` of them, one until the speed is known."""
        if self._seconds_per_row is None:
            return 1
        return int(np.clip(_SECONDS / max(1e-9, self._seconds_per_row * rows), 1, 10**6))

    def _learn(self, seconds, rows):
        now = seconds / rows
        self._seconds_per_row = now if self._seconds_per_row is None else min(now, 0.5 * (now + self._seconds_per_row))


def _units(packing, steps):
    """How many chunks of samples are done after so many steps; the clean pass is none."""
    boxes, rest = divmod(max(0, steps - packing.with_clean), packing.chunks)
    done = [min(packing.total, (boxes + more) * packing.width) for more in (0, 1)]
    return done[0] * packing.chunks + (done[1] - done[0]) * rest


def _check(finite, first):
    bad = np.flatnonzero(~finite)
    if len(bad):
        raise ValueError(
            "The score must be a finite number for every example and sample. Received: NaN or Inf for example(s) "
            f"{listed(first + bad)}. "
            "Look at the model's output there; smaller noise or `clip` may keep points in the valid range."
        )


def _integers(*numbers):
    return [tf.constant(int(number), tf.int64) for number in numbers]
