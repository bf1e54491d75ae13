"""What a method may ask of a model before any work: which layers a pass meets, and what passes them."""

import tensorflow as tf

from kerasal.extractors import InputExtractor
from kerasal.interception import intercepted, untouched


class Look:
    """A model and its inputs, to be looked at.

    Args:
        forward: the `Forward`.
        inputs: the `Inputs`.
    """

    def __init__(self, forward, inputs):
        self._forward, self._inputs = forward, inputs

    @property
    def integer_target(self):
        """Whether the target is an input of integers."""
        return self._inputs.integer_target

    def trace(self, handlers):
        """Trace one pass of the model, without running it, with interception handlers {layer: [handler]}."""

        def trace(inputs, y):
            with intercepted(self._forward.model, handlers):
                self._forward.run_model(inputs, y)
            return 0

        with untouched(self._forward.model):
            tf.function(trace, autograph=False).get_concrete_function(*self._inputs.specs)

    def place_of(self, extractor):
        """(position among the inputs, shape) of what an `InputExtractor` names; (None, shape) for a `LayerExtractor`."""
        if isinstance(extractor, InputExtractor):
            position = self._inputs.position_of(extractor)
            self._inputs.check_target(position)
            return position, tuple(self._inputs.specs[0][position].shape)
        seen = []

        def keep(value):
            seen.append(value())
            return seen[-1]

        self.trace({extractor.find(self._forward.model): [extractor.handler(keep)]})
        return None, tuple(seen[0].shape)
