"""Examples as a command reads them: arrays, tables, photographs, molecules or texts, some at a time."""

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kerasal.stores.picture_files import ENDINGS

KINDS = {
    **dict.fromkeys(ENDINGS, "photographs"),
    ".npy": "arrays",
    ".npz": "arrays",
    ".csv": "table",
    ".smi": "molecules",
    ".txt": "texts",
}


@dataclasses.dataclass(frozen=True)
class Examples:
    """Examples of a data set, read when they are asked for.

    Attributes:
        kind: "photographs", "arrays", "table", "molecules" or "texts".
        names: of each example: a file, or the number of its row.
        read: gives x of the examples first to last.
        y: true class or number of each, or None.
        feature_names: of the columns, or None.
        smiles: of each molecule, or None.
        image_range: of photographs, how their numbers are drawn.
    """

    kind: str
    names: Sequence[str]
    read: Callable[[int, int], Any]
    y: np.ndarray | None = None
    feature_names: Sequence[str] | None = None
    smiles: Sequence[str] | None = None
    image_range: Any = None

    def __len__(self) -> int:
        return len(self.names)

    def known(self, first: int, last: int) -> dict[str, Any]:
        """Give what `explain` is told of some examples: names of features, SMILES.

        Args:
            first: of the examples.
            last: the one behind them.
        """
        told = {"feature_names": self.feature_names, "smiles": self.smiles and self.smiles[first:last]}
        return {name: value for name, value in told.items() if value is not None}

    def limited(self, count: int | None) -> "Examples":
        """Leave out all but the first examples.

        Args:
            count: how many stay; None for all.
        """
        if count is None:
            return self
        y = None if self.y is None else self.y[:count]
        return dataclasses.replace(self, names=self.names[:count], y=y)


def kind_of(path: str, smiles: str | None) -> str:
    """Tell what kind of examples a file or folder has.

    Args:
        path: of the data.
        smiles: name of a column of molecules, if one was given.

    Raises:
        FileNotFoundError: it is not there. ValueError: another kind of file.
    """
    found = Path(path)
    if not found.exists():
        raise FileNotFoundError(f"DATA is a file or a folder. Received: {path!r}, which is not there. Check the path.")
    kind = "photographs" if found.is_dir() else KINDS.get(found.suffix.lower())
    if kind is None:
        raise ValueError(
            f"DATA is a folder of photographs, or a file {', '.join(KINDS)}. Received: {path!r}. Convert it, e.g. by numpy.save."
        )
    return "molecules" if kind == "table" and smiles else kind


def rows_of(x: Any) -> Callable[[int, int], Any]:
    """Give a function that takes some examples of arrays.

    Args:
        x: arrays (N, ...), one or a dict of them.
    """

    def read(first: int, last: int) -> Any:
        return {name: part[first:last] for name, part in x.items()} if isinstance(x, dict) else x[first:last]

    return read
