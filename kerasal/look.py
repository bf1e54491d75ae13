"""What a method may ask of a model before any work: which layers a pass meets, and what passes them."""

import tensorflow as tf

from kerasal.extractors import InputExtractor
from kerasal.graph_facts import ancestors
from kerasal.keyed_random import Rows
from kerasal.randomness import Randomness
from kerasal.tracing import traced


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
            rows = Rows.plain(inputs)
            chosen = tf.zeros([rows.count, forward.score.choices], tf.int32)
            target = forward.value(inputs, y, Randomness(), rows)
            found.append(forward.score_at(target, inputs, y, chosen, True, Randomness(), rows, handlers)[0])
            return 0

        traced(forward.model, trace, *self._inputs.specs)
        return ancestors(found)

    def places_of(self, extractors):
        """[(position among the inputs, or None for a layer; shape of the target)], from one pass."""
        model, shapes = self._forward.model, {}
        handlers: dict = {}
        for place, extractor in enumerate(extractors):

            def keep(value, place=place):
                tensor = value()
                shapes[place] = tuple(tensor.shape)
                return tensor

            if not isinstance(extractor, InputExtractor):
                handlers.setdefault(extractor.find(model), []).append(extractor.handler(keep))
        self.trace(handlers)
        return [(None, shapes[n]) if n in shapes else self._input(each) for n, each in enumerate(extractors)]

    def _input(self, extractor):
        position = self._inputs.position_of(extractor)
        self._inputs.check_target(position)
        return position, tuple(self._inputs.specs[0][position].shape)
