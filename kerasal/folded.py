"""What a compiled loop made of some examples."""

import dataclasses
from typing import Any

import numpy as np
import tensorflow as tf

from kerasal.uncertainty import error_of_mean, relative_error


@dataclasses.dataclass
class Folded:
    """What the loop made of some examples: NumPy arrays, examples first (second in samples that were kept).

    Attributes:
        values: the map, or the samples; std: over samples, or None; rank: number of axes of the saliency of a sample; all
            are lists where the fold is of several targets, the first two where it is of several methods.
        error: standard error of values where it is not std/√M, else None; a list as they are.
        M: how many samples, one number per example, (N,).
        scores: at the clean input.
        gaps: sums over samples of the completeness gap, of its absolute value and of that of what it is a part of, (3, N, ...).
    """

    values: Any
    std: Any
    error: Any
    M: Any
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
        return dataclasses.replace(self.of_method(place), rank=self.rank[place])

    def of_method(self, place):
        """What belongs to one of several methods."""
        return dataclasses.replace(self, values=self.values[place], std=self.std[place], error=self.error[place])

    @property
    def relative_error(self):
        """(N,): how far the map may be off, see `kerasal.uncertainty`; the worst of several."""
        if isinstance(self.values, list):
            return np.max([self.of_method(place).relative_error for place in range(len(self.values))], 0)
        if self.std is None:
            return np.zeros(len(self.M), "float32")
        return relative_error(self.values, error_of_mean(self.std, self.M) if self.error is None else self.error)

    def part(self, begin, end):
        """Some of the examples."""

        def cut(parts):
            return tf.nest.map_structure(lambda part: None if part is None else part[begin:end], parts)

        per_example = {name: cut(getattr(self, name)) for name in ("values", "std", "error", "M", "scores")}
        return dataclasses.replace(self, **per_example, gaps=self.gaps[:, begin:end])

    @classmethod
    def joined(cls, parts, axis):
        """The examples of several parts, one after another; `axis` of the values."""
        if len(parts) == 1:
            return parts[0]
        each = zip(*((part.values, part.std, part.error, part.M, part.scores, part.gaps) for part in parts))
        values, stds, errors, counts, scores, gaps = each
        errors = _with_all(errors, stds, counts)

        def join(axis):
            return lambda *parts: None if parts[0] is None else np.concatenate(parts, axis)

        values = tf.nest.map_structure(join(axis), *values)
        std, error = (tf.nest.map_structure(join(0), *parts) for parts in (stds, errors))
        ends = np.concatenate(counts), np.concatenate(scores), np.concatenate(gaps, 1)
        return cls(values, std, error, *ends, parts[0].rank)


def _with_all(errors, stds, counts):
    """Standard errors of several parts: all of them where a part has its own, of all samples alike."""

    def filled(own, std, M):
        return error_of_mean(std, M) if own is None and std is not None else own

    flat = [tf.nest.flatten(error) for error in errors]
    if all(own is None for part in flat for own in part):
        return errors
    return [
        tf.nest.map_structure(lambda own, std, M=M: filled(own, std, M), e, s) for e, s, M in zip(errors, stds, counts)
    ]
