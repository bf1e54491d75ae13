"""The numbers that stand for images, moved uphill by an optimizer."""

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from kerasal._network.versions import build_optimizer, new_variable, optimizer_state


class ParameterOptimizer:
    """The parameters of some images and a copy of an optimizer that moves them uphill.

    Args:
        optimizer: any Keras optimizer, also one of tensorflow-addons.
        shape: of the parameters.

    Attributes:
        parameters: the variable.
    """

    def __init__(self, optimizer: Any, shape: Sequence[int]):
        self._optimizer = type(optimizer).from_config(optimizer.get_config())
        self.parameters = new_variable(tf.zeros(shape), "parameters")
        build_optimizer(self._optimizer, [self.parameters])
        self._fresh = [(variable, variable.numpy()) for variable in optimizer_state(self._optimizer)]

    def restart(self, parameters: tf.Tensor) -> None:
        """Begin anew from parameters, with what the optimizer remembers as it was at first."""
        for variable, value in self._fresh:
            variable.assign(value)
        self.parameters.assign(parameters)

    def step(self, uphill: tf.Tensor) -> None:
        """Make one step along the direction `uphill`; the optimizer gets its opposite, since it descends."""
        self._optimizer.apply_gradients([(-uphill, self.parameters)])


def check_optimizer(optimizer: Any) -> Any:
    """Return the optimizer; TypeError for what is none."""
    if isinstance(optimizer, type) or not all(
        hasattr(optimizer, name) for name in ("apply_gradients", "get_config", "variables")
    ):
        raise TypeError(
            f"optimizer is a Keras optimizer. Received: {optimizer!r}. Give e.g. keras.optimizers.Adam(0.05), or None."
        )
    return optimizer
