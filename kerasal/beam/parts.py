"""Neighbouring examples of a data set as elements of a pipeline."""

import dataclasses
from typing import Any

from kerasal._storage.base import StrPath
from kerasal._vocabulary import checks_keywords
from kerasal.recipes import Recipe
from kerasal.stores.portions import Portion
from kerasal.stores.reader import SaliencyStore


@checks_keywords
@dataclasses.dataclass(frozen=True, eq=False)
class Part:
    """Neighbouring examples, which know their position in the data set: noise and dropout are drawn for it.

    Args:
        first: position of the first of them.
        x: array (n, ...), or a structure of them, as the model takes them.
        y: what the score needs of each, or None.
        ids: a whole number or a text for each, or None for positions.

    Example:
        >>> import numpy as np
        >>> from kerasal.beam import Part
        >>> len(Part(first=64, x=np.zeros((32, 28, 28, 1))))
        32
    """

    first: int
    x: Any
    y: Any = None
    ids: Any = None

    def portion(self) -> Portion:
        """Return the examples as arrays. ValueError: parts of several lengths."""
        return Portion.of(self.x, self.y, self.ids)

    def __len__(self) -> int:
        return len(self.portion())


@checks_keywords
def unfinished(store: StrPath, total: int, chunk_size: int) -> list[int]:
    """List the parts of a data set that a store lacks: where a pipeline begins, or goes on.

    Args:
        store: path of the folder, which need not be there.
        total: examples of the data set.
        chunk_size: examples of a part.

    Returns:
        The position of the first example of each.

    Example:
        >>> from kerasal.beam import unfinished
        >>> unfinished("not there yet", 100, 32)
        [0, 32, 64, 96]
    """
    try:
        found = SaliencyStore(store)
    except FileNotFoundError:
        return list(range(0, total, chunk_size))
    return [first for first in range(0, total, chunk_size) if not found.has(first // chunk_size)]


def check_rows(recipe: Any, chunk_size: int | None = None) -> int:
    """Return the rows of a call of the model, which a pipeline has to know beforehand.

    Args:
        recipe: as given.
        chunk_size: examples of a part, or None where it is not known.

    Raises:
        TypeError: no recipe.
        ValueError: a recipe without `batch_size`, parts of calls that are not whole.
    """
    if not isinstance(recipe, Recipe):
        raise TypeError(
            f"A pipeline explains by a Recipe. Received: {type(recipe).__name__}. Pass e.g. kerasal.recipes.smooth_grad(batch_size=64)."
        )
    rows = recipe["batch_size"]
    if rows is None:
        raise ValueError(
            "Machines of a pipeline make calls of one size, so that they round alike. Received: a recipe without batch_size. Say it: "
            "recipe.replace(batch_size=64)."
        )
    if chunk_size is not None and (chunk_size < 1 or chunk_size % rows):
        raise ValueError(
            f"A part is whole calls of the model. Received: chunk_size={chunk_size} and batch_size={rows}. Give chunk_size={rows * max(1, chunk_size // rows)}."
        )
    return int(rows)
