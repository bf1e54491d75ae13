"""The value of a layer in a pass, found so that the score can be differentiated with respect to it."""

from typing import Any

import tensorflow as tf

from kerasal._engine.seeking import Ends, Handlers
from kerasal._network.submodel import never_called
from kerasal._network.targets import LayerExtractor


class LayerSeeker:
    """A way to find what passes a layer in one pass; see `Seeker`.

    Args:
        model: the Keras model.
        extractor: of the layer.
    """

    def __init__(self, model: Any, extractor: LayerExtractor):
        self._model, self._extractor = model, extractor
        self._seen: list[tf.Tensor] = []

    def handlers(self) -> Handlers:
        """Make interception handlers for the pass."""

        def keep(value: Any) -> Any:
            found = value()
            if not tf.is_tensor(found):
                raise ValueError(
                    f"{self._extractor!r}: the layer is one that gives one tensor. Received: {found!r}. Name another layer."
                )
            self._seen.append(tf.identity(found))  # an operation of its own, that nothing goes past
            return self._seen[-1]

        return {self._extractor.find(self._model): [self._extractor.handler(keep)]}

    def find(self, ends: Ends) -> tf.Tensor:
        """Find the tensor."""
        if not self._seen:
            raise never_called(self._extractor)
        return self._seen[0]
