"""A tensor of a pass that is found when the pass is done."""

from typing import Any, NamedTuple, Protocol

import tensorflow as tf

Handlers = dict[Any, list[Any]]


class Ends(NamedTuple):
    """The tensors of the graph of a pass that it begins and ends with.

    Attributes:
        points: at the target, as the pass takes them; scores: what is made of them.
    """

    points: tf.Tensor
    scores: tf.Tensor


class Seeker(Protocol):
    """A way to find a tensor of a pass, or a list of them, for that pass alone."""

    def handlers(self) -> Handlers:
        """Make interception handlers {layer: [handler]} for the pass."""

    def find(self, ends: Ends) -> Any:
        """Find the tensor or tensors, (rows, ...), when the pass is done."""
