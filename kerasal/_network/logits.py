"""The logits of an output, found on the traced graph."""

from typing import NamedTuple

import tensorflow as tf

_THROUGH = ("Identity", "Cast", "Reshape", "Squeeze", "ExpandDims")
_SQUASHING = ("Softmax", "Sigmoid")


class Logits(NamedTuple):
    """The logits of an output.

    Attributes:
        values: a tensor of the output's shape; the output itself where no logits are found.
        quantity: what they are, "logit" or "output".
        is_unit: whether the output is one sigmoid unit.
    """

    values: tf.Tensor
    quantity: str = "output"
    is_unit: bool = False

    @property
    def is_found(self) -> bool:
        """True where a softmax or sigmoid ends the output."""
        return self.quantity == "logit"


def find_logits(output: tf.Tensor) -> Logits:
    """Find the logits of a softmax or sigmoid output.

    Args:
        output: a tensor of the graph being traced.
    """
    tensor = output
    while tensor.op.type in _THROUGH:
        tensor = tensor.op.inputs[0]
    if tensor.op.type not in _SQUASHING:
        return Logits(output)
    logits = tensor.op.inputs[0]
    if tensor is not output:
        logits = tf.reshape(logits, tf.shape(output))
    logits.set_shape(output.shape)
    return Logits(logits, "logit", tensor.op.type == "Sigmoid" and output.shape.rank == 2 and output.shape[1] == 1)
