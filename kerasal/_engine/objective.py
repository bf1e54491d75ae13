"""The objective of an explanation: the score of a model with respect to a target."""

import dataclasses
import inspect
from collections.abc import Callable
from typing import Any

import keras

from kerasal import scores
from kerasal._errors import check_flags
from kerasal._network.checks import check_model_is_ready
from kerasal._network.joint_target import parts_of
from kerasal._network.targets import LayerExtractor


@dataclasses.dataclass(frozen=True, eq=False)
class Objective:
    """A score of a model with respect to one target.

    Attributes:
        model: the Keras model; score: a `Score`; target: an `InputExtractor`, `LayerExtractor` or `JointTarget`.
        eval_fun: the user's function of the inputs (and y) that calls the model itself, or None.
        logits: whether the logit behind a softmax or sigmoid output is scored instead of the probability.
    """

    model: keras.Model
    score: scores.Score
    target: Any
    eval_fun: Callable[..., Any] | None = None
    logits: bool = True

    def check(self) -> None:
        """Refuse a model that is not ready, and layers that it does not have."""
        check_flags(logits=self.logits)
        check_model_is_ready(self.model)
        for extractor in [*parts_of(self.target), *(part.extractor for part in self.score.parts())]:
            if isinstance(extractor, LayerExtractor):
                extractor.find(self.model)

    @property
    def at_layer(self) -> bool:
        """True where the target, or a part of it, is what passes a layer."""
        return any(isinstance(part, LayerExtractor) for part in parts_of(self.target))

    def uses_y(self, inputs: int) -> bool:
        """Tell whether the score, or `eval_fun` of so many inputs, takes y."""
        if self.eval_fun is None:
            return self.score.needs_y
        try:
            inspect.signature(self.eval_fun).bind(*range(inputs + 1))
        except TypeError:
            return False
        except ValueError:  # written in C, it tells nothing
            return True
        return True

    def moved_to(self, target: Any) -> "Objective":
        """Return the same score with respect to another target."""
        return dataclasses.replace(self, target=target)


def score_and_function(score: Any, eval_fun: Any) -> scores.Score:
    """Return the `Score` meant; ValueError where `eval_fun` is given beside it, or is no function."""
    if eval_fun is not None and (score is not None or not callable(eval_fun)):
        raise ValueError(
            f"eval_fun is a function of the inputs, given in place of score. Received: eval_fun={eval_fun!r}, "
            f"score={score!r}. Give one of the two."
        )
    return scores.resolve(score)
