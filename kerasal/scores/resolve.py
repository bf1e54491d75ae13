"""Scores of some of several outputs, and the score meant by what a user gave."""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from kerasal._network.outputs import Name, Output, names_of, outputs_of
from kerasal.scores.base import Function, Score, ScoreValue
from kerasal.scores.classes import AllClasses, Class, Classes, Each, Predicted
from kerasal.scores.passes import Pass


class _Head(NamedTuple):
    """One of several outputs that are scored.

    Attributes:
        name: of the output, or its position.
        score: of the output.
        run: the pass, as that score sees it.
    """

    name: Name
    score: Score
    run: Pass


@dataclasses.dataclass(frozen=True)
class Heads(Score):
    """Scores of some of a model's several outputs; their sum where there is more than one; score={"head": ...}.

    Args:
        heads: {name or position of an output: score}, each None, a class, a function, …; kept as `Score`s.

    Raises:
        ValueError: a score cannot be one of several, or there is none.
    """

    heads: Mapping[Name, Any]
    needs_y: bool = dataclasses.field(init=False, repr=False, compare=False)
    choices: int = dataclasses.field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        heads = {name: resolve(score) for name, score in self.heads.items()}
        if not heads or any(isinstance(score, (Heads, Classes, AllClasses)) for score in heads.values()):
            raise ValueError(
                f"A dict of scores maps an output's name to a score: None, a class, a function, … Received: {self.heads!r}. Give "
                "e.g. score={'digit': None}."
            )
        object.__setattr__(self, "heads", heads)
        object.__setattr__(self, "needs_y", any(score.needs_y for score in heads.values()))
        object.__setattr__(self, "choices", sum(score.choices for score in heads.values()))

    def __hash__(self) -> int:
        return hash((type(self), frozenset(self.heads.items())))

    @property
    def names_class(self) -> bool:  # type: ignore[override]
        """True where the score of each output does."""
        return all(score.names_class for score in self.heads.values())

    def parts(self) -> list[Score]:
        """List this score and those it is made of."""
        return [self, *self.heads.values()]

    def named(self, model: keras.Model) -> "Heads":
        """Make the same score with paths in place of layer objects."""
        return Heads({name: score.named(model) for name, score in self.heads.items()})

    def labels(self, y: Any) -> dict[Name, Any]:
        """Check and convert what belongs to the examples at each output that needs it."""
        return {name: score.labels(_of_head(y, name)) for name, score in self.heads.items() if score.needs_y}

    def output_of(self, run: Pass) -> Output | None:
        """Give the output, where there is only one."""
        named = [output for output in outputs_of(run.model, run.outputs) if any(map(output.is_called, self.heads))]
        return named[0] if len(named) == 1 else None

    def choice_count(self, run: Pass) -> Any:
        """Count what is decided at all outputs."""
        return sum(head.score.choice_count(head.run) for head in self._scored(run))

    def choose(self, run: Pass) -> tf.Tensor:
        """Decide at each output, int32 (rows, choices), one after the other."""
        return tf.concat([head.score.choose(head.run) for head in self._scored(run)], 1)

    def value(self, run: Pass) -> ScoreValue:
        """Add up the scores of the outputs."""
        found = [(head.name, head.score.named_value(head.run)) for head in self._scored(run)]
        words = " + ".join(f"{each.name} at {name}" for name, each in found)
        return ScoreValue(tf.add_n([each.values for _, each in found]), words)

    def _scored(self, run: Pass) -> Iterator[_Head]:
        outputs = outputs_of(run.model, run.outputs)
        if tf.is_tensor(run.outputs) and not all(outputs[0].is_called(name) for name in self.heads):
            raise ValueError(
                f"A dict of scores is for a model with several outputs. Received: score for {list(self.heads)} and a model with "
                "one output. Give the score itself."
            )
        begin: Any = 0  # of the choices of an output
        for name, score in self.heads.items():
            output = next((each for each in outputs if each.is_called(name)), None)
            if output is None:
                raise ValueError(
                    f"score names an output of the model: {names_of(outputs)}. Received: {name!r}. Give "
                    f"score={{{outputs[-1].name!r}: …}} or the like, or a function of the outputs."
                )
            y = run.y.get(name) if isinstance(run.y, dict) else None
            head = run.of_head(output, y)
            count = score.choice_count(head)
            head.chosen = None if run.chosen is None else run.chosen[:, begin : begin + count]
            begin += count
            yield _Head(name, score, head)


def _of_head(y: Any, name: Name) -> Any:
    """The y of one output, of a dict by name or a list by position; what is neither is of every output."""
    if isinstance(y, dict):
        return y.get(name)
    if not isinstance(y, (list, tuple)) or not any(hasattr(part, "shape") for part in y):
        return y
    if isinstance(name, int) and name < len(y):
        return y[name]
    raise ValueError(
        f"Where scores are given by the names of outputs, so is y. Received: y of {len(y)} parts and a score at {name!r}. Give "
        f"y={{{name!r}: …}}."
    )


def resolve(score: Any) -> Score:
    """Make the `Score` meant by what a user gave.

    Args:
        score: None, a class, one class or score per example, "all", a `Score`, a function, a dict of these by output.

    Raises:
        TypeError: it is none of these.
        ValueError: a class or label cannot be one.

    Example:
        >>> from kerasal.scores import resolve
        >>> resolve(3), resolve([3, 1]) == resolve([3, 1]), resolve({"digit": None})
        (Class(index=3), True, Heads(heads={'digit': Predicted()}))
    """
    if score is None:
        return Predicted()
    if isinstance(score, Score):
        return score
    if isinstance(score, (int, np.integer)) and not isinstance(score, bool):
        return Class(int(score))
    if isinstance(score, str) and score == "all":
        return AllClasses()
    if isinstance(score, dict):
        return Heads(score)
    if isinstance(score, (list, tuple, np.ndarray)) or tf.is_tensor(score):
        return _of_examples(score)
    if callable(score) and not isinstance(score, type):
        return Function(score)
    raise TypeError(
        "score is None (the predicted class), 'all', a class, one class or score per example, scores.Label(), scores.Loss(), scores.Unit(...), "
        f"scores.Margin(...), a function of the outputs, or a dict of these by output. Received: {score!r} (type "
        f"{type(score).__name__}). Choose one."
    )


def _of_examples(score: Any) -> Score:
    """Make the score meant by one class, or one score of any kind, for each example."""
    if isinstance(score, (list, tuple)) and any(isinstance(one, (Score, dict)) or callable(one) for one in score):
        return Each([resolve(one) for one in score])
    return Classes(np.asarray(score))
