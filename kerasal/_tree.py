"""Dicts, lists and tuples of arrays or tensors, walked in a tenth of the time of `tf.nest`: small models are called in less."""

import itertools
from collections.abc import Callable, Hashable, Iterator
from typing import Any

import numpy as np


def mapped(function: Callable[..., Any], tree: Any, *others: Any) -> Any:
    """Apply a function to each leaf of a structure.

    Args:
        function: of a leaf of `tree` and those of `others` at the same place.
        tree: dicts, lists and tuples of leaves.
        others: structures of the same shape.

    Returns:
        The same structure of what the function gave.

    Example:
        >>> mapped(lambda a, b: a - b, {"a": (1, [2]), "b": 3}, {"a": (0, [1]), "b": 1})
        {'a': (1, [1]), 'b': 2}
    """
    if isinstance(tree, dict):
        return {key: mapped(function, part, *[other[key] for other in others]) for key, part in tree.items()}
    if isinstance(tree, (list, tuple)):
        parts = [mapped(function, *each) for each in zip(tree, *others, strict=True)]
        if isinstance(tree, list):
            return parts
        return type(tree)(*parts) if hasattr(tree, "_fields") else tuple(parts)
    return function(tree, *others)


def leaves(tree: Any) -> list[Any]:
    """List the leaves in the order of `tf.nest.flatten`, which takes the keys of a dict in the order of their names.

    Args:
        tree: dicts, lists and tuples of leaves.

    Example:
        >>> leaves({"b": 3, "a": (1, [2])})
        [1, 2, 3]
    """
    if isinstance(tree, dict):
        return [leaf for key in sorted(tree) for leaf in leaves(tree[key])]
    if isinstance(tree, (list, tuple)):
        return [leaf for part in tree for leaf in leaves(part)]
    return [tree]


def paths(tree: Any, path: str = "") -> list[tuple[str, Any]]:
    """List (path, leaf) in the order of `leaves`.

    Args:
        tree: dicts, lists and tuples of leaves.
        path: that of the tree itself.

    Example:
        >>> paths({"b": 3, "a": (1, [2])})
        [('a/0', 1), ('a/1/0', 2), ('b', 3)]
    """
    if isinstance(tree, dict):
        parts: Any = ((key, tree[key]) for key in sorted(tree))
    elif isinstance(tree, (list, tuple)):
        parts = enumerate(tree)
    else:
        return [(path, tree)]
    return [found for key, part in parts for found in paths(part, f"{path}/{key}" if path else str(key))]


def flattened(tree: Any) -> tuple[Any, list[Any]]:
    """Take a structure apart.

    Args:
        tree: dicts, lists and tuples of leaves.

    Returns:
        (the structure with 0 at its leaves, the leaves in the order of `leaves`).

    Example:
        >>> flattened({"b": 3, "a": (1, [2])})
        ({'b': 0, 'a': (0, [0])}, [1, 2, 3])
    """
    if not isinstance(tree, (dict, list, tuple)):
        return 0, [tree]
    return mapped(lambda leaf: 0, tree), leaves(tree)


def numbered(tree: Any) -> Any:
    """Put the position of each leaf among `leaves` in its place.

    Args:
        tree: dicts, lists and tuples of leaves.

    Example:
        >>> numbered({"b": "x", "a": ("y", ["z"])})
        {'b': 2, 'a': (0, [1])}
    """
    return _numbered(tree, itertools.count())


def _numbered(tree: Any, count: Iterator[int]) -> Any:
    if isinstance(tree, dict):
        found = {key: _numbered(tree[key], count) for key in sorted(tree)}
        return {key: found[key] for key in tree}
    if isinstance(tree, (list, tuple)):
        parts = [_numbered(part, count) for part in tree]
        return parts if isinstance(tree, list) else type(tree)(*parts) if hasattr(tree, "_fields") else tuple(parts)
    return next(count)


def as_key(value: Any) -> Any:
    """Make a value that compares and hashes as what is given does: arrays by their numbers, what cannot be hashed by identity.

    Args:
        value: dicts, lists, tuples and arrays of anything.

    Example:
        >>> import numpy as np
        >>> as_key([np.zeros(4, bool), {"a": 1}]) == as_key([np.zeros(4, bool), {"a": 1}])
        True
        >>> as_key(np.zeros(4, bool)) == as_key(np.zeros((2, 2), bool))
        False
    """
    if isinstance(value, dict):
        return dict, tuple((key, as_key(part)) for key, part in value.items())
    if isinstance(value, (list, tuple)):
        return type(value), tuple(as_key(part) for part in value)
    if isinstance(value, (set, frozenset)):
        return type(value), frozenset(as_key(part) for part in value)
    if all(hasattr(value, name) for name in ("__array__", "shape", "dtype")) and not isinstance(value, type):
        array = np.asarray(value)  # of tensors and frames too, which do not compare as values
        return (
            type(value),
            array.shape,
            array.dtype,
            as_key(array.tolist()) if array.dtype.hasobject else array.tobytes(),
        )
    return type(value), value if _is_hashable(value) else _Identity(value)


def settings_of(thing: Any) -> dict[str, Any]:
    """List the attributes of an object by their names, also those in slots.

    Example:
        >>> class Window:
        ...     __slots__ = ("size",)
        ...     def __init__(self, size): self.size = size
        >>> settings_of(Window(3))
        {'size': 3}
    """
    slots = [_slots_of(base) for base in type(thing).__mro__ if "__slots__" in vars(base)]
    inside = {name: getattr(thing, name) for names in slots for name in names if hasattr(thing, name)}
    return {**getattr(thing, "__dict__", {}), **inside} if inside else getattr(thing, "__dict__", {})


def _slots_of(kind: type) -> list[str]:
    """List the names that a class keeps in slots."""
    names = vars(kind)["__slots__"]
    return [name for name in ([names] if isinstance(names, str) else names) if name not in ("__dict__", "__weakref__")]


def _is_hashable(value: Any) -> bool:
    if not isinstance(value, Hashable):
        return False
    try:
        hash(value)
    except TypeError:  # a class says so, and what is in it has no hash
        return False
    return True


class ComparesByValue:
    """Base of values whose attributes may be arrays: equal where type and attributes are."""

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and as_key(settings_of(self)) == as_key(settings_of(other))

    def __hash__(self) -> int:
        return hash((type(self), as_key(settings_of(self))))


class _Identity:
    """A thing that is equal to itself alone, and kept alive as long as it is a key."""

    def __init__(self, thing: Any):
        self._thing = thing

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Identity) and other._thing is self._thing

    def __hash__(self) -> int:
        return id(self._thing)
