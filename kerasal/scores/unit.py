"""The activation of one unit or channel of any layer."""

import dataclasses

import keras
import tensorflow as tf

from kerasal._network.precision import as_real
from kerasal._network.targets import LayerExtractor
from kerasal._vocabulary import checks_keywords
from kerasal.scores.base import Score, ScoreValue
from kerasal.scores.checks import check_class, class_index
from kerasal.scores.passes import Pass


@checks_keywords
@dataclasses.dataclass(frozen=True)
class Unit(Score):
    """The activation of one unit or channel (last axis) of any layer: its mean over positions, or at one position.

    Args:
        layer: a layer's name, path or object, or a `LayerExtractor`.
        index: the unit or channel.
        position: e.g. (row, column): one neuron; None for the mean over all positions.

    Attributes:
        extractor: the `LayerExtractor` of the layer.

    Raises:
        TypeError: `layer` is none of these.
        ValueError: `index` or `position` are no integers from 0.

    Example:
        >>> from kerasal import scores
        >>> scores.Unit("conv2", 7)
        Unit(layer='conv2', index=7, position=None)
        >>> scores.Unit("conv2", 7, position=(3, 4)).position
        (3, 4)
    """

    layer: str | keras.layers.Layer | LayerExtractor
    index: int
    position: tuple[int, ...] | None = None
    extractor: LayerExtractor = dataclasses.field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        layer, position = self.layer, self.position
        found = layer if isinstance(layer, LayerExtractor) else LayerExtractor(layer)
        object.__setattr__(self, "extractor", found)
        object.__setattr__(self, "index", class_index(self.index, "index"))
        if position is not None:
            if not isinstance(position, (list, tuple)):
                raise TypeError(
                    f"position is one place in a layer's map, e.g. (row, column), or None. Received: position={position!r}. Give a tuple."
                )
            object.__setattr__(self, "position", tuple(class_index(at, "position") for at in position))

    def named(self, model: keras.Model) -> "Unit":
        """Make the same score with the layer's path in place of a layer object."""
        named = self.extractor.named(model)
        return dataclasses.replace(self, layer=named if isinstance(self.layer, LayerExtractor) else named.layer)

    def value(self, run: Pass) -> ScoreValue:
        """Take the unit's mean, or its activation at the position."""
        activation = as_real(run.readings[self])
        check_class(self.index, activation.shape[-1])
        unit = activation[..., self.index]
        if self.position is not None:
            name = f"unit {self.index} at {self.position} of {self.extractor!r}"
            return ScoreValue(_neuron(unit, self.position), name)
        mean = tf.reduce_mean(tf.reshape(unit, [tf.shape(unit)[0], -1]), 1)
        return ScoreValue(mean, f"unit {self.index} of {self.extractor!r}")


def _neuron(unit: tf.Tensor, position: tuple[int, ...]) -> tf.Tensor:
    """Take one position of (rows, *positions), (rows,)."""
    sizes = tuple(unit.shape[1:])
    is_there = len(sizes) == len(position)
    if not is_there or any(size is not None and at >= size for at, size in zip(position, sizes, strict=True)):
        raise ValueError(
            f"position is one place in the layer's map of positions {sizes}. Received: {position}. Give as many indices, each "
            "smaller than its size."
        )
    return unit[(slice(None), *position)]
