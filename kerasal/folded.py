"""What a compiled loop made of some examples."""

import dataclasses
from typing import Any

import numpy as np
import tensorflow as tf


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
        if len(parts) == 1:
            return parts[0]
        values, stds, scores, gaps = zip(*((part.values, part.std, part.scores, part.gaps) for part in parts))

        def join(axis):
            return lambda *parts: None if parts[0] is None else np.concatenate(parts, axis)

        values, std = tf.nest.map_structure(join(axis), *values), tf.nest.map_structure(join(0), *stds)
        return cls(values, std, np.concatenate(scores), np.concatenate(gaps, 1), parts[0].rank)
