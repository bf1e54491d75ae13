"""The targets that users give: extractors, names, layers, or lists of them."""

from typing import Any

import keras

from kerasal._network.targets import Extractor, InputExtractor, LayerExtractor
from kerasal._network.versions import symbolic_inputs


def as_extractors(target_extractor: Any, model: keras.Model | None = None) -> list[Extractor]:
    """Check what a user gave as target, and list it.

    Args:
        target_extractor: an `InputExtractor`, a `LayerExtractor`, the name of an input or layer, a layer, a list or tuple of them, or
            None for the first input.
        model: that has the inputs.

    Returns:
        The extractors, one or more.

    Raises:
        TypeError: it is none of these.

    Example:
        >>> from kerasal._network.given_targets import as_extractors
        >>> as_extractors(None), as_extractors([LayerExtractor("embed")])
        ([InputExtractor(0)], [LayerExtractor('embed', timing='post')])
    """
    found = [InputExtractor(0)] if target_extractor is None else target_extractor
    found = [_named(each, model) for each in (found if isinstance(found, (list, tuple)) else [found])]
    for extractor in found or [target_extractor]:
        if not isinstance(extractor, (InputExtractor, LayerExtractor)):
            raise TypeError(
                f"target_extractor is an InputExtractor, a LayerExtractor, a list of them, or None. Received: {extractor!r}. "
                "Use LayerExtractor('layer name')."
            )
    return found


def _named(target: Any, model: Any) -> Any:
    """Give the extractor of the input or layer that a name means, or of a layer; anything else as it is."""
    names = symbolic_inputs(model) if isinstance(model, keras.Model) else ()
    if isinstance(target, str) and target in names:
        return InputExtractor(target)
    found = LayerExtractor(target) if isinstance(target, (str, keras.layers.Layer)) else target
    if not isinstance(found, LayerExtractor):
        return found
    name = found.layer if isinstance(found.layer, str) else found.layer.name
    is_input = name in names and isinstance(found.find(model), keras.layers.InputLayer)
    return InputExtractor(name) if is_input else found
