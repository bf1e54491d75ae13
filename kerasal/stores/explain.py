"""`explain_dataset`: the maps of a data set of any length, in a store on disk."""

import os
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import keras
import numpy as np

from kerasal._errors import check_flags
from kerasal._storage.base import StrPath, join
from kerasal._storage.file_systems import storage_of
from kerasal._vocabulary import checks_keywords
from kerasal.recipes import Recipe
from kerasal.stores.checks import check_arguments, look
from kerasal.stores.files import of_paths
from kerasal.stores.job import Explainer, Job, marks, refuse_another
from kerasal.stores.portions import in_portions, with_ids
from kerasal.stores.reader import SaliencyStore
from kerasal.stores.sources import Source, is_path, of_memory
from kerasal.stores.writer import ARRAYS, GROUP, is_foreign


@checks_keywords
def explain_dataset(
    model: keras.Model,
    recipe: Recipe,
    dataset: Any,
    store: StrPath,
    y: Any = None,
    *,
    ids: Iterable[int | str] | None = None,
    parse: Callable[[Any], Any] | None = None,
    regions: Any = None,
    chunk_size: int | None = None,
    feature_names: Sequence[str] | None = None,
    class_names: Sequence[str] | None = None,
    kind: str | None = None,
    show_progress: bool = True,
) -> SaliencyStore:
    """Explain a data set of any length into a Zarr store, with memory that does not grow with it.

    Maps are those of `recipe.explain(model, x)` for all examples at once, to the bit. A call that was interrupted or killed is made
    again and goes on: finished chunks are not computed again, others are not believed. The data set is read from its beginning
    each time, and compared with what the store was begun with.

    Args:
        model: a Keras model.
        recipe: a `Recipe` of one method and one target.
        dataset: a `tf.data.Dataset` of batches, a `PyDataset`; an array, a memory map, a structure of them; the path of a folder of
            pictures, of a `.npy` or `.npz` file, or of one or several TFRecord files.
        store: folder that is made, or gone on with.
        y: what the score needs of each example, beside arrays.
        ids: a whole number or a text for each example; None for names of files, or positions.
        parse: function of a record that gives x or (x, y) of an example; of a picture (H, W, C), float32 from 0 to 255, that gives
            what the model takes.
        regions: number of the region of each element, of the shape of the map of an example, negative for none: what `statistics` sums up.
        chunk_size: examples of a chunk, made whole calls of the model; None for about 8 MB.
        feature_names: see `Calculator.explain`.
        class_names: see `Calculator.explain`.
        kind: see `Calculator.explain`.
        show_progress: False to show no progress bar, which has the rate and the time left.

    Returns:
        The `SaliencyStore`, complete.

    Raises:
        ImportError: zarr is not installed.
        ValueError: before any work, for a store of another model, recipe or data, and for what cannot be in one.
        BlockingIOError: another call writes to the store.
        OSError: of the disk; the store can be read up to there.

    Example:
        >>> import keras, numpy as np, tempfile
        >>> from kerasal import explain_dataset, recipes
        >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
        >>> x = np.random.default_rng(0).random((5, 3))
        >>> store = explain_dataset(model, recipes.smooth_grad(M=4), x, tempfile.mkdtemp(), show_progress=False)
        >>> len(store), store[2:4].shape, store.statistics().elements.count
        (5, (2, 3), 5)
    """
    check_arguments(model, recipe, chunk_size)
    check_flags(show_progress=show_progress)
    recipe = recipe.replace(show_progress=False)
    path, numbers = os.path.expanduser(os.fspath(store)), None if regions is None else np.asarray(regions)
    source = of_paths(dataset, y, model, parse) if is_path(dataset) else of_memory(dataset, y)
    some = next(source.batches(2), None)
    if some is None:
        raise ValueError("A data set has one example or more. Received: an empty one. Check how it was made.")
    facts = marks(model, recipe, some.looks, source.total, numbers)
    calculator = recipe.build(model)
    chunk = _chunk_of(path, facts)
    if chunk is None:
        chunk = look(calculator, recipe, some).chunk(chunk_size)
    names = class_names if class_names is not None else _classes_of(source, model)
    of_examples = {"feature_names": feature_names, "class_names": names, "kind": kind}
    explainer = Explainer(calculator, recipe, of_examples)
    portions = with_ids(in_portions(source.batches(chunk), chunk), ids)
    Job(path, explainer, chunk, facts, numbers, shown=show_progress).run(portions)
    return SaliencyStore(path)


def _chunk_of(path: str, facts: dict[str, Any]) -> int | None:
    """Return the examples of a chunk of a store that is there, which is of the same; None where there is none."""
    if storage_of(path).exists(join(path, ARRAYS, GROUP)):
        store = SaliencyStore(path)
        refuse_another(store, facts)
        return store.chunk
    if is_foreign(path):
        raise ValueError(
            f"A store is a folder of its own. Received: {path!r}, in which there is something else. Name a folder that is not there yet."
        )
    return None


def _classes_of(source: Source, model: Any) -> Sequence[str] | None:
    """Return the classes of a folder of pictures, where the model has an output for each."""
    names, shape = source.class_names, getattr(model, "output_shape", None)
    is_each = names is not None and isinstance(shape, tuple) and shape[-1:] == (len(names),)
    return names if is_each else None
