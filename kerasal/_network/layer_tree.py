"""Every layer of a model, at any depth, with its path."""

from typing import NamedTuple

import keras

from kerasal._network.versions import layers_inside


class LayerEntry(NamedTuple):
    """A layer in a model.

    Attributes:
        path: names of the layers around it and its own, "outer/inner"; "" for the model itself.
        layer: the layer.
        holder: the RNN or TimeDistributed around the layer, or None.
    """

    path: str
    layer: keras.layers.Layer
    holder: keras.layers.Layer | None


def walk(model: keras.layers.Layer) -> list[LayerEntry]:
    """List the layers of a model in an order that saving and loading keeps.

    Args:
        model: a model or layer.

    Returns:
        A `LayerEntry` for each layer, once; the model itself first.
    """
    seen: set[int] = set()
    found: list[LayerEntry] = []

    def visit(layer: keras.layers.Layer, path: str, holder: keras.layers.Layer | None) -> None:
        if id(layer) in seen:
            return
        seen.add(id(layer))
        found.append(LayerEntry(path, layer, holder))
        if isinstance(layer, (keras.layers.RNN, keras.layers.TimeDistributed)):
            holder = layer
        for child in layers_inside(layer):
            visit(child, f"{path}/{child.name}" if path else child.name, holder)

    visit(model, "", None)
    return found


def layers_of(model: keras.layers.Layer) -> list[keras.layers.Layer]:
    """List every layer of a model, itself first, each once."""
    return [entry.layer for entry in walk(model)]


def has_channels_first(model: keras.layers.Layer) -> bool:
    """Tell whether the layers of a model that slide over space take channels as their first axis, behind the rows.

    Raises:
        ValueError: some do and others do not.
    """
    named = {form: layer.name for layer in layers_of(model) if (form := getattr(layer, "data_format", None))}
    if len(named) > 1:
        first, last = named["channels_first"], named["channels_last"]
        raise ValueError(
            "The layers of a model must agree on where channels come. Received: layers with data_format='channels_first' "
            f"('{first}') and others whose channels come last ('{last}'). Build the model with one of the two."
        )
    return "channels_first" in named
