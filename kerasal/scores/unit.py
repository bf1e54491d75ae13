"""The activation of one unit or channel of any layer."""

import tensorflow as tf

from kerasal.extractors import LayerExtractor
from kerasal.scores.base import Score, check_class, class_index


class Unit(Score):
    """The mean activation of one unit or channel (last axis) of any layer.

    Args:
        layer: a layer's name, path or object.
        index: which unit or channel.

    Example:
        >>> from kerasal import scores
        >>> scores.Unit("conv2", 7).index
        7
    """

    def __init__(self, layer, index):
        self.extractor = layer if isinstance(layer, LayerExtractor) else LayerExtractor(layer)
        self.index = class_index(index, "index")

    def value(self, run):
        activation = tf.cast(run.readings[self], tf.float32)
        check_class(self.index, activation.shape[-1])
        unit = activation[..., self.index]
        return tf.reduce_mean(tf.reshape(unit, [tf.shape(unit)[0], -1]), 1), f"unit {self.index} of {self.extractor!r}"
