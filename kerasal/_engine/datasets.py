"""Data sets: batches of x and y as they come, an end, and an order that stays."""

import operator
from collections.abc import Iterable, Iterator
from typing import Any

import tensorflow as tf

from kerasal._errors import warn_user
from kerasal.scores.loss import Weighted

_SEQUENCES = ("PyDataset", "Sequence")
_FRESH = (
    "Random",
    "TruncatedNormal",
    "Multinomial",
    "Stateful",
    "RngReadAndSkip",
)  # how operations begin that draw anew
_KEEPING = ("CacheDataset", "_SnapshotDataset")  # what is before them is read once
_ENDING = ("_TakeDataset", "_TakeWhileDataset")


class PartOfMany:
    """Neighbouring examples of a longer set, as a data set of one batch: they are computed as within all of them.

    A call of the model takes as many rows as for a set of any length, so that the maps are those of one call for all, to the bit,
    where parts are whole calls.

    Args:
        x: a structure of arrays.
        y: what belongs to the examples, or None.
        total: how many examples there are, where these are all of them; calls are then as large as for so many.
    """

    num_batches = 1

    def __init__(self, x: Any, y: Any = None, total: int | None = None):
        self.total = total
        self._batch = (x,) if y is None else (x, *y) if isinstance(y, Weighted) else (x, y)

    def __getitem__(self, n: int) -> Any:
        """Return the batch."""
        return self._batch


def is_dataset(x: Any) -> bool:
    """Tell whether x is read batch by batch: a `tf.data.Dataset`, a `PyDataset` or `Sequence` of Keras, or a `PartOfMany`."""
    if isinstance(x, (tf.data.Dataset, PartOfMany)):
        return True
    return any(kind.__name__ in _SEQUENCES and kind.__module__.startswith("keras") for kind in type(x).__mro__)


def check_dataset(x: Any, y: Any) -> None:
    """Refuse a data set without an end, and labels beside one."""
    if _is_endless(x):
        raise ValueError(
            "A data set has an end. Received: one that repeats for ever. Give a number of batches: "
            f"{'x.take(number)' if isinstance(x, tf.data.Dataset) else '`num_batches` or `__len__`'}."
        )
    if y is not None:
        raise ValueError(f"y comes from the data set itself. Received: x={type(x).__name__} and y. Let it give (x, y).")


def batches_of(x: Any) -> Iterator[tuple[Any, Any]]:
    """Yield (x, y) of each batch, y None where the data set has none, and `Weighted` where it gives sample weights too."""
    for batch in x if isinstance(x, tf.data.Dataset) else (x[n] for n in range(_count(x) or 0)):
        parts = tuple(batch) if isinstance(batch, list) and not isinstance(x, tf.data.Dataset) else batch
        x_of, y, weights, *_ = (*parts, None, None) if isinstance(parts, tuple) else (parts, None, None)
        yield x_of, y if weights is None else Weighted(y, weights)


def warn_of_order(x: Any) -> None:
    """Warn of a data set that gives other examples, or another order of them, when it is read again."""
    found = _order_of(x)
    if found:
        warn_user(
            f"x is a data set that {found}: map n belongs to the n-th example of this reading alone, and reading x again gives "
            "another order. Pass arrays, or a data set that stays as it is, to know which map is whose.",
        )


def check_order(x: Any, names: Iterable[str]) -> None:
    """Refuse a data set whose order changes, where something has one entry for each example.

    Args:
        x: the data set.
        names: of what has an entry for each example.

    Raises:
        ValueError: map n would be that of another example's entry.
    """
    listed = ", ".join(names)
    found = _order_of(x) if listed else ""
    if found:
        raise ValueError(
            f"Entries that belong to examples by their position need an order that stays. Received: {listed} with one entry per example, "
            f"and x, a data set that {found}. Pass arrays, or a data set that stays as it is."
        )


def _order_of(x: Any) -> str:
    """Say by which step x changes from reading to reading; or ""."""
    return _changes(x) if isinstance(x, tf.data.Dataset) else _shuffles(x)


def _count(x: Any) -> int | None:
    """The batches of a `PyDataset` or `Sequence`, None where it has no end."""
    try:
        count = x.num_batches if hasattr(x, "num_batches") else len(x)
        whole = None if count is None else operator.index(count)
    except Exception as error:  # code of users, and numbers that Python does not take for a length
        raise ValueError(
            f"A {type(x).__name__} says how many batches it has. Received: no number ({error}). Give it __len__(self)."
        ) from error
    return whole


def _is_endless(x: Any) -> bool:
    if not isinstance(x, tf.data.Dataset):
        return _count(x) is None
    cardinality = x.cardinality()
    return cardinality == tf.data.INFINITE_CARDINALITY or (
        cardinality == tf.data.UNKNOWN_CARDINALITY and any(_repeats(part) for part in _walk(x, _ENDING))
    )


def _repeats(data: tf.data.Dataset) -> bool:
    return type(data).__name__ == "_RepeatDataset" and int(data._count) < 0


def _walk(data: tf.data.Dataset, until: tuple[str, ...]) -> Iterator[tf.data.Dataset]:
    """Yield a data set and those it is made from, but not what is before one of these kinds."""
    waiting, seen = [data], set[int]()
    while waiting:
        part = waiting.pop()
        if id(part) not in seen and type(part).__name__ not in until:
            seen.add(id(part))
            yield part
            waiting.extend(part._inputs())


def _changes(data: tf.data.Dataset) -> str:
    """Say by which step a data set of TensorFlow changes from reading to reading, with the way out; or ""."""
    for part in _walk(data, _KEEPING):
        name = type(part).__name__
        if name == "_ShuffleDataset" and part._reshuffle_each_iteration:
            return "shuffles each time it is read (shuffle(…, reshuffle_each_iteration=False), or .cache() behind it, would not)"
        if name == "_RandomDataset" and getattr(part, "_rerandomize", False):
            return "draws at random each time it is read (.cache() behind that would keep it)"
        if any(_draws(function) for function in part._functions()):
            return "changes its examples at random each time it is read (.cache() behind that step would keep them)"
        if getattr(part, "_deterministic", None) in (False, "false"):
            return "may give its examples in any order (deterministic=True would keep it)"
    if data.options().deterministic is False:
        return "may give its examples in any order (options().deterministic is False)"
    return ""


def _nodes(function: Any) -> list[Any]:
    """List the operations of a function of a data set, those of functions inside it too."""
    graph = getattr(getattr(function, "function", None), "graph", None)
    if graph is None:
        return []
    definition = graph.as_graph_def()
    return [*definition.node, *(node for inner in definition.library.function for node in inner.node_def)]


def _draws(function: Any) -> bool:
    """Tell whether a function of a data set draws numbers, or an order, that are new at each call."""
    nodes = _nodes(function)
    kinds = {node.op for node in nodes}
    by_state = any(kind.startswith("StatelessRandom") for kind in kinds) and any("Assign" in kind for kind in kinds)
    shuffles = any(node.op.startswith("ShuffleDataset") and node.attr["reshuffle_each_iteration"].b for node in nodes)
    return by_state or shuffles or any(kind.startswith(_FRESH) for kind in kinds)


def _shuffles(x: Any) -> str:
    """Say that a `PyDataset` or `Sequence` shuffles itself; or ""."""
    return f"shuffles itself ({type(x).__name__} with shuffle=True; shuffle=False would not)" if _is_on(x) else ""


def _is_on(x: Any) -> bool:
    return getattr(x, "shuffle", False) is True
