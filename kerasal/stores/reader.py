"""A store of saliency, read chunk by chunk."""

import functools
import json
import os
from collections.abc import Iterator
from typing import Any

import numpy as np

from kerasal._storage.arrays import load_arrays
from kerasal._storage.base import StrPath, join
from kerasal._storage.file_systems import storage_of
from kerasal._vocabulary import checks_keywords
from kerasal.recipes import Recipe
from kerasal.saliency import Saliency
from kerasal.stores import statistics as sums
from kerasal.stores.contents import saliency_of
from kerasal.stores.encoding import ArraySpec, Encoding, facts_of_group
from kerasal.stores.writer import ARRAYS, COMMITS, END, GROUP, KIND, OF_STATISTICS, STATISTICS, mark_of, record_of


@checks_keywords
class SaliencyStore:
    """The saliency of a data set on disk, as `explain_dataset` writes it; `store[i]` and `store[a:b]` are read when they are asked for.

    Examples count up to the first chunk that is not finished: a store can be read while it is written.

    Args:
        path: of its folder, local or not.

    Attributes:
        path: as given; recipe: the `Recipe`; facts: what is known of all examples, as JSON holds it.

    Raises:
        FileNotFoundError: there is no store.
        ValueError: the folder is something else, or of a newer kerasal.
    """

    def __init__(self, path: StrPath):
        self.path, self._files = os.fspath(path), storage_of(path)
        try:
            self.facts = facts_of_group(self._files.read(join(path, ARRAYS, GROUP)))
        except FileNotFoundError:
            raise FileNotFoundError(
                f"A store is a folder that explain_dataset has written. Received: {self.path!r}, which is none. Check the path."
            ) from None
        except ValueError as error:
            raise ValueError(
                f"A store has facts that JSON holds. Received: {self.path!r}, damaged ({error}). Write it again, to another folder."
            ) from error
        if self.facts["format"] != KIND:
            raise ValueError(
                f"A store is of kind {KIND!r}. Received: {self.path!r} of {self.facts['format']!r}. Read it with the kerasal that wrote it."
            )
        specs = {
            name: ArraySpec(tuple(shape), dtype, tuple(axes))
            for name, (shape, dtype, axes) in self.facts["arrays"].items()
        }
        self.encoding = Encoding(specs, self.facts["chunk"])
        self._last: tuple[int, dict[str, np.ndarray]] = (-1, {})
        self._count = 0  # of finished chunks, as far as they are known

    @functools.cached_property
    def recipe(self) -> Recipe:
        """The recipe that made the maps. Modules are imported as it names them: read what you trust."""
        return Recipe.from_json(self.facts["recipe"], strict=False)

    @property
    def chunk(self) -> int:
        """Examples of a chunk."""
        return int(self.facts["chunk"])

    @property
    def is_complete(self) -> bool:
        """True once every example of the data set is there."""
        return self._files.exists(join(self.path, END))

    def __len__(self) -> int:
        count = self._finished()
        return 0 if not count else (count - 1) * self.chunk + self.record(count - 1)["examples"]

    def __getitem__(self, key: int | slice) -> Saliency:
        total = len(self)
        if isinstance(key, slice):
            return self._of(range(*key.indices(total)))
        number = int(key)
        if not -total <= number < total:
            raise IndexError(f"The store has {total} examples. Received: {key}. Count from 0, or from −1 backwards.")
        return self._of(range(number % total, number % total + 1))[0]

    def __iter__(self) -> Iterator[Saliency]:
        for k in range(self._finished()):
            yield from saliency_of(self._chunk(k), self.facts["saliency"], self.recipe)

    @property
    def ids(self) -> np.ndarray:
        """The id of each example, (N,): given ones, names of files, or positions."""
        parts = [self._read(k, "ids", self.record(k)) for k in range(self._finished())]
        ids = np.concatenate(parts) if parts else np.empty(0, "int64")
        return np.array(ids.tolist(), str) if ids.dtype.kind in "OT" else ids

    def statistics(self) -> sums.Statistics:
        """Add up what was summed up while the store was written: mean |saliency| of each element, class and region, with intervals.

        Raises:
            ValueError: there are no examples yet, or a file is damaged.
        """
        spreads: sums.Spreads = {}
        for k in range(self._finished()):
            spreads = sums.added(spreads, self._spreads(k))
        if not spreads:
            raise ValueError(
                f"Statistics are of one example or more. Received: {self.path!r}, in which no chunk is finished. Go on with it."
            )
        return sums.statistics_of(spreads, tuple(self.facts["region_names"]))

    def check(self) -> None:
        """Read every file.

        Raises:
            ValueError: one is damaged or missing; the words name it.
        """
        for k in range(self._finished()):
            for file in self.record(k)["files"]:
                self._whole(file, k, self.record(k))

    def record(self, k: int) -> dict[str, Any]:
        """Read what is noted of chunk k: its examples, and the hashes of its files and of its data. FileNotFoundError: not finished."""
        content = self._files.read(join(self.path, COMMITS, record_of(k)))
        try:
            return dict(json.loads(content))
        except ValueError as error:
            raise ValueError(self._damage(f"{COMMITS}/{record_of(k)}", k)) from error

    def has(self, k: int) -> bool:
        """Tell whether chunk k is finished."""
        return self._files.exists(join(self.path, COMMITS, record_of(k)))

    def __repr__(self) -> str:
        shape = ", ".join(map(str, self.encoding.specs["values"].shape))
        state = "complete" if self.is_complete else "not complete"
        return f"<SaliencyStore {self.path!r}, {len(self)} examples of ({shape}), {state}>"

    def _finished(self) -> int:
        """Count the chunks up to the first that is not finished: by a list of all once, then from where it ended."""
        if not self._count:
            names = set(self._files.names(join(self.path, COMMITS)))
            self._count = next(k for k in range(len(names) + 1) if record_of(k) not in names)
        while self._count and self.has(self._count):
            self._count += 1
        return self._count

    def _of(self, rows: range) -> Saliency:
        """The saliency of some rows, with the chunks that have them read one after another."""
        numbers = np.array(rows, "int64")
        parts: dict[str, list[np.ndarray]] = {name: [] for name in self.encoding.specs}
        for k in np.unique(numbers // self.chunk)[:: 1 if rows.step > 0 else -1].tolist():
            inside = numbers[numbers // self.chunk == k] % self.chunk
            for name, array in self._chunk(k).items():
                parts[name].append(array[inside])
        empty = {
            name: np.empty((0, *spec.shape), object if spec.dtype == "string" else spec.dtype)
            for name, spec in self.encoding.specs.items()
        }
        arrays = {name: np.concatenate(found) if found else empty[name] for name, found in parts.items()}
        return saliency_of(arrays, self.facts["saliency"], self.recipe)

    def _chunk(self, k: int) -> dict[str, np.ndarray]:
        """The arrays of a chunk; the last that was read is kept."""
        if self._last[0] != k:
            record = self.record(k)
            self._last = k, {name: self._read(k, name, record) for name in self.encoding.specs}
        return self._last[1]

    def _read(self, k: int, name: str, record: dict[str, Any]) -> np.ndarray:
        content = self._whole(f"{ARRAYS}/{name}/{self.encoding.file_of(name, k)}", k, record)
        return self.encoding.decode(name, content)[: record["examples"]]

    def _spreads(self, k: int) -> sums.Spreads:
        file = f"{STATISTICS}/{k:08d}.npz"
        self._whole(file, k, self.record(k))
        arrays, about = load_arrays(join(self.path, file), OF_STATISTICS)
        return sums.from_arrays(arrays, about["of"])

    def _whole(self, file: str, k: int, record: dict[str, Any]) -> bytes:
        """The content of a file, which is as it was written."""
        try:
            content = self._files.read(join(self.path, file))
        except FileNotFoundError:
            raise ValueError(self._damage(file, k)) from None
        if mark_of(content) != record["files"].get(file):
            raise ValueError(self._damage(file, k))
        return content

    def _damage(self, file: str, k: int) -> str:
        first = k * self.chunk
        return (
            f"Files of a finished chunk are as they were written. Received: {join(self.path, file)!r}, which is damaged or missing; it has "
            f"examples {first} to {first + self.chunk - 1}. Delete {join(self.path, COMMITS, record_of(k))!r} and {join(self.path, END)!r} "
            "and call explain_dataset again, which computes that chunk anew."
        )


@checks_keywords
def open_store(path: StrPath) -> SaliencyStore:
    """Open what `explain_dataset` has written, or is writing.

    Args:
        path: of the folder, local or not.

    Returns:
        The `SaliencyStore`.

    Raises:
        FileNotFoundError: there is no store. ImportError: zarr is not installed.

    Example:
        >>> import keras, numpy as np, tempfile
        >>> from kerasal import explain_dataset, open_store, recipes
        >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
        >>> folder = tempfile.mkdtemp()
        >>> _ = explain_dataset(model, recipes.vanilla(), np.ones((5, 3)), folder, show_progress=False)
        >>> len(open_store(folder)), open_store(folder)[1:3].shape
        (5, (2, 3))
    """
    return SaliencyStore(path)
