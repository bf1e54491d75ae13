"""BatchNormalization in inference fused with the convolution before it: less time where elements are many.

a · (w ∗ x + b) + c = (a w) ∗ x + (a b + c), with a and c of each channel: the same numbers, to rounding.
"""

import keras
import tensorflow as tf

from kerasal._network.graphs import again
from kerasal._network.interception import Shortcut
from kerasal._network.layer_tree import layers_of

_CHANNELS_OF_KERNEL = {"Conv2D": 1, "DepthwiseConv2dNative": 2}  # how many last axes of the kernel they take
_SUMS = ("AddV2", "BiasAdd")


def fused_normalizations(model):
    """{layer: shortcut} for every BatchNormalization of Keras: its call runs the convolution or depthwise convolution before it
    anew with another kernel, where nothing but a bias lies between. The one it takes the place of is pruned, unless
    others read it."""
    return {
        layer: Shortcut(_normalized) for layer in layers_of(model) if type(layer) is keras.layers.BatchNormalization
    }


def _normalized(call):
    linear, bias = _linear_before(call)
    if linear is None:
        return call.run()
    layer, tensor = call.layer, tf.convert_to_tensor
    scale = tf.math.rsqrt(tensor(layer.moving_variance) + layer.epsilon)
    scale = scale if layer.gamma is None else scale * tensor(layer.gamma)
    offset = (bias - tensor(layer.moving_mean)) * scale
    offset = offset if layer.beta is None else offset + tensor(layer.beta)
    values, kernel = linear.inputs
    per_channel = tf.reshape(scale, kernel.shape[-_CHANNELS_OF_KERNEL[linear.type] :])
    return tf.nn.bias_add(again(linear, [values, kernel * per_channel]), offset)


def _linear_before(call):
    """(the operation that a BatchNormalization normalizes, the bias added to it) or (None, None)."""
    values = (*call.args, call.kwargs.get("inputs"))[0]
    axes, graph = tf.nest.flatten(call.layer.axis), tf.compat.v1.get_default_graph()
    is_plain = call.kwargs.get("training") is False and tf.is_tensor(values) and values.dtype == tf.float32
    if not is_plain or call.layer.compute_dtype != "float32" or values.shape.rank != 4 or axes not in ([-1], [3]):
        return None, None
    operation, bias, channels = values.op, 0.0, values.shape[-1]
    if operation.type in _SUMS:
        of_channels = operation.inputs[1]
        if of_channels.shape.rank and of_channels.shape.num_elements() == channels == of_channels.shape[-1]:
            operation, bias = operation.inputs[0].op, tf.reshape(of_channels, [-1])
    is_known = operation.type in _CHANNELS_OF_KERNEL and operation.inputs[1].shape.is_fully_defined()
    if not is_known or operation.graph is not graph or operation.get_attr("data_format") != b"NHWC":
        return None, None
    fits = operation.outputs[0].shape.as_list() == values.shape.as_list()
    return (operation, bias) if fits and _pays(operation) else (None, None)


def _pays(operation):
    """Whether a kernel is less to multiply than what it gives of one row, as far as that is known."""
    kernel, row = operation.inputs[1].shape.num_elements(), operation.outputs[0].shape[1:].num_elements()
    return row is None or kernel <= row
