"""Driving a compiled loop, or pass, over all examples: rows of a call, progress, and what a bad score looks like."""

import numpy as np
import tensorflow as tf

from kerasal.checks import error_of, listed
from kerasal.folded import Folded
from kerasal.graph_facts import unchanged
from kerasal.progress import Progress
from kerasal.schedule import Packing
from kerasal.structure import mapped

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
