"""A Keras optimizer at work on parameters of ours: a copy of it, so that the user's own is left as it is."""

import keras
import tensorflow as tf


class Climber:
    """The parameters of some images and a copy of an optimizer that moves them uphill.

    Args:
        optimizer: any Keras optimizer, also one of tensorflow-addons.
        shape: of the parameters.

    Attributes:
        parameters: the variable.
    """

    def __init__(self, optimizer, shape):
        self._optimizer = type(optimizer).from_config(optimizer.get_config())
        make = getattr(keras, "Variable", tf.Variable)
        self.parameters = make(tf.zeros(shape), name="parameters")
        if hasattr(self._optimizer, "build"):
            self._optimizer.build([self.parameters])
        else:
            self._optimizer._create_all_weights([self.parameters])
        self._fresh = [(variable, variable.numpy()) for variable in self._state()]

    def restart(self, parameters):
        """Begin anew from parameters, with what the optimizer remembers as it was at first."""
        for variable, value in self._fresh:
            variable.assign(value)
        self.parameters.assign(parameters)

    def move(self, uphill):
        """One step along the direction `uphill`; the optimizer is told its opposite, since it descends."""
        self._optimizer.apply_gradients([(-uphill, self.parameters)])

    def _state(self):
        variables = self._optimizer.variables
        unlisted = [
            value for value in vars(self._optimizer).values() if isinstance(value, tf.Variable)
        ]  # Nadam of Keras 2
        return [*(variables() if callable(variables) else variables), *unlisted]


def check_optimizer(optimizer):
    """TypeError for what is no optimizer."""
    if not all(hasattr(optimizer, name) for name in ("apply_gradients", "get_config", "variables")):
        raise TypeError(
            f"optimizer is a Keras optimizer. Received: {optimizer!r}. Give e.g. keras.optimizers.Adam(0.05), or None."
        )
    return optimizer
