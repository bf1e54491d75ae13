"""Examples of a data set in portions of one size, whatever batches they come in."""

import dataclasses
import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from kerasal._engine.containers import TEXT, as_arrays
from kerasal._storage.hashes import hash_of_arrays
from kerasal._tree import flattened, leaves, mapped


@dataclasses.dataclass(frozen=True)
class Portion:
    """Neighbouring examples.

    Attributes:
        x: a structure of arrays (n, ...); y: what belongs to them, or None; ids: a name or number of each, (n,), or None.
    """

    x: Any
    y: Any = None
    ids: np.ndarray | None = None

    @classmethod
    def of(cls, x: Any, y: Any = None, ids: Any = None) -> "Portion":
        """Make a portion of whatever holds x and y.

        Args:
            x: array, tensor, or a structure of them.
            y: as x, or None.
            ids: of each example, or None.

        Raises:
            ValueError: ragged tensors, or parts of several lengths.
        """
        arrays = as_arrays(x, "x"), None if y is None else as_arrays(y, "y")
        found = [leaf for leaf in leaves(arrays) if leaf is not None]
        if not all(isinstance(leaf, np.ndarray) for leaf in found):
            raise ValueError(
                "A store has maps of one shape. Received: a ragged tensor. Pad the examples, as data.padded_batch does."
            )
        if len({leaf.shape[:1] for leaf in found}) > 1 or not found[0].ndim:
            told = ", ".join(str(leaf.shape) for leaf in found)
            raise ValueError(
                f"All parts of a batch have the same number of examples. Received: arrays of shape {told}. Give whole batches, as "
                "data.batch does."
            )
        return cls(*arrays, None if ids is None else np.asarray(ids))

    def __len__(self) -> int:
        return len(leaves(self.x)[0])

    def part(self, begin: int, end: int) -> "Portion":
        """Return some of the examples."""
        if begin == 0 and end >= len(self):
            return self
        return Portion(*(mapped(lambda leaf: None if leaf is None else leaf[begin:end], each) for each in self._parts))

    @property
    def _parts(self) -> tuple[Any, Any, Any]:
        return self.x, self.y, self.ids

    @property
    def looks(self) -> str:
        """The structure, shapes and types of an example, in words."""
        structure, flat = flattened(self._parts[:2])
        told = ["none" if leaf is None else f"{_kind(leaf)}{list(leaf.shape[1:])}" for leaf in flat]
        return f"{structure}: {', '.join(told)}"

    @property
    def leaves(self) -> list[np.ndarray]:
        """The arrays of x."""
        return leaves(self.x)

    def hash(self) -> str:
        """Hash the content, with names where there are any."""
        return hash_of_arrays(leaf for leaf in leaves(self._parts) if leaf is not None).hex()


def in_portions(batches: Iterable[Portion], size: int) -> Iterator[Portion]:
    """Yield the same examples in portions of `size`, the last of them smaller.

    Args:
        batches: of any size.
        size: of a portion.

    Example:
        >>> [len(each) for each in in_portions([Portion(np.zeros((5, 2))), Portion(np.zeros((6, 2)))], 4)]
        [4, 4, 3]
    """
    waiting, count = list[Portion](), 0
    for batch in batches:
        begin = 0
        while begin < len(batch):
            taken = batch.part(begin, begin + size - count)
            waiting.append(taken)
            begin, count = begin + len(taken), count + len(taken)
            if count == size:
                yield _joined(waiting)
                waiting, count = [], 0
    if waiting:
        yield _joined(waiting)


def with_ids(portions: Iterable[Portion], ids: Iterable[Any] | None) -> Iterator[Portion]:
    """Give portions the ids of the user, in turn.

    Args:
        portions: of the data set.
        ids: one for each example, or None to leave the portions as they are.

    Raises:
        ValueError: more or fewer ids than examples.
    """
    if ids is None:
        yield from portions
        return
    given, count = iter(ids), 0
    for portion in portions:
        found = list(itertools.islice(given, len(portion)))
        count += len(portion)
        if len(found) < len(portion):
            _refuse_ids(count - len(portion) + len(found), f"{count} examples or more")
        yield dataclasses.replace(portion, ids=_ids(found))
    if next(given, None) is not None:
        _refuse_ids(f"more than {count}", f"{count} examples")


def _refuse_ids(count: Any, examples: str) -> None:
    raise ValueError(f"ids has one entry for each example. Received: {count} ids and {examples}. Give as many.")


def _kind(leaf: np.ndarray) -> str:
    return "text" if leaf.dtype.kind in TEXT else leaf.dtype.name


def _ids(found: list[Any]) -> np.ndarray:
    array = np.asarray(found)
    if array.ndim != 1 or array.dtype.kind not in "iuUS":
        raise TypeError(
            f"ids are whole numbers or texts. Received: {array.dtype} of shape {array.shape}. Give e.g. a list of file names."
        )
    return array.astype("int64") if array.dtype.kind in "iu" else array.astype(str)


def _joined(parts: Sequence[Portion]) -> Portion:
    """Put portions together."""
    if len(parts) == 1:
        return parts[0]
    shapes = {each.looks for each in parts}
    if len(shapes) > 1:
        raise ValueError(
            f"A store has maps of one shape. Received: batches of {' and of '.join(sorted(shapes)[:2])}. Pad the examples to one shape."
        )

    def join(*arrays: Any) -> Any:
        return None if arrays[0] is None else np.concatenate(arrays)

    return Portion(
        *(mapped(join, *trees) for trees in zip(*((each.x, each.y, each.ids) for each in parts), strict=True))
    )
