"""What a method may ask of a model before any work: which layers a pass meets, and what passes them."""

import tensorflow as tf

from kerasal.extractors import InputExtractor
from kerasal.interception import untouched
from kerasal.keyed_random import Rows, key_of
from kerasal.randomness import Randomness


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
        """Trace one pass of the model, without running it, with interception handlers {layer: [handler]}.

        Returns:
            The operations that the score depends on.
        """
        forward, found = self._forward, []

        def trace(inputs, y):
            rows = Rows(tf.constant(key_of(0)), tf.zeros([1], tf.int64), 0, tf.shape(inputs[0])[0], True)
            chosen = tf.zeros([rows.count, forward.score.choices], tf.int32)
            target = forward.value(inputs, y, Randomness(), rows)
            found.append(forward.score_at(target, inputs, y, chosen, True, Randomness(), rows, handlers)[0])
            return 0

        with untouched(forward.model):
            tf.function(trace, autograph=False).get_concrete_function(*self._inputs.specs)
        return _ancestors(found[0].op)

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


def _ancestors(operation):
    """The operation and all it is computed from."""
    seen, waiting = set(), [operation]
    while waiting:
        operation = waiting.pop()
        if operation not in seen:
            seen.add(operation)
            waiting.extend(tensor.op for tensor in operation.inputs)
    return seen
