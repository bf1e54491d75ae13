"""Values of settings: copied, compared, hashed and shown, also with arrays inside."""

import dataclasses
from typing import Any

import numpy as np


def frozen_copy(value: Any) -> Any:
    """Copy a value so that no change of the original reaches the copy.

    Args:
        value: a setting. Lists, tuples and dicts are copied through and through; arrays become read-only, tensors arrays.

    Returns:
        The copy; what is none of these, such as a sampler or a function, as it is.
    """
    if type(value) in (list, tuple):
        return type(value)(frozen_copy(part) for part in value)
    if type(value) is dict:
        return {key: frozen_copy(part) for key, part in value.items()}
    is_arraylike = all(hasattr(value, name) for name in ("__array__", "shape", "dtype"))
    if not is_arraylike or isinstance(value, (type, np.generic)) or dataclasses.is_dataclass(value):
        return value
    array = np.array(value)
    array.flags.writeable = False
    return array


def same(one: Any, other: Any) -> bool:
    """Tell whether two values are equal, arrays by `np.array_equal`, dataclasses field by field or by their own `==`; True is not 1."""
    if one is other:
        return True
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return isinstance(one, np.ndarray) and isinstance(other, np.ndarray) and np.array_equal(one, other)
    if type(one) in (list, tuple):
        alike = type(one) is type(other) and len(one) == len(other)
        return alike and all(same(*pair) for pair in zip(one, other, strict=True))
    if type(one) is dict:
        alike = type(other) is dict and one.keys() == other.keys()
        return alike and all(same(one[key], other[key]) for key in one)
    if _compares_fields(type(one)):
        return type(one) is type(other) and same(_compared(one), _compared(other))
    try:
        return isinstance(one, bool) is isinstance(other, bool) and bool(one == other)
    except (TypeError, ValueError):  # objects whose == gives no truth value
        return False


def hash_of(value: Any) -> int:
    """Hash a value so that `same` values have the same hash; TypeError for what cannot be hashed."""
    if isinstance(value, np.ndarray):
        return hash(value.shape)  # numbers that are equal may differ in type, and so in their bytes
    if type(value) in (list, tuple):
        return hash((type(value), *map(hash_of, value)))
    if type(value) is dict:
        return hash(frozenset((key, hash_of(part)) for key, part in value.items()))
    if _compares_fields(type(value)):
        return hash((type(value), hash_of(_compared(value))))
    return hash(value)


def shown(value: Any) -> str:
    """Show a value in one line of Python that gives it again, where its own `repr` does; large arrays are shortened."""
    if type(value) is list:
        return f"[{', '.join(map(shown, value))}]"
    if type(value) is tuple:
        return f"({', '.join(map(shown, value))}{',' if len(value) == 1 else ''})"
    if type(value) is dict:
        return f"{{{', '.join(f'{key!r}: {shown(part)}' for key, part in value.items())}}}"
    if isinstance(value, np.ndarray):
        return " ".join(repr(value).split())
    return str(getattr(value, "__qualname__", None) or repr(value))


def made_of_fields(kind: type[Any]) -> bool:
    """Tell whether a class is a dataclass, or inherits the constructor of one, so that its fields say all of an object."""
    for base in kind.__mro__:
        if "__dataclass_params__" in vars(base):
            return True
        if "__init__" in vars(base):
            return False
    return False


def _compares_fields(kind: type[Any]) -> bool:
    """Tell whether objects of a class are as equal as their fields; not where they have an `==` of their own."""
    equal: Any = kind.__eq__
    return made_of_fields(kind) and (kind.__dataclass_params__.eq or equal is object.__eq__)


def _compared(value: Any) -> dict[str, Any]:
    """Fields of a dataclass that make two of them equal."""
    return {field.name: getattr(value, field.name) for field in dataclasses.fields(value) if field.compare}
