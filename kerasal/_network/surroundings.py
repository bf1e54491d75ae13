"""The networks that a layer is called in."""

import keras

from kerasal._network.versions import calls_of, consumers_of, layer_at


def twin_of(model: keras.Model, layer: keras.layers.Layer) -> keras.Model | None:
    """Find another model of the same name, in whose place a layer has `model`: its network was copied part by part.

    Args:
        model: a model that the layer is made of.
        layer: the layer.

    Returns:
        The model that the network of the layer calls; None where it calls `model` itself, or none of that name, since the names in a network
        are unique.
    """
    seen, waiting = dict[int, keras.layers.Layer](), [layer]
    while waiting:
        each = waiting.pop()
        if id(each) not in seen:
            seen[id(each)] = each
            waiting += [layer_at(parent) for node in calls_of(each) for parent in node.parent_nodes]
            waiting += [layer_at(node) for node in consumers_of(each)]
    named = [each for each in seen.values() if isinstance(each, keras.Model) and each.name == model.name]
    return named[0] if named and all(each is not model for each in named) else None
