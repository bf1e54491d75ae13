"""BatchNormalization in inference fused with the convolution before it: less time where elements are many.

a · (w ∗ x + b) + c = (a w) ∗ x + (a b + c), with a and c of each channel: the same numbers, to rounding.
"""

from typing import Any, NamedTuple

import keras
import tensorflow as tf

from kerasal._network.graphs import again
from kerasal._network.interception import Call, Shortcut
from kerasal._network.layer_tree import layers_of

_CHANNELS_OF_KERNEL = {"Conv2D": 1, "DepthwiseConv2dNative": 2}  # how many last axes of the kernel they take
_SUMS = ("AddV2", "BiasAdd")


class _Linear(NamedTuple):
    """A convolution that gives what a BatchNormalization normalizes.

    Attributes:
        operation: the convolution, plain or depthwise.
        bias: what is added to each channel before the normalization, (channels,) or 0.
    """

    operation: tf.Operation
    bias: Any


def fused_normalizations(model: keras.Model) -> dict[keras.layers.Layer, Shortcut]:
    """Make a shortcut for every BatchNormalization of Keras that runs the convolution before it anew with another kernel.

    It does so where nothing but a bias lies between. The convolution it takes the place of is pruned, unless others read it.

    Args:
        model: the Keras model.

    Returns:
        {layer: shortcut}.
    """
    return {
        layer: Shortcut(_normalized) for layer in layers_of(model) if type(layer) is keras.layers.BatchNormalization
    }


def _normalized(call: Call) -> tf.Tensor:
    linear = _linear_before(call)
    if linear is None:
        return call.run()
    layer, tensor = call.layer, tf.convert_to_tensor
    scale = tf.math.rsqrt(tensor(layer.moving_variance) + layer.epsilon)
    scale = scale if layer.gamma is None else scale * tensor(layer.gamma)
    offset = (linear.bias - tensor(layer.moving_mean)) * scale
    offset = offset if layer.beta is None else offset + tensor(layer.beta)
    values, kernel = linear.operation.inputs
    per_channel = tf.reshape(scale, kernel.shape[-_CHANNELS_OF_KERNEL[linear.operation.type] :])
    return tf.nn.bias_add(again(linear.operation, [values, kernel * per_channel]), offset)


def _linear_before(call: Call) -> _Linear | None:
    """Find the convolution before a BatchNormalization, where the two can be one and that pays."""
    values = (*call.args, call.kwargs.get("inputs"))[0]
    axes, graph = tf.nest.flatten(call.layer.axis), tf.compat.v1.get_default_graph()
    is_plain = call.kwargs.get("training") is False and tf.is_tensor(values) and values.dtype == tf.float32
    if not is_plain or call.layer.compute_dtype != "float32" or values.shape.rank != 4 or axes not in ([-1], [3]):
        return None
    found = _without_bias(values)
    operation = found.operation
    is_known = operation.type in _CHANNELS_OF_KERNEL and operation.inputs[1].shape.is_fully_defined()
    if not is_known or operation.graph is not graph or operation.get_attr("data_format") != b"NHWC":
        return None
    fits = operation.outputs[0].shape.as_list() == values.shape.as_list()
    return found if fits and _pays(operation) else None


def _without_bias(values: tf.Tensor) -> _Linear:
    """Take off a bias of each channel, where one was added last."""
    operation, channels = values.op, values.shape[-1]
    if operation.type in _SUMS:
        bias = operation.inputs[1]
        if bias.shape.rank and bias.shape.num_elements() == channels == bias.shape[-1]:
            return _Linear(operation.inputs[0].op, tf.reshape(bias, [-1]))
    return _Linear(operation, 0.0)


def _pays(operation: tf.Operation) -> bool:
    """Tell whether a kernel is less to multiply than what it gives of one row, as far as that is known."""
    kernel, row = operation.inputs[1].shape.num_elements(), operation.outputs[0].shape[1:].num_elements()
    return row is None or kernel <= row
