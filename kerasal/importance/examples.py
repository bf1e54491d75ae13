"""Examples in memory, and the scores that a model gives them."""

import dataclasses
from typing import Any

import numpy as np
import tensorflow as tf

from kerasal._engine.blocks import Blocks
from kerasal._engine.bound_score import BoundScore
from kerasal._engine.contract import Traits
from kerasal._engine.objective import Objective
from kerasal._engine.sampling import Sampling
from kerasal._engine.session import sessions
from kerasal._engine.traces import FixedOnceUsed, Traces
from kerasal._folds.moments import Stack
from kerasal._network.targets import InputExtractor
from kerasal._tree import mapped
from kerasal.calculators.attribution import Attribution, with_trailing_axes
from kerasal.calculators.objectives import HasObjectives

_TEXT = "USO"


@dataclasses.dataclass(frozen=True, eq=False)
class Examples:
    """All examples, in memory.

    Attributes:
        structure: of x, 0 at its leaves; leaves: arrays (N, ...) in the order of `tf.nest`; y: what belongs to them, or None.
    """

    structure: Any
    leaves: list[np.ndarray]
    y: Any

    def without_y(self) -> "Examples":
        """Return the same without what belongs to them."""
        return dataclasses.replace(self, y=None)

    @property
    def x(self) -> Any:
        """The examples as a model takes them."""
        return tf.nest.pack_sequence_as(self.structure, self.leaves)

    def __len__(self) -> int:
        return len(self.leaves[0])


def examples_of(x: Any, y: Any, model: Any) -> Examples:
    """Read x and y into memory.

    Args:
        x: in whatever a calculator takes.
        y: what belongs to the examples, or None.
        model: whose inputs they are.

    Raises:
        ValueError: examples of several shapes, or a single one.
    """
    blocks = Blocks(x, y, model)
    found = list(blocks(2**31))
    if len({repr(block.shapes) for block in found}) > 1:
        raise ValueError(
            "Permuted parts have one shape. Received: examples of several shapes. Pad them, as for the training, or take those of each "
            "shape alone."
        )
    leaves = [_joined(parts) for parts in zip(*(block.x for block in found), strict=True)]
    labels = None if not found or found[0].y is None else mapped(lambda *p: _joined(p), *(block.y for block in found))
    if not leaves or len(leaves[0]) < 2:
        raise ValueError(
            f"Parts are exchanged between examples. Received: {len(leaves[0]) if leaves else 0} example(s). Pass two or more, better "
            "hundreds."
        )
    return Examples(blocks.structure, leaves, labels)


class Scorer(HasObjectives, FixedOnceUsed, Attribution):
    """Gives the score of examples as they are: a method that looks at one point and keeps no map.

    Args:
        objective: the score.
        batch_size: the most rows of a model call; None chooses.

    Attributes:
        score_name: of the score, after the first call.
    """

    traits = Traits(needs_gradient=False)

    def __init__(self, objective: Objective, batch_size: int | None):
        self.objectives, self._has_list, self.score_name = [objective], False, ""
        self._sampling = Sampling(1, batch_size=batch_size)
        self.traces = Traces(objective.model, (objective.eval_fun, *objective.score.parts()), self)

    def attribution(self, score: BoundScore, target: tf.Tensor, at: dict[str, tf.Tensor]) -> tf.Tensor:
        """Give the score in place of a map."""
        return score.evaluate(target, lambda evaluated: with_trailing_axes(evaluated.values, target.shape.rank))

    def scores(self, examples: Examples) -> np.ndarray:
        """Score examples, float64 (N,) or (N, classes)."""
        found: list[np.ndarray] = []
        for session in sessions(self.objectives[0], self, self.traces, examples.x, examples.y, self._sampling):
            found.append(session.fold(Stack()).scores)
            object.__setattr__(self, "score_name", session.score_name)
        return np.concatenate(found).astype("float64")


def target_of(examples: Examples) -> InputExtractor:
    """Choose an input that is looked at: the first that is no text."""
    names = sorted(examples.structure) if isinstance(examples.structure, dict) else range(len(examples.leaves))
    numbers = [name for name, leaf in zip(names, examples.leaves, strict=True) if leaf.dtype.kind not in _TEXT]
    return InputExtractor(numbers[0] if numbers else 0)


def _joined(parts: Any) -> np.ndarray:
    return np.asarray(parts[0]) if len(parts) == 1 else np.concatenate(parts)
