"""Smooth random masks: a grid of a few cells, each shown or hidden, enlarged linearly and shifted at random."""

from typing import Any

import numpy as np
import tensorflow as tf

from kerasal._engine.bound_score import BoundScore
from kerasal.calculators.windows import Shape, Windows, per_axis

_CELLS = 7  # along an axis, as in the paper


class SmoothMasks:
    """Masks in antithetic pairs: what is shown in one cell of the first is hidden in the second, for a probability of one half.

    A cell is ⌈length ÷ cells⌉ elements along an axis. The grid is enlarged to one cell more than the target has room for, by linear
    interpolation between the middles of its cells, and the target's length cut out of it at a random shift of less than a cell.

    Args:
        shape: of the target, (None, ...).
        slide_axis: axes that the grid lies along, covering the others whole; see `Windows`.
        grid: cells along an axis, one number or one per slide axis; None for 7, or as many as the axis has elements.
        probability: that a cell is shown, which is the mean of each element of the masks.
        pairs: how many pairs each sample has.

    Attributes:
        axes: that the grid lies along; cells: along each; plan: the masks, one after another.

    Raises:
        ValueError: more cells than elements, or no such axis.
    """

    def __init__(self, shape: Shape, slide_axis: Any, grid: Any, probability: float, pairs: int):
        along = Windows(shape, slide_axis, 1, 1)
        self.axes, self._rank, self._lengths = along.axes, along.rank, along.lengths
        most = [min(_CELLS, length) for length in self._lengths]
        self.cells = most if grid is None else per_axis(grid, len(self.axes), "grid")
        if any(cells > length for cells, length in zip(self.cells, self._lengths, strict=True)):
            raise ValueError(
                f"grid has at most a cell for each element along the axes {self.axes} of a target of shape {tuple(shape)}. Received: "
                f"grid={grid!r}. Make it smaller."
            )
        self._widths = [-(-length // count) for length, count in zip(self._lengths, self.cells, strict=True)]
        self._probability, self._pairs = probability, pairs
        both = np.arange(pairs, dtype="int32").repeat(2)
        self.plan = {"pair": both, "is_mirrored": np.tile([False, True], pairs)}

    def at(self, score: BoundScore, at: dict[str, tf.Tensor]) -> tf.Tensor:
        """Draw some masks (K, R, ...), from 0 to 1, as a function of (seed, m, n)."""
        axes, cells = len(self.axes), int(np.prod(self.cells))
        drawn = score.draw("uniform", "mask", tf.constant(self._pairs * (cells + axes)))
        drawn = tf.transpose(tf.reshape(drawn, [-1, self._pairs, cells + axes]), [1, 0, 2])
        drawn = tf.gather(drawn, at["pair"])  # (K, R, cells and shifts)
        of_cells, of_shifts = drawn[..., :cells], drawn[..., cells:]
        is_mirrored = at["is_mirrored"][:, None, None]
        shown = tf.where(is_mirrored, of_cells >= 1 - self._probability, of_cells < self._probability)
        masks = tf.reshape(tf.cast(shown, tf.float32), tf.concat([tf.shape(shown)[:2], self.cells], 0))
        for place in range(axes):
            masks = self._enlarged(masks, of_shifts[..., place], place)
        lengths = iter(self._lengths)
        wide = [next(lengths) if axis in self.axes else 1 for axis in range(1, self._rank)]
        return tf.reshape(masks, tf.concat([tf.shape(masks)[:2], wide], 0))

    def _enlarged(self, masks: tf.Tensor, drawn: tf.Tensor, place: int) -> tf.Tensor:
        """Enlarge masks (K, R, ...) along one of the axes of the grid, shifted by what was drawn, (K, R)."""
        cells, width, length = self.cells[place], self._widths[place], self._lengths[place]
        shift = tf.floor(drawn * width)
        at = (shift[..., None] + tf.range(length, dtype=tf.float32) + 0.5) * (cells / ((cells + 1) * width)) - 0.5
        at = tf.clip_by_value(at, 0.0, float(cells - 1))
        weights = tf.maximum(
            0.0, 1 - tf.abs(at[..., None] - tf.range(cells, dtype=tf.float32))
        )  # (K, R, length, cells)
        axes = "abc"[: len(self.axes)]
        return tf.einsum(f"kr{axes},krz{axes[place]}->kr{axes.replace(axes[place], 'z')}", masks, weights)
