"""The kind of picture of a run's examples in TensorBoard's tab, and all that its module needs to draw them."""

import dataclasses
import json
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

WORD = re.compile(r"[a-z][a-z0-9_]*")  # of kinds and arrays: they become names of files
DTYPES = ("uint8", "int32", "float32")  # of arrays, which JavaScript has under other names


def is_word(name: object) -> bool:
    """Tell if a name is a word that may be part of a file's name.

    Example:

    >>> is_word("word_cloud2"), is_word("../secret"), is_word(None)
    (True, False, False)
    """
    return isinstance(name, str) and WORD.fullmatch(name) is not None


@dataclasses.dataclass(frozen=True)
class Depiction:
    """The kind of picture of a run's examples, and what the kind's JavaScript module is given to draw them.

    Args:
        kind: A word, e.g. "text": `kinds/text.js` draws it. None: the tab chooses by the shape of the maps.
        facts: JSON object with whatever the module needs to know, e.g. the tokens.
        arrays: {word: array with one entry per example}, of uint8, int32 or float32. They are stored next to the maps, and the
            module asks for an example's part of one when it needs it. `images`, uint8 (N, H, W, 3), are the examples as they
            look, which `load_run` gives back.

    Raises:
        ValueError: A name is no word, or an array has another dtype.
        TypeError: JSON cannot hold the facts.

    Example:

    >>> Depiction("text", {"tokens": [["not", "bad"]]}).kind
    'text'
    """

    kind: str | None = None
    facts: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    arrays: Mapping[str, np.ndarray] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in (*([] if self.kind is None else [self.kind]), *self.arrays):
            if not is_word(name):
                raise ValueError(
                    "A kind of picture and its arrays are named by words of a-z, 0-9 and _. "
                    f"Received: {name!r}. Choose e.g. 'spectrum'."
                )
        try:
            json.dumps(dict(self.facts))
        except (TypeError, ValueError) as error:
            raise TypeError(
                f"facts of a picture are what JSON can hold. Received: {self.facts!r} ({error}). Use lists, strings and numbers."
            ) from error
        for name, array in self.arrays.items():
            if not isinstance(array, np.ndarray) or array.dtype.name not in DTYPES or not array.ndim:
                raise ValueError(
                    f"Arrays of a picture have one entry per example, of {', '.join(DTYPES)}. Received: {name!r}, "
                    f"{type(array).__name__} of dtype {getattr(array, 'dtype', None)}. Convert it, e.g. by array.astype('float32')."
                )
