"""The arguments of a function by name, so that it can tell a default from the same value given."""

import functools
import inspect
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

from kerasal._vocabulary import refuse

P = ParamSpec("P")
Self = TypeVar("Self")


def remember_given(init: Callable[Concatenate[Self, P], None]) -> Callable[Concatenate[Self, P], None]:
    """Decorate an `__init__` so that `self._given` is the names of the arguments that were given.

    Example:

    >>> class Circle:
    ...     _given: frozenset[str]
    ...     @remember_given
    ...     def __init__(self, radius=1, color="red"):
    ...         self.radius = radius
    >>> sorted(Circle(1)._given), sorted(Circle(color="red")._given)
    (['radius'], ['color'])
    """
    signature = inspect.signature(init)

    @functools.wraps(init)
    def wrapper(self: Self, /, *args: P.args, **kwargs: P.kwargs) -> None:
        unknown = [name for name in kwargs if name not in signature.parameters]
        if unknown:
            refuse(unknown, signature.parameters, type(self).__name__)
        names: Any = signature.bind(self, *args, **kwargs).arguments
        vars(self)["_given"] = frozenset(list(names)[1:])
        init(self, *args, **kwargs)

    return wrapper
