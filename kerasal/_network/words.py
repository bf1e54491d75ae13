"""The words of texts, as a model's own layer splits and numbers them."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from kerasal._network.layer_tree import layers_of


def words_of(model: keras.Model, texts: np.ndarray) -> list[list[str | None]] | None:
    """Split texts as the only `TextVectorization` of a model does.

    Args:
        model: the model.
        texts: strings, (N,) or (N, 1).

    Returns:
        For each text its words, None at positions of padding; None where the model has no such layer, or several.
    """
    layers = [layer for layer in layers_of(model) if isinstance(layer, keras.layers.TextVectorization)]
    if len(layers) != 1:
        return None
    numbers = np.asarray(layers[0](texts.reshape(-1).astype(str)))
    vocabulary = layers[0].get_vocabulary()
    if numbers.ndim != 2 or numbers.dtype.kind not in "iu" or numbers.max(initial=0) >= len(vocabulary):
        return None
    return [_words(row, vocabulary) for row in numbers.tolist()]


def _words(row: Sequence[int], vocabulary: Sequence[str]) -> list[Any]:
    return [None if number == 0 else str(vocabulary[number]) for number in row]


def has_embedding(model: keras.Model) -> bool:
    """Tell whether a model looks up vectors for numbers, as of words."""
    return any(isinstance(layer, keras.layers.Embedding) for layer in layers_of(model))
