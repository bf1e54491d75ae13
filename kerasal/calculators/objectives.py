"""The objectives of a calculator as its users read them."""

from collections.abc import Callable
from typing import Any

import keras

from kerasal._engine.objective import Objective


class HasObjectives:
    """Base of what explains one score with respect to one target or several.

    Attributes:
        objectives: what is explained, one for each target.
    """

    objectives: list[Objective]
    _has_list: bool

    @property
    def model(self) -> keras.Model:
        """The Keras model."""
        return self.objectives[0].model

    @property
    def score(self) -> Any:
        """The `Score`."""
        return self.objectives[0].score

    @property
    def eval_fun(self) -> Callable[..., Any] | None:
        """The user's function of the inputs, or None."""
        return self.objectives[0].eval_fun

    @property
    def logits(self) -> bool:
        """True where the logit behind an output is scored."""
        return self.objectives[0].logits

    @property
    def target(self) -> Any:
        """The extractor of the target, or a list of them."""
        targets = [objective.target for objective in self.objectives]
        return targets if self._has_list else targets[0]

    def place_of_map(self, target: Any) -> Any:
        """Give the extractor of what the map of a target is a map of: the target itself, unless a method says otherwise."""
        return target
