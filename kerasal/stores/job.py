"""The work of `explain_dataset`: portions of a data set, each explained, written and counted, or found finished."""

import contextlib
import os
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kerasal._engine.datasets import PartOfMany
from kerasal._engine.pace import Progress
from kerasal._errors import PACKAGE, warn_user
from kerasal._storage.base import join
from kerasal._storage.file_systems import storage_of
from kerasal._storage.hashes import hash_of_arrays
from kerasal.recipes import Recipe
from kerasal.saliency import Saliency
from kerasal.stores.background import Background
from kerasal.stores.checks import check_fits, check_regions
from kerasal.stores.contents import arrays_of, facts_of
from kerasal.stores.encoding import Encoding, specs_of
from kerasal.stores.hearing import Hearing
from kerasal.stores.identity import differences, marks_of_model
from kerasal.stores.portions import Portion
from kerasal.stores.reader import SaliencyStore
from kerasal.stores.statistics import names_of_regions, spreads_of
from kerasal.stores.writer import ARRAYS, GROUP, KIND, StoreWriter, locked, told_as_disk


class Explainer:
    """Explains portions of a data set as one call explains all of it.

    Args:
        calculator: of the recipe.
        recipe: how to explain.
        of_examples: names of features and classes, and the kind of picture.
    """

    def __init__(self, calculator: Any, recipe: Recipe, of_examples: Mapping[str, Any]):
        self._calculator = calculator
        self._begin = int(recipe["first_example"])
        self._arguments = {**recipe.arguments, **of_examples, "show_progress": False}

    def __call__(self, first: int, portion: Portion, total: int | None = None) -> Saliency:
        """Explain the examples from position `first` on; `total` where they are all, and fewer than a call takes."""
        x = PartOfMany(portion.x, portion.y, total)
        try:
            found: Saliency = self._calculator.explain(x, **{**self._arguments, "first_example": self._begin + first})
        except (TypeError, ValueError) as error:
            if not first:
                raise
            kind = TypeError if isinstance(error, TypeError) else ValueError
            raise kind(f"{error} Examples are counted from {first} of the data set on.") from error
        return found


class Job:
    """One call of `explain_dataset`.

    Args:
        path: of the store.
        explainer: of portions.
        chunk: examples of a portion, the last of which is smaller.
        facts: marks of the model, the recipe, the regions and the data.
        regions: numbers of regions, or None.
        shown: whether to show progress.
    """

    def __init__(
        self, path: str, explainer: Explainer, chunk: int, facts: dict[str, Any], regions: Any, *, shown: bool
    ):
        self._path, self._explainer, self._chunk, self._facts = path, explainer, chunk, facts
        self._regions, self._shown = regions, shown
        self._store: SaliencyStore | None = None
        self._progress = Progress(None, "example", shown=False)
        self._hearing = Hearing()

    def run(self, portions: Iterator[Portion]) -> None:
        """Explain all portions that are not finished."""
        with contextlib.ExitStack() as stack:
            with self._told():
                stack.enter_context(locked(self._path))
            writer = StoreWriter(self._path)
            self._take_up(writer)
            background, total = stack.enter_context(Background()), 0
            for k, portion in enumerate(portions):
                self._do(writer, background, k, portion)
                total += len(portion)
            self._progress.add(background.wait())
            self._end(writer, total)
        self._progress.close()
        self._hearing.close()

    def _take_up(self, writer: StoreWriter) -> None:
        """Go on in a store that is there, and is one of the same."""
        total, done = self._facts["data"]["total"], 0
        if storage_of(self._path).exists(join(self._path, ARRAYS, GROUP)):
            self._store = store = SaliencyStore(self._path)
            refuse_another(store, self._facts)
            done = len(store)
            with self._told():
                writer.go_on(store.facts, store.encoding)
                writer.clear()
        if self._shown:
            self._progress = Progress(None if total is None else total - done, "example", shown=total != done)

    def _do(self, writer: StoreWriter, background: Background, k: int, portion: Portion) -> None:
        """Explain portion k while the one before it is written, or see that what is finished is of it."""
        first = k * self._chunk
        if self._store is not None and self._store.has(k):
            self._check_same(k, portion)
            return
        data = background.beside(
            portion.hash
        )  # of examples as they are now: whoever gave them may change them for the next
        with self._hearing.listening():
            total = len(portion) if k == 0 and len(portion) < self._chunk else None
            saliency = self._explainer(first, portion, total)
        ids = np.arange(first, first + len(portion)) if portion.ids is None else portion.ids
        arrays, mark = arrays_of(saliency, ids), data()
        if self._store is None:
            self._begin(writer, saliency, arrays)
        check_fits(arrays, writer.specs, first)

        def write() -> int:
            with self._told():
                writer.write(k, first, arrays, spreads_of(saliency, self._regions), mark)
            return len(portion)

        self._progress.add(background.follow(write))

    def _check_same(self, k: int, portion: Portion) -> None:
        """Refuse other examples than those of which chunk k is."""
        first, store = k * self._chunk, self._store
        if store is not None and store.record(k)["data"] != portion.hash():
            raise ValueError(
                f"A store goes on with the examples it began with. Received: others from {first} to {first + len(portion) - 1}. Name "
                "another folder, or pass the same examples in the same order."
            )

    def _begin(self, writer: StoreWriter, saliency: Saliency, arrays: Mapping[str, np.ndarray]) -> None:
        """Make the store, of which the first map says the shape."""
        check_regions(self._regions, saliency.shape[1:])
        with self._told():
            begin(writer, {**self._facts, "chunk": self._chunk}, saliency, arrays)
            writer.clear()
        self._store = SaliencyStore(self._path)

    def _end(self, writer: StoreWriter, total: int) -> None:
        store = self._store
        if store is None:
            raise ValueError("A data set has one example or more. Received: an empty one. Check how it was made.")
        if store.has(-(-total // self._chunk)):
            raise ValueError(
                f"A store goes on with the examples it began with. Received: {total} examples, and a store of more. Name another folder."
            )
        if not store.is_complete:
            with self._told():
                writer.end(total)

    def _told(self) -> contextlib.AbstractContextManager[None]:
        return told_as_disk(self._path, lambda: 0 if self._store is None else len(self._store))


def begin(writer: StoreWriter, facts: dict[str, Any], saliency: Saliency, arrays: Mapping[str, np.ndarray]) -> None:
    """Make a store.

    Args:
        writer: of its folder.
        facts: marks, and the examples of a chunk.
        saliency: of some examples, which says the shape of a map.
        arrays: that a store keeps of it.
    """
    encoding = Encoding(specs_of(arrays, saliency.axes), facts["chunk"])
    writer.begin({**facts, "arrays": encoding.specs, "saliency": facts_of(saliency)}, encoding)


def marks(model: Any, recipe: Recipe, looks: str, total: int | None, regions: np.ndarray | None) -> dict[str, Any]:
    """List the facts by which a store knows its own.

    Args:
        model: that is explained.
        recipe: how.
        looks: structure, shapes and types of the examples.
        total: how many there are, or None.
        regions: numbers of regions, or None.
    """
    return {
        "format": KIND,
        "versions": {
            "kerasal": sys.modules[PACKAGE].__version__,
            "tensorflow": tf.__version__,
            "keras": keras.__version__,
        },
        "recipe": recipe.to_json(),
        "model": marks_of_model(model),
        "data": {"looks": looks, "total": total},
        "regions": None if regions is None else hash_of_arrays([regions]).hex(),
        "region_names": names_of_regions(regions),
    }


def refuse_another(store: SaliencyStore, facts: Mapping[str, Any]) -> None:
    """Refuse a store of another model, recipe or data, and warn where it is of other versions.

    Args:
        store: that is there.
        facts: see `marks`.

    Raises:
        ValueError: it is of others; the words say in what.
    """
    apart = differences(store.facts, facts)
    if apart:
        raise ValueError(
            f"A store goes on with the model, the recipe and the data it began with. Received: {os.fspath(store.path)!r}, where "
            f"{', and '.join(apart)}. Name another folder, or delete this one."
        )
    if store.facts["versions"] != facts["versions"]:
        warn_user(
            f"The store was begun with {store.facts['versions']} and goes on with {facts['versions']}: numbers may differ by rounding."
        )
