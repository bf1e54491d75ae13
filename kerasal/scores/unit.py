"""The activation of one unit or channel of any layer."""

import tensorflow as tf

from kerasal._network.targets import LayerExtractor
from kerasal.scores.base import Score, check_class, class_index


class Unit(Score):
    """The activation of one unit or channel (last axis) of any layer: its mean over positions, or at one position.

    Args:
        layer: a layer's name, path or object.
        index: which unit or channel.
        position: where, e.g. (row, column): one neuron; None for the mean over all positions.

    Example:
        >>> from kerasal import scores
        >>> scores.Unit("conv2", 7).index
        7
        >>> scores.Unit("conv2", 7, position=(3, 4)).position
        (3, 4)
    """

    def __init__(self, layer, index, position=None):
        self.extractor = layer if isinstance(layer, LayerExtractor) else LayerExtractor(layer)
        self.index = class_index(index, "index")
        self.position = None if position is None else tuple(class_index(place, "position") for place in position)

    def value(self, run):
        activation = tf.cast(run.readings[self], tf.float32)
        check_class(self.index, activation.shape[-1])
        unit = activation[..., self.index]
        if self.position is not None:
            return _neuron(unit, self.position), f"unit {self.index} at {self.position} of {self.extractor!r}"
        return tf.reduce_mean(tf.reshape(unit, [tf.shape(unit)[0], -1]), 1), f"unit {self.index} of {self.extractor!r}"


def _neuron(unit, position):
    """(rows,) of (rows, *positions)."""
    sizes = tuple(unit.shape[1:])
    if len(sizes) != len(position) or any(size is not None and place >= size for place, size in zip(position, sizes)):
        raise ValueError(
            f"position is one place in the layer's map of positions {sizes}. Received: {position}. Give as many indices, each "
            "smaller than its size."
        )
    return unit[(slice(None), *position)]
