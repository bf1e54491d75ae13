"""Settings that decide, besides variables, the numbers of a model and of functions beside it; compared at every call, in microseconds."""

import collections
import functools
import itertools
import operator
import types
from collections.abc import Callable, Iterable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kerasal._network.attribute_names import names_of_settings
from kerasal._network.layer_tree import layers_of
from kerasal._network.outside_values import is_of_library, is_of_users, outside_values
from kerasal._network.versions import CALLS, loss_weights
from kerasal._tree import settings_of

_LARGEST = 2**20  # bytes of an array that is compared as a whole …
_LARGEST_IN_ALL = 2**22  # … and of all of them; of other arrays so many numbers are compared, evenly spaced:
_NUMBERS = 1024
_LONGEST = 1000  # entries of a list, set or dict that are compared, the first ones
_DEEPEST = 8  # objects in objects
_MOST = 2000  # readings of objects beside the layers
_NOT_COMPARED = (AttributeError, KeyError, RuntimeError, TypeError, ValueError, tf.errors.InvalidArgumentError)
_PLAIN = (int, float, str, bytes, type(None), types.ModuleType)


class Configuration:
    """Everything but variables that a traced program was made from: attributes of layers and objects, closed-over and global values of functions.

    Values are compared by `==` or identity, eight levels down; the inside of libraries is not looked at. Arrays are compared by
    their numbers, those above 1 MB by 1 024 of them.

    Args:
        roots: models, functions, classes, and objects such as scores.

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
        self._reads: list[Callable[[], Any]] = [_global_settings]
        self._met: dict[int, Any] = {}  # by identity, and kept alive
        self._before: list[Any] = []
        self._layers: list[
            tuple[dict[str, Any], Callable[[Any], Any]]
        ] = []  # attributes, and how to take those that count
        self._layers_before: list[Any] = []
        self._bytes = 0
        self._add_all(roots, -1)
        self.note()

    def note(self) -> None:
        """Take all as it is now, as after a trace: Python code of a `call` runs then, and may count its runs."""
        self._before = [read() for read in self._reads]
        self._layers_before = [take(own) for own, take in self._layers]

    def is_current(self) -> bool:
        """Tell whether all is as it was noted."""
        try:
            for (own, take), before in zip(
                self._layers, self._layers_before, strict=True
            ):  # nothing is called here: it is long
                if take(own) != before:
                    return False
            return all(read() == before for read, before in zip(self._reads, self._before, strict=True))
        except _NOT_COMPARED:  # an attribute is gone, or what it is now cannot be compared: another one
            return False

    def reaches(self, thing: Any) -> bool:
        """Tell whether a thing is among all that was looked at."""
        return id(thing) in self._met

    def _add_all(self, values: Iterable[Any], depth: int) -> None:
        for value in list(values):
            self._add(value, depth + 1)

    def _add(self, value: Any, depth: int) -> None:
        """Look inside a value of which no more than the identity is compared so far."""
        is_enough = depth > _DEEPEST or len(self._reads) > _MOST
        if is_enough or isinstance(value, _PLAIN) or id(value) in self._met:
            return
        if not isinstance(value, type):  # a class is met with those that it is derived from
            self._met[id(value)] = value
        for kinds, look in _LOOKS:
            if isinstance(value, kinds):
                look(self, value, depth)
                return
        if callable(getattr(value, "python_function", None)):  # a tf.function
            self._add(value.python_function, depth)
        elif is_of_users(value):
            self._add_object(value, depth)

    def _add_layers(self, layer: keras.layers.Layer, depth: int) -> None:
        layers = layers_of(layer)
        self._met.update((id(each), each) for each in layers)
        kinds = tuple({type(each) for each in layers})
        self._reads.append(lambda: [kind.call for kind in kinds])
        for each in layers:
            own, names = vars(each), names_of_settings(each)
            self._layers.append((own, operator.itemgetter(*names)))
            if isinstance(each, keras.Model):
                self._reads.append(lambda own=own: list(map(own.get, CALLS)))  # type: ignore[misc]
                self._add_all([getattr(each, "loss", None), loss_weights(each)], depth)
            self._add_all([own[name] for name in names], depth)
        counted = [
            own
            for each, (own, _) in zip(layers, self._layers[-len(layers) :], strict=True)
            if not isinstance(each, keras.Model)
        ]
        self._reads.append(lambda: list(map(len, counted)))  # of models not: `fit` adds attributes of its own
        for kind in kinds:
            self._add_class(kind, depth)

    def _add_method(self, method: types.MethodType, depth: int) -> None:
        self._add(method.__self__, depth)
        self._add(method.__func__, depth)

    def _add_function(self, function: types.FunctionType, depth: int) -> None:
        """Look at all that a function uses from outside."""
        if not is_of_library(function.__module__):
            read = outside_values(function)
            self._reads.append(read)
            for part in read():
                self._add_all(part if isinstance(part, tuple) else [part], depth)

    def _add_partial(self, partial: functools.partial[Any], depth: int) -> None:
        self._add_all([partial.func, *partial.args, *partial.keywords.values()], depth)

    def _add_property(self, found: property, depth: int) -> None:
        self._add(found.fget, depth)

    def _add_array(self, array: np.ndarray, depth: int) -> None:
        if array.dtype.hasobject:
            self._add_collection(array.ravel().tolist(), depth)
            self._reads[-1] = lambda: array.ravel()[:_LONGEST].tolist()
        elif array.nbytes <= _LARGEST and self._bytes + array.nbytes <= _LARGEST_IN_ALL:
            self._bytes += array.nbytes
            self._reads.append(array.tobytes)
        else:
            step = -(-array.size // _NUMBERS)
            self._reads.append(lambda: array.flat[::step].tobytes())

    def _add_dict(self, values: dict[Any, Any], depth: int) -> None:
        self._reads.append(lambda: (len(values), list(itertools.islice(values.items(), _LONGEST))))
        self._add_all(itertools.chain(*itertools.islice(values.items(), _LONGEST)), depth)

    def _add_collection(self, values: Any, depth: int) -> None:
        if not isinstance(values, (tuple, frozenset)):
            self._reads.append(lambda: (len(values), list(itertools.islice(values, _LONGEST))))
        self._add_all(itertools.islice(values, _LONGEST), depth)

    def _add_object(self, thing: Any, depth: int) -> None:
        self._reads.append(lambda: list(settings_of(thing).values()))
        self._add_all(settings_of(thing).values(), depth)
        self._add_class(type(thing), depth)

    def _add_class(self, kind: type, depth: int) -> None:
        """Look at the classes of users among those of an object: their attributes, and what their methods name."""
        for base in kind.__mro__:
            if not is_of_library(base.__module__) and id(base) not in self._met:
                self._met[id(base)] = base
                self._reads.append(lambda base=base: list(vars(base).values()))  # type: ignore[misc]
                self._add_all([getattr(value, "__func__", value) for value in vars(base).values()], depth)


_LOOKS: tuple[tuple[Any, Callable[[Configuration, Any, int], None]], ...] = (
    (keras.layers.Layer, Configuration._add_layers),
    (types.MethodType, Configuration._add_method),
    (types.FunctionType, Configuration._add_function),
    (functools.partial, Configuration._add_partial),
    (property, Configuration._add_property),
    (type, Configuration._add_class),
    (np.ndarray, Configuration._add_array),
    (dict, Configuration._add_dict),
    ((list, tuple, set, frozenset, collections.deque), Configuration._add_collection),
    (keras.losses.Loss, Configuration._add_object),
)


def _global_settings() -> tuple[str, str]:
    """Read the settings of Keras that the code of layers reads when it is traced."""
    return keras.backend.floatx(), keras.backend.image_data_format()
