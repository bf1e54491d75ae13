"""The logits behind an output, found in the traced graph without touching the model."""

import tensorflow as tf

_THROUGH = ("Identity", "Cast", "Reshape", "Squeeze", "ExpandDims")
_SQUASHING = ("Softmax", "Sigmoid")


def find_logits(output):
    """The logits of a softmax or sigmoid output.

    Args:
        output: a tensor of the graph being traced.

    Returns:
        (tensor of the output's shape, True), or (output, False) where no softmax or sigmoid ends it.
    """
    tensor = output
    while tensor.op.type in _THROUGH:
        tensor = tensor.op.inputs[0]
    if tensor.op.type not in _SQUASHING:
        return output, False
    logits = tensor.op.inputs[0]
    if tensor is not output:
        logits = tf.reshape(logits, tf.shape(output))
    logits.set_shape(output.shape)
    return logits, True
