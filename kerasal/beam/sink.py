"""`WriteToStore`: results of a pipeline into a store."""

import os
from collections.abc import Callable, Iterator
from typing import Any, cast

import apache_beam as beam
import keras
import numpy as np
from apache_beam.ml.inference.base import PredictionResult

from kerasal._storage.base import StrPath, join
from kerasal._storage.file_systems import storage_of
from kerasal._vocabulary import checks_keywords
from kerasal.beam.parts import Part, check_rows
from kerasal.recipes import Recipe
from kerasal.saliency import Saliency
from kerasal.stores.checks import check_fits, check_regions
from kerasal.stores.contents import arrays_of
from kerasal.stores.job import begin, marks, refuse_another
from kerasal.stores.reader import SaliencyStore
from kerasal.stores.statistics import spreads_of
from kerasal.stores.writer import ARRAYS, GROUP, StoreWriter


@checks_keywords
class WriteToStore(beam.PTransform[Any, Any]):
    """Writes results of `RunInference` with a `SaliencyModelHandler` into a store, as `explain_dataset` writes it.

    Each part is a chunk, which counts once its record is written: a part that a runner gives again, after a worker has died, is written
    again to the same files or found finished. Once all are there, the store is complete. `explain_dataset` goes on with it, too.

    Args:
        store: path of the folder, which every worker writes to.
        model_path: of the model, loaded once here for its marks.
        recipe: the `Recipe` of the handler.
        total: examples of the data set.
        chunk_size: examples of every part but the last: a multiple of the recipe's `batch_size`.
        load: as for the handler.
        regions: see `explain_dataset`.

    Raises:
        ValueError: parts that are no whole calls of the model.

    Example:
        >>> from kerasal import recipes
        >>> from kerasal.beam import WriteToStore
        >>> recipe = recipes.vanilla(batch_size=32)
        >>> sink = WriteToStore("maps", "model.keras", recipe, total=1000, chunk_size=320)  # results | sink
    """

    def __init__(
        self,
        store: StrPath,
        model_path: StrPath,
        recipe: Recipe,
        *,
        total: int,
        chunk_size: int,
        load: Callable[[str], Any] | None = None,
        regions: Any = None,
    ) -> None:
        check_rows(recipe, chunk_size)
        super().__init__()
        self._store, self._path, self._load = os.fspath(store), os.fspath(model_path), load
        self._recipe, self._total, self._chunk = recipe.replace(show_progress=False), total, chunk_size
        self._regions = None if regions is None else np.asarray(regions)

    def expand(self, results: Any) -> Any:
        """Write every result, then look whether all are there.

        Args:
            results: a collection of `PredictionResult`s.
        """
        model = (self._load or keras.models.load_model)(self._path)
        facts = {**marks(model, self._recipe, "", self._total, self._regions), "chunk": self._chunk}
        transforms: Any = beam  # has no types
        written = results | "Write chunks" >> transforms.ParDo(_WriteChunk(self._store, facts, self._regions))
        counted = written | "Count examples" >> transforms.CombineGlobally(sum)
        return counted | "End" >> transforms.Map(_end, self._store, self._total)


class _WriteChunk(beam.DoFn):
    """Writes a part and its saliency; gives the number of its examples."""

    def __init__(self, path: str, facts: dict[str, Any], regions: np.ndarray | None):
        self._path, self._facts, self._regions = path, facts, regions

    def process(self, result: PredictionResult) -> Iterator[int]:
        """Write a result.

        Args:
            result: of the handler.
        """
        part, saliency = cast(Part, result.example), cast(Saliency, result.inference)
        portion, first, size = part.portion(), part.first, self._facts["chunk"]
        total = self._facts["data"]["total"]
        if first % size or len(portion) != min(size, total - first):
            raise ValueError(
                f"Parts are chunks of {size} examples, the last of {total} smaller. Received: {len(portion)} from position {first}. Make "
                "them as kerasal.beam.unfinished lists them."
            )
        ids = np.arange(first, first + len(portion)) if portion.ids is None else portion.ids
        arrays, writer = arrays_of(saliency, ids), StoreWriter(self._path)
        facts = {**self._facts, "data": {"looks": portion.looks, "total": total}}
        if not storage_of(self._path).exists(join(self._path, ARRAYS, GROUP)):
            check_regions(self._regions, saliency.shape[1:])
            storage_of(self._path).make_folder(self._path)
            begin(writer, facts, saliency, arrays)
        store = SaliencyStore(self._path)
        refuse_another(store, facts)
        if not store.has(first // size):
            writer.go_on(store.facts, store.encoding)
            check_fits(arrays, writer.specs, first)
            writer.write(first // size, first, arrays, spreads_of(saliency, self._regions), portion.hash())
        elif store.record(first // size)["data"] != portion.hash():
            raise ValueError(
                f"A store goes on with the examples it began with. Received: others from {first} on. Name another folder."
            )
        yield len(portion)


def _end(written: int, path: str, total: int) -> int:
    """End the store where all examples are there; give their number."""
    if not written and not storage_of(path).exists(join(path, ARRAYS, GROUP)):
        return 0
    store = SaliencyStore(path)
    if len(store) == total and not store.is_complete:
        writer = StoreWriter(path)
        writer.go_on(store.facts, store.encoding)
        writer.end(total)
    return len(store)
