"""Every layer of a model, at any depth, with its path."""

import keras


def walk(model):
    """The layers of a model in an order that saving and loading keeps.

    Returns:
        A list of (path, layer, holder), the model itself first with path ""; each layer once. `holder` is the RNN or
        TimeDistributed around the layer, or None.
    """
    seen, found = set(), []

    def visit(layer, path, holder):
        if id(layer) in seen:
            return
        seen.add(id(layer))
        found.append((path, layer, holder))
        if isinstance(layer, (keras.layers.RNN, keras.layers.TimeDistributed)):
            holder = layer
        for child in layer._flatten_layers(recursive=False, include_self=False):
            visit(child, f"{path}/{child.name}" if path else child.name, holder)

    visit(model, "", None)
    return found


def layers_of(model):
    """Every layer of the model, itself first, each once."""
    return [layer for _, layer, _ in walk(model)]
