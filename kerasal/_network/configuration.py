"""Settings that decide, besides variables, the numbers of a model and of functions beside it; compared at every call, in microseconds."""

import operator
import types
from collections.abc import Callable, Iterable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kerasal._network.attribute_names import names_of_settings
from kerasal._network.layer_tree import layers_of

_LARGEST = 2**14  # bytes of an array that is compared by its numbers; larger ones by identity
_LONGEST = 1000  # entries of a list, set or dict that are compared
_DEEPEST = 4  # objects in objects
_LIBRARIES = ("keras", "tensorflow", "numpy", "builtins", "kerasal", "abc", "typing", "collections", "functools")
_NOT_COMPARED = (AttributeError, KeyError, TypeError, ValueError, tf.errors.InvalidArgumentError)
_PLAIN = (int, float, str, bytes, type(None), type, types.ModuleType)


class Configuration:
    """Everything but variables that a traced program was made from: attributes of layers and objects, closed-over and global values of functions.

    Values are compared by `==` or identity, two levels and more down; the inside of libraries is not looked at.

    Args:
        roots: models, functions, and objects such as scores.

    Example:
        >>> import keras
        >>> dropout = keras.layers.Dropout(0.1)
        >>> model = keras.Sequential([keras.Input((3,)), dropout, keras.layers.Dense(2)])
        >>> before = Configuration([model])
        >>> before.is_current()
        True
        >>> dropout.rate = 0.5
        >>> before.is_current()
        False
    """

    def __init__(self, roots: Iterable[Any]):
        self._reads: list[Callable[[], Any]] = []
        self._met: dict[int, Any] = {}  # by identity, and kept alive
        self._before: list[Any] = []
        self._add_all(roots, -1)
        self.note()

    def note(self) -> None:
        """Take all as it is now, as after a trace: Python code of a `call` runs then, and may count its runs."""
        self._before = [read() for read in self._reads]

    def is_current(self) -> bool:
        """Tell whether all is as it was noted."""
        try:
            return all(map(_is_same, self._reads, self._before))
        except _NOT_COMPARED:  # an attribute is gone, or what it is now cannot be compared: another one
            return False

    def _add_all(self, values: Iterable[Any], depth: int) -> None:
        for value in list(values):
            self._add(value, depth + 1)

    def _add(self, value: Any, depth: int) -> None:
        """Look inside a value of which no more than the identity is compared so far."""
        if depth > _DEEPEST or isinstance(value, _PLAIN) or id(value) in self._met:
            return
        self._met[id(value)] = value
        for kinds, look in _LOOKS:
            if isinstance(value, kinds):
                look(self, value, depth)
                return
        if hasattr(value, "__dict__") and _is_of_users(value):
            self._add_object(value, depth)

    def _add_layers(self, layer: keras.layers.Layer, depth: int) -> None:
        layers = layers_of(layer)
        self._met.update((id(each), each) for each in layers)
        for each in layers:
            own, names = vars(each), names_of_settings(each)
            take = operator.itemgetter(*names)
            if isinstance(each, keras.Model):  # `fit` adds attributes of its own
                self._reads.append(lambda take=take, own=own: take(own))  # type: ignore[misc]
            else:
                self._reads.append(lambda take=take, own=own: (len(own), take(own)))  # type: ignore[misc]
            self._add_all([own[name] for name in names], depth)
            self._add_class(type(each))

    def _add_method(self, method: types.MethodType, depth: int) -> None:
        self._add(method.__self__, depth)
        self._add(method.__func__, depth)

    def _add_function(self, function: types.FunctionType, depth: int) -> None:
        """Look at what a function closes over, its defaults, and the globals that it names."""
        if _is_of_library(function.__module__):
            return
        cells, known = function.__closure__ or (), function.__globals__
        names = sorted(_names(function.__code__) & known.keys())

        def read() -> Any:
            values = [known[name] for name in names]
            return function.__code__, function.__defaults__, [_content(cell) for cell in cells], values

        self._reads.append(read)
        self._add_all([*map(_content, cells), *read()[-1], *(function.__defaults__ or ())], depth)

    def _add_array(self, array: np.ndarray, depth: int) -> None:
        if array.nbytes <= _LARGEST and not array.dtype.hasobject:
            self._reads.append(array.tobytes)

    def _add_dict(self, values: dict[Any, Any], depth: int) -> None:
        if len(values) <= _LONGEST:
            self._reads.append(lambda: list(values.items()))
            self._add_all(values.values(), depth)

    def _add_collection(self, values: Any, depth: int) -> None:
        if len(values) <= _LONGEST:
            self._reads.append(lambda: list(values))
            self._add_all(values, depth)

    def _add_object(self, thing: Any, depth: int) -> None:
        own = vars(thing)
        self._reads.append(lambda: list(own.values()))
        self._add_all(own.values(), depth)
        self._add_class(type(thing))

    def _add_class(self, kind: type) -> None:
        """Look at the classes of users among those of an object: their attributes, and what their methods name."""
        for base in kind.__mro__:
            if not _is_of_library(base.__module__) and id(base) not in self._met:
                self._met[id(base)] = base
                self._reads.append(lambda base=base: list(vars(base).values()))  # type: ignore[misc]
                self._add_all([getattr(value, "__func__", value) for value in vars(base).values()], 0)


_LOOKS: tuple[tuple[Any, Callable[[Configuration, Any, int], None]], ...] = (
    (keras.layers.Layer, Configuration._add_layers),
    (types.MethodType, Configuration._add_method),
    (types.FunctionType, Configuration._add_function),
    (np.ndarray, Configuration._add_array),
    (dict, Configuration._add_dict),
    ((list, tuple, set), Configuration._add_collection),
)


def _is_same(read: Callable[[], Any], before: Any) -> bool:
    """Tell whether what is read is what was: the same things, or equal ones."""
    return bool(read() == before)


def _content(cell: types.CellType) -> Any:
    """Give what a function closes over; None where that is not there yet."""
    try:
        return cell.cell_contents
    except ValueError:
        return None


def _names(code: types.CodeType) -> set[str]:
    """List the global names of code, and of functions inside it."""
    inner = (_names(part) for part in code.co_consts if isinstance(part, types.CodeType))
    return set(code.co_names).union(*inner)


def _is_of_users(value: Any) -> bool:
    """Tell whether attributes of an object are settings of users: also those of scores."""
    module = type(value).__module__
    return module.startswith("kerasal.scores") or not _is_of_library(module)


def _is_of_library(module: str | None) -> bool:
    return (module or "").partition(".")[0] in _LIBRARIES
