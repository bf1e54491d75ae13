"""Driving the compiled loop over all examples: its pace, progress, interruption, and what a bad score looks like."""

import time

import keras
import numpy as np
import tensorflow as tf

from kerasal.checks import error_of
from kerasal.keyed_random import key_of

_SECONDS = 0.7  # a compiled call aims at this, so that progress is shown and Ctrl-C obeyed
_ELEMENTS = 4 * 10**8  # numbers computed by one model call when batch_size is None: 8 rows of MobileNetV2 at 224²
_MOST_ROWS = 16384


def rows_per_call(loop, batch_size):
    """The largest number of rows of a model call: as given, or what keeps a call's intermediate results small."""
    if batch_size is not None:
        return batch_size
    return int(np.clip(_ELEMENTS // max(1, loop.notes["elements"]), 1, _MOST_ROWS))


class Runner:
    """Runs one `Loop` and remembers how fast it is.

    Args:
        loop: the compiled loop.
    """

    def __init__(self, loop):
        self.loop = loop
        self._seconds_per_row = None

    def run(self, blocks, convert, sampling):
        """Fold M samples of every example.

        Args:
            blocks: a `Blocks`.
            convert: function of a block's (x, y, position) giving the loop's flat inputs and y.
            sampling: a `Sampling` with M decided.

        Returns:
            (result, std or None, scores): NumPy arrays over all examples.
        """
        rows = rows_per_call(self.loop, sampling.batch_size)
        size = rows if blocks.total is None else min(rows, blocks.total)
        width = max(1, rows // size)
        progress = _Progress(blocks.total, sampling.M) if sampling.show_progress else None
        results = []
        variables = self.loop.compiled.graph.variables if self.loop.notes["assigns"] else ()
        before = [variable.numpy() for variable in variables]
        try:
            for position, x, y in blocks(size):
                inputs, y = convert(x, y, position)
                results.append(self._block(inputs, y, sampling, width, sampling.first_example + position, progress))
        finally:
            for variable, value in zip(variables, before):
                variable.assign(value)
        if progress:
            progress.close()
        values, stds, scores = zip(*results)
        axis = self.loop.fold.example_axis
        joined = np.concatenate(values, axis)
        return joined, None if stds[0] is None else np.concatenate(stds, 0), np.concatenate(scores)

    def _block(self, inputs, y, sampling, width, first, progress):
        M, scale, key = sampling.M, tf.constant(sampling.scale), tf.constant(key_of(sampling.seed))
        count = len(tf.nest.flatten(inputs)[0])
        fold, rank = self.loop.fold, self.loop.notes["rank"]
        steps = 1 + -(-M // width) if self.loop.is_random else 1
        carried = (
            np.zeros([count, self.loop.forward.score.choices], "int32"),
            np.zeros([count], "float32"),
            np.ones([count], bool),
        )
        carried, state = tf.nest.map_structure(tf.convert_to_tensor, (carried, fold.init(rank)))
        inputs, y = tf.nest.map_structure(tf.convert_to_tensor, (inputs, y))
        kept, start = None, 0
        while start < steps:
            pace = max(self._pace(width * count), 2 if start == 0 else 1)  # the clean pass comes with a first step
            stop = min(steps, start + pace)
            began = time.perf_counter()
            try:
                carried, closed = self.loop.compiled(
                    *tf.nest.flatten((inputs, y)),
                    scale,
                    key,
                    *_integers(first, start, stop, width, M),
                    *carried,
                    *tf.nest.flatten(state),
                )
            except tf.errors.InvalidArgumentError as error:
                raise error_of(error) from None
            kept, state = fold.collect(kept, closed)
            self._learn(time.perf_counter() - began, (stop - start) * width * count)
            self._check(carried, first)
            if progress:
                done = [int(np.clip((step - 1) * width, 0, M)) if steps > 1 else step for step in (start, stop)]
                progress.add(count * (done[1] - done[0]))
            start = stop
        values, std = fold.finalize(kept, rank)
        return values, std, carried[1].numpy()

    def _pace(self, rows):
        """How many steps the next call takes: about `_SECONDS` of them, one until the speed is known."""
        if self._seconds_per_row is None:
            return 1
        return int(np.clip(_SECONDS / max(1e-9, self._seconds_per_row * rows), 1, 10**6))

    def _learn(self, seconds, rows):
        now = seconds / rows
        self._seconds_per_row = now if self._seconds_per_row is None else min(now, 0.5 * (now + self._seconds_per_row))

    @staticmethod
    def _check(carried, first):
        bad = np.flatnonzero(~carried[2].numpy())
        if len(bad):
            shown = ", ".join(str(first + n) for n in bad[:10]) + (", …" if len(bad) > 10 else "")
            raise ValueError(
                f"The score must be a finite number for every example and sample. Received: NaN or Inf for example(s) {shown}. "
                "Look at the model's output there; smaller noise or `clip` may keep points in the valid range."
            )


def _integers(*numbers):
    return [tf.constant(int(number), tf.int64) for number in numbers]


class _Progress:
    """A progress bar over examples × samples."""

    def __init__(self, examples, samples):
        self._bar = keras.utils.Progbar(None if examples is None else examples * samples, unit_name="sample")
        self._done = 0

    def add(self, samples):
        self._done += samples
        self._bar.update(self._done, finalize=False)

    def close(self):
        self._bar.update(self._done, finalize=True)
