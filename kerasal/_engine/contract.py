"""The contract of a method: facts it tells the engine, and what it is handed."""

import dataclasses
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf


@dataclasses.dataclass(frozen=True)
class Traits:
    """Facts about a method that the engine goes by.

    Attributes:
        needs_gradient: whether the target must be real-valued.
        is_random: whether the method is random by itself.
        reports_completeness: whether `finish` tells the completeness gap.
        has_base: whether the saliency is that of the way from a baseline: what it should add up to is measured from the score there.
        extra_sums: how many numbers per row `attribution` gives beside the saliency, to be added up with it.
        accepts_sums: whether an `eval_fun` may return the sum over rows.
        is_joint: whether several targets are one for it: its formula holds for their numbers side by side, (R, F).
        is_slope: whether the map is a gradient, so that a map of zeros means that the score is flat.
        keeps_masks: whether layers make the masks of the clean input at every point; else those of the points.
        asks_missing: whether a method of one point wants what is missing to stay so, as others do: `score.rest`, and masks as they are.
        passes: how often a point has the model run; what it costs is told by it.
    """

    needs_gradient: bool = True
    is_random: bool = False
    reports_completeness: bool = False
    has_base: bool = False
    extra_sums: int = 0
    accepts_sums: bool = False
    is_joint: bool = False
    is_slope: bool = False
    keeps_masks: bool = True
    asks_missing: bool = False
    passes: int = 1


@dataclasses.dataclass(frozen=True, eq=False)
class Points:
    """The points of the target that a method looks at, decided before any work.

    Attributes:
        plan: {name: array (P, ...)}: P points; empty for a method of one point, the target itself.
        references: {name: array (E, ...)}: points whose score is needed before the first of the plan, the target being the first
            of them; None for the target alone.
        per_example: {name: array (N, ...), or `Entries`} that `score.per_example(name)` gives the rows of.
        context: anything else the method wants to know later, as `score.context` and `totals.context`.
        exact: of a method that would draw, but looks at all there is to draw: what that is, in words; "" for any other.
    """

    plan: Mapping[str, np.ndarray] = dataclasses.field(default_factory=dict)
    references: Mapping[str, np.ndarray] | None = None
    per_example: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    context: Any = None
    exact: str = ""

    def __post_init__(self) -> None:
        if self.references is None:
            alone = {"target": np.zeros(1, "float32")} if self.plan else {}
            object.__setattr__(self, "references", alone)

    @property
    def count(self) -> int:
        """Number of points of the plan, at least 1."""
        return max(1, _length(self.plan))

    @property
    def reference_count(self) -> int:
        """Number of reference points."""
        return _length(self.references or {})

    @property
    def most(self) -> int:
        """The most points that a call may have."""
        return max(self.count, self.reference_count)


def draws(method: Any, points: Points) -> bool:
    """Tell whether a method is random by itself at its points."""
    return bool(method.traits.is_random and not points.exact)


class Totals(NamedTuple):
    """Sums of what `attribution` gave for all points; rows are (R,).

    Attributes:
        saliency: (R, ...); extra: the numbers beside it, (R,) each; references: scores at the reference points, (E, R), or None.
        context: that of the `Points`; per_example: what the method brought along, {name: (B, ...)}; examples: of each row, from 0, (R,).
    """

    saliency: Any
    extra: tuple[tf.Tensor, ...]
    references: tf.Tensor | None
    context: Any
    per_example: Mapping[str, tf.Tensor]
    examples: tf.Tensor


class Finished(NamedTuple):
    """A method's answer to its totals.

    Attributes:
        saliency: (R, ...); gap: by how much its sum misses what it should be, (R,), or None; owed: what it should be.
    """

    saliency: Any
    gap: tf.Tensor | None = None
    owed: tf.Tensor | None = None


def _length(arrays: Mapping[str, np.ndarray]) -> int:
    return len(next(iter(arrays.values()))) if arrays else 0
