"""The objective of an explanation: the score of a model with respect to a target."""

import dataclasses
from collections.abc import Callable
from typing import Any

import keras

from kerasal import scores
from kerasal._network.checks import check_model_is_ready
from kerasal._network.targets import InputExtractor, LayerExtractor


@dataclasses.dataclass(frozen=True, eq=False)
class Objective:
    """A score of a model with respect to one target.

    Attributes:
        model: the Keras model; score: a `Score`; target: an `InputExtractor` or `LayerExtractor`.
        eval_fun: the user's function of the inputs (and y) that calls the model itself, or None.
        logits: whether the logit behind a softmax or sigmoid output is scored instead of the probability.
    """

    model: keras.Model
    score: scores.Score
    target: Any
    eval_fun: Callable[..., Any] | None = None
    logits: bool = True

    def __post_init__(self) -> None:
        check_model_is_ready(self.model)
        for extractor in [self.target, *(part.extractor for part in self.score.parts())]:
            if isinstance(extractor, LayerExtractor):
                extractor.find(self.model)

    @property
    def at_layer(self) -> bool:
        """True where the target is what passes a layer."""
        return isinstance(self.target, LayerExtractor)

    def moved_to(self, target: Any) -> "Objective":
        """Return the same score with respect to another target."""
        return dataclasses.replace(self, target=target)


def as_targets(target_extractor: Any) -> list[Any]:
    """Return the targets meant by a user: one extractor, a list of them, or None for the first input.

    Raises:
        TypeError: other things than these, an empty list.
    """
    several = isinstance(target_extractor, (list, tuple))
    targets = list(target_extractor) if several else [target_extractor or InputExtractor(0)]
    for extractor in targets or [None]:
        if not isinstance(extractor, (InputExtractor, LayerExtractor)):
            raise TypeError(
                f"target_extractor is an InputExtractor, a LayerExtractor, a list of them, or None. Received: {extractor!r}. "
                "Use LayerExtractor('layer name')."
            )
    return targets


def score_and_function(score: Any, eval_fun: Any) -> scores.Score:
    """Return the `Score` meant; ValueError where `eval_fun` is given beside it, or is no function."""
    if eval_fun is not None and (score is not None or not callable(eval_fun)):
        raise ValueError(
            f"eval_fun is a function of the inputs, given in place of score. Received: eval_fun={eval_fun!r}, "
            f"score={score!r}. Give one of the two."
        )
    return scores.resolve(score)
