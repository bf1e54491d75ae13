"""Refusals of what a store cannot be made of, before any work."""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import keras
import numpy as np

from kerasal._engine.call_size import CallSize
from kerasal._engine.datasets import PartOfMany
from kerasal._engine.session import sessions
from kerasal._folds.several import fold_of
from kerasal.recipes import Recipe
from kerasal.serving.recipe_checks import sampling_of
from kerasal.stores.portions import Portion

_BYTES, _FEWEST, _MOST = 8_000_000, 64, 4096  # of a chunk, and examples; calls of the model stay whole


class Looked(NamedTuple):
    """A look at a recipe and a model.

    Attributes:
        rows: examples of a call of the model; bytes: of an example, or of its map where that is larger.
    """

    rows: int
    bytes: int

    def chunk(self, wanted: int | None) -> int:
        """Choose the examples of a chunk, whole calls.

        Args:
            wanted: examples that the user wants, of which the next whole calls are taken; None for about 8 MB.
        """
        if wanted is not None:
            return -(-wanted // self.rows) * self.rows
        about = min(_MOST, max(_FEWEST, _BYTES // max(1, self.bytes)))
        return max(1, round(about / self.rows)) * self.rows


def check_arguments(model: Any, recipe: Any, chunk_size: Any) -> None:
    """Refuse what is no model, no recipe, or a recipe of several results.

    Args:
        model: as given.
        recipe: as given.
        chunk_size: as given.

    Raises:
        TypeError: they are other things. ValueError: a recipe that gives several results.
    """
    if not isinstance(model, keras.Model) or not isinstance(recipe, Recipe):
        raise TypeError(
            f"explain_dataset takes a Keras model and a Recipe. Received: {type(model).__name__} and {type(recipe).__name__}. Pass e.g. "
            "explain_dataset(model, kerasal.recipes.smooth_grad(), dataset, 'maps')."
        )
    several = [name for name in ("method", "target_extractor") if isinstance(recipe[name], (list, tuple))]
    if several:
        raise ValueError(
            f"A store is of one map for each example. Received: {recipe}, with a list as {several[0]}. Make a store for each."
        )
    if chunk_size is not None and (isinstance(chunk_size, bool) or not isinstance(chunk_size, int) or chunk_size < 1):
        raise ValueError(
            f"chunk_size is a number of examples, 1 or more, or None. Received: {chunk_size!r}. Leave it out."
        )


def look(calculator: Any, recipe: Recipe, portion: Portion) -> Looked:
    """Trace what is computed, and look how many examples a call of the model takes.

    Args:
        calculator: of the recipe.
        recipe: its settings.
        portion: some examples.

    Raises:
        ValueError: a recipe in which something belongs to single examples.
    """
    sampling, some = sampling_of(recipe), portion.part(0, 2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # said once, of the first chunk
        part = PartOfMany(some.x, some.y)
        session = next(sessions(calculator.objectives[0], calculator, calculator.traces, part, None, sampling))
        if session.names_per_example:
            raise ValueError(
                f"A store is of a recipe that is the same for all examples. Received: {', '.join(session.names_per_example)} with one entry "
                "for each. Give one for all; for a class of each example pass y= and score=kerasal.scores.Label()."
            )
        fold = fold_of(recipe["method"], recipe["ch_axis"], recipe["ch_reduce"], stratified=sampling.is_stratified)
        program = session.program(fold, calculator, session.points)
    of_map = 4 * int(np.prod([size or 1 for size in session.shape[1:]]))
    of_inputs = sum(leaf.nbytes for leaf in some.leaves) // len(some)
    return Looked(CallSize.of(program.notes, sampling.batch_size).examples, max(of_map, of_inputs))


def check_regions(regions: Any, shape: Sequence[int]) -> None:
    """Refuse regions of another shape than a map.

    Args:
        regions: an array, or None.
        shape: of the map of an example.

    Raises:
        ValueError: they have another shape, or there are none.
    """
    if regions is not None and (regions.shape != tuple(shape) or regions.max() < 0):
        raise ValueError(
            f"regions numbers the region of each element of a map, {tuple(shape)}, from 0; negative is none. Received: shape "
            f"{regions.shape}, numbers {regions.min()} to {regions.max()}. Make it of the shape of store[0].values."
        )


def check_fits(arrays: Mapping[str, np.ndarray], specs: Mapping[str, Any], first: int) -> None:
    """Refuse a chunk of other arrays than those before it.

    Args:
        arrays: by name.
        specs: of the store.
        first: position of the first example.

    Raises:
        ValueError: names or shapes differ.
    """
    shapes, wanted = (
        {name: tuple(each.shape[cut:]) for name, each in some.items()} for some, cut in ((arrays, 1), (specs, 0))
    )
    if shapes != wanted:
        apart = {name: shape for name, shape in shapes.items() if wanted.get(name) != shape} or set(wanted) - set(
            shapes
        )
        raise ValueError(
            f"A store has maps of one shape, and the same of each example. Received: {apart} from example {first} on, behind "
            f"{ {name: wanted.get(name) for name in apart} }. Pad the examples to one shape, and give y for all or none."
        )
