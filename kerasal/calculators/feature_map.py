"""The last feature map of a network that still has spatial axes, found by looking at what passes its layers."""

import tensorflow as tf

from kerasal._network.layer_tree import walk
from kerasal._network.targets import LayerExtractor


def find_feature_map(model, shape, extractor, trace):
    """The layer whose feature map a class activation map weighs.

    Args:
        model: the model.
        shape: of the target, (None, *spatial, channels) or (None, *spatial).
        extractor: a `LayerExtractor`, or None for the last layer, at any depth, with as many spatial axes as the target and
            more than one position, that the score depends on.
        trace: function of {layer: [handler]} that traces one pass of the model and gives what the score depends on.

    Returns:
        (`LayerExtractor`, shape of the feature map).

    Raises:
        ValueError: no layer, or not this one, has a feature map.
    """
    seen: list = []

    def look(call):
        output = call.run()
        if tf.is_tensor(output) and output.dtype.is_floating and not call.looped:
            seen.append((call.layer, call.index, output))
        return output

    if extractor is None:
        behind = trace({inner: [look] for _, inner, holder in walk(model)[1:] if holder is None})
        seen = [each for each in seen if each[2].op in behind]
        for rank in (len(shape), len(shape) + 1):
            found = [each for each in seen if _is_spatial(each[2].shape, rank)]
            if found:
                inner = next(
                    each for each in found if each[2] is found[-1][2]
                )  # a nested model hands on its last layer's
                calls = sum(each[0] is inner[0] for each in seen)
                return LayerExtractor(inner[0], call=inner[1] if calls > 1 else None), inner[2].shape
        kinds = ", ".join(f"{each[0].name} {tuple(each[2].shape[1:])}" for each in seen[-8:])
        raise ValueError(
            f"A class activation map needs a layer with spatial axes, like those of the target {tuple(shape)}. Received: model "
            f"'{model.name}', whose last layers give {kinds or 'nothing'}. Name a layer, or use GradientCalculator."
        )

    def keep(value):
        seen.append(value())
        return seen[-1]

    trace({extractor.find(model): [extractor.handler(keep)]})
    if not seen or not any(_is_spatial(seen[0].shape, rank) for rank in (len(shape), len(shape) + 1)):
        raise ValueError(
            f"A class activation map needs a layer with spatial axes, like those of the target {tuple(shape)}. Received: "
            f"{extractor!r}, which gives {tuple(seen[0].shape) if seen else 'nothing'}. Name a convolution or pooling layer, or none."
        )
    return extractor, seen[0].shape


def _is_spatial(shape, rank):
    return shape.rank == rank > 2 and None not in shape[1:] and shape[1:-1].num_elements() > 1
