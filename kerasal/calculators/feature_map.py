"""The last feature map of a network that still has spatial axes, found by looking at what passes its layers."""

from typing import Any, NamedTuple

import keras
import tensorflow as tf

from kerasal._engine.forward import Forward
from kerasal._network.layer_tree import walk
from kerasal._network.targets import LayerExtractor

Shape = tuple[int | None, ...]


class FeatureMap(NamedTuple):
    """A feature map that a class activation map weighs.

    Attributes:
        extractor: the `LayerExtractor` of its layer; shape: of the map, (None, *spatial, channels); target: shape of the target.
    """

    extractor: LayerExtractor
    shape: tf.TensorShape
    target: Shape


class _Seen(NamedTuple):
    """The output of a layer in a pass."""

    layer: Any
    call: int
    output: tf.Tensor


def find_feature_map(shape: Shape, extractor: LayerExtractor | None, forward: Forward) -> FeatureMap:
    """Find the layer whose feature map a class activation map weighs.

    Args:
        shape: of the target, (None, *spatial, channels) or (None, *spatial).
        extractor: a `LayerExtractor`, or None for the last layer, at any depth, with as many spatial axes as the target and
            more than one position, that the score depends on.
        forward: the model, for a trace of a pass.

    Raises:
        ValueError: no layer, or not this one, has a feature map.
    """
    if extractor is None:
        return _last_feature_map(shape, forward)
    seen: list[tf.Tensor] = []

    def keep(value: Any) -> Any:
        seen.append(value())
        return seen[-1]

    forward.trace({extractor.find(forward.model): [extractor.handler(keep)]})
    if not seen or not any(_is_spatial(seen[0].shape, rank) for rank in (len(shape), len(shape) + 1)):
        raise ValueError(
            f"A class activation map needs a layer with spatial axes, like those of the target {tuple(shape)}. Received: "
            f"{extractor!r}, which gives {tuple(seen[0].shape) if seen else 'nothing'}. Name a convolution or pooling layer, or none."
        )
    return FeatureMap(extractor, seen[0].shape, shape)


def _last_feature_map(shape: Shape, forward: Forward) -> FeatureMap:
    """The feature map of the last layer that has one and that the score depends on."""
    seen: list[_Seen] = []

    def note(call: Any) -> Any:
        output = call.run()
        if tf.is_tensor(output) and output.dtype.is_floating and not call.looped:
            seen.append(_Seen(call.layer, call.index, output))
        return output

    model: keras.Model = forward.model
    scored = forward.trace({inner: [note] for _, inner, holder in walk(model)[1:] if holder is None})
    seen = [each for each in seen if each.output.op in scored]
    for rank in (len(shape), len(shape) + 1):
        found = [each for each in seen if _is_spatial(each.output.shape, rank)]
        if found:  # a nested model hands on its last layer's
            inner = next(each for each in found if each.output is found[-1].output)
            calls = sum(each.layer is inner.layer for each in seen)
            extractor = LayerExtractor(inner.layer, call=inner.call if calls > 1 else None)
            return FeatureMap(extractor, inner.output.shape, shape)
    kinds = ", ".join(f"{each.layer.name} {tuple(each.output.shape[1:])}" for each in seen[-8:])
    raise ValueError(
        f"A class activation map needs a layer with spatial axes, like those of the target {tuple(shape)}. Received: model "
        f"'{model.name}', whose last layers give {kinds or 'nothing'}. Name a layer, or use GradientCalculator."
    )


def _is_spatial(shape: tf.TensorShape, rank: int) -> bool:
    return shape.rank == rank > 2 and None not in shape[1:] and shape[1:-1].num_elements() > 1
