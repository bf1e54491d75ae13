"""The work that the samples of an example share where the target itself has no noise: it is done for the example, not for each of them."""

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from kerasal._engine.bound_score import BoundScore
from kerasal._engine.compiled import Notes
from kerasal._keyed_random import Rows
from kerasal._network.affine_part import of_mean
from kerasal._network.graphs import size_of_row
from kerasal._network.shared_masks import multiply_by_masks
from kerasal._network.shared_tensors import compute_once


class SharedWork:
    """The work of a step of the loop that is the same for all samples of an example, read off the graph being traced.

    Args:
        rows: of the step.
        notes: where it is noted how much is left for a row.
    """

    def __init__(self, rows: Rows, notes: Notes):
        self._rows, self._notes = rows, notes

    def compute_once(self, parts: Sequence[tf.Tensor], score: BoundScore) -> None:
        """Compute what does not depend on the sample once for each example.

        Args:
            parts: what `attribution` gave.
            score: of the step.
        """
        wanted = [*parts, score.values, score.chosen, score.predicted]
        compute_once([each for each in wanted if each is not None], self._examples(), self._rows.per_example)
        self._notes.row_size = min(self._notes.row_size, size_of_row(parts))

    def of_mean(self, maps: Any) -> Any:
        """Compute what is affine behind the draws of the mean over samples; maps (R, ...) of which nothing else is wanted."""
        rows = self._rows
        if not tf.is_tensor(maps):  # of several targets
            return maps
        maps, averaged = of_mean(maps, rows.repeated, rows.mean, rows.per_example)
        if averaged:  # each row has these, and a copy of the map
            self._notes.row_size = max(size_of_row(averaged), maps.shape[1:].num_elements() or 0)
        return maps

    def multiply_by_masks(self, found: Any) -> None:
        """Multiply gradients by what the samples share without copying it; `found`: tensors, all that comes of the step."""
        multiply_by_masks(
            self._examples(), self._rows.count, [each for each in tf.nest.flatten(found) if each is not None]
        )

    def _examples(self) -> dict[Any, tf.Tensor]:
        """{reference of a tensor of the step: the examples outside of it that it repeats}."""
        body = tf.compat.v1.get_default_graph()
        return {row: tensor for row, tensor in self._rows.repeated.items() if tensor.graph is not body}
