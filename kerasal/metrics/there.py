"""Elements that maps have: what the model masks, such as padding, is 0 in every map, and tells nothing."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from kerasal._engine.bound_score import BoundScore
from kerasal._engine.contract import Traits
from kerasal._engine.sampling import Sampling
from kerasal._engine.session import sessions
from kerasal._folds.moments import Moments
from kerasal.calculators.attribution import Attribution


class _There(Attribution):
    """1 where the target is not missing, and 0 where it is."""

    traits = Traits(needs_gradient=False, asks_missing=True)

    def attribution(self, score: BoundScore, target: tf.Tensor, at: dict[str, tf.Tensor]) -> tf.Tensor:
        """Look at the masks of the clean input."""
        real = True if score.rest.real is None else score.rest.real
        there = tf.cast(tf.broadcast_to(real, tf.shape(target)), tf.float32)
        return score.evaluate(target, lambda evaluated: there)


def elements_there(calculator: Any, x: Any, y: Any, maps: np.ndarray, folding: Mapping[str, Any]) -> np.ndarray | None:
    """Find the elements of maps that the model does not mask, and that no batch of several widths pads.

    Args:
        calculator: that made the maps, of one target.
        x: N examples, as it takes them.
        y: what its score needs of each.
        maps: (N, ...).
        folding: what `explain` was told, of which `ch_axis` counts.

    Returns:
        True where an element is, of the shape of the maps; None where all are, or the maps have other axes than the target.
    """
    found, done = np.zeros(maps.shape, bool), 0
    for session in sessions(calculator.objectives[0], _There(), calculator.traces, x, y, Sampling(1)):
        if not session.forward.missing and session.blocks.total == len(maps):
            return None
        own: Any = np.asarray(session.fold(Moments("raw", folding.get("ch_axis"), "max")).values) > 0
        if own.ndim != maps.ndim:
            return None
        whole = tuple(axis for axis in range(1, own.ndim) if maps.shape[axis] == 1)
        own = own.any(whole, keepdims=True)
        found[(slice(done, done + len(own)), *(slice(size) for size in own.shape[1:]))] = own
        done += len(own)
    return None if found.all() else found
