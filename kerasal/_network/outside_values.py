"""The values from outside that a function uses: what it closes over, its defaults, globals, and attributes of modules."""

import sys
import types
from collections.abc import Callable, Iterator
from typing import Any

_STANDARD = frozenset(sys.stdlib_module_names) - {"__main__", "types"}  # objects of `types` are as users fill them
_LIBRARIES = frozenset(["keras", "tensorflow", "numpy", "kerasal", "typing_extensions"]) | _STANDARD
_OURS = (  # modules here whose objects hold settings of users
    "kerasal.scores",
    "kerasal.samplers",
    "kerasal.baselines",
    "kerasal.calculators",
    "kerasal.activation_maximization",
    "kerasal._folds",
    "kerasal._engine.joint_noise",
)


def is_of_library(module: str | None) -> bool:
    """Tell whether a module is of a library, whose inside is not looked at."""
    return (module or "").partition(".")[0] in _LIBRARIES


def is_of_users(value: Any) -> bool:
    """Tell whether attributes of an object are settings of users: also those of scores, samplers and their like."""
    module = type(value).__module__
    return module.startswith(_OURS) or not is_of_library(module)


def outside_values(function: types.FunctionType) -> Callable[[], list[Any]]:
    """Make a function without arguments that reads all that a function uses from outside, as it is now.

    Args:
        function: of Python.
    """
    cells, known = function.__closure__ or (), function.__globals__
    every = set(_names(function.__code__))
    names = sorted(every & known.keys())
    named = [*(known.get(name, sys.modules.get(name)) for name in sorted(every)), *map(_content, cells)]
    modules = [each for each in named if _is_open(each)]
    attributes = [(vars(module), name) for module in modules for name in sorted(every & vars(module).keys())]

    def read() -> list[Any]:
        return [
            function.__code__,
            function.__defaults__,
            function.__kwdefaults__ and tuple(function.__kwdefaults__.items()),
            tuple(function.__dict__.items()),
            *(known.get(name) for name in names),
            *map(_content, cells),
            *(own.get(name) for own, name in attributes),
        ]

    return read


def _is_open(module: Any) -> bool:
    """Tell whether a module is of the user's, installed or not as a package of theirs."""
    if not isinstance(module, types.ModuleType) or is_of_library(module.__name__):
        return False
    return "site-packages" not in (getattr(module, "__file__", None) or "")


def _content(cell: types.CellType) -> Any:
    """Give what a function closes over; None where that is not there yet."""
    try:
        return cell.cell_contents
    except ValueError:
        return None


def _names(code: types.CodeType) -> Iterator[str]:
    """List the names of globals and attributes in code, and in functions inside it."""
    yield from code.co_names
    for part in code.co_consts:
        if isinstance(part, types.CodeType):
            yield from _names(part)
