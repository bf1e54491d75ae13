"""Calculators by name, and the keywords that they and their `explain` take."""

import functools
import importlib
import inspect
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from kerasal._vocabulary import meant_by
from kerasal.recipes.values import frozen_copy, same

_OF_EXAMPLES = ("feature_names", "class_names", "tokens", "smiles", "kind")
_GIVEN_LATER = ("model", "x", "y", *_OF_EXAMPLES)


class Keywords(NamedTuple):
    """Keywords of a calculator and their defaults, `inspect.Parameter.empty` where there is none.

    Attributes:
        settings: of its constructor, without the model.
        arguments: of its `explain`, without x and y.
    """

    settings: dict[str, Any]
    arguments: dict[str, Any]


def public(name: str) -> Any:
    """Find a public name of kerasal, also of what is built upon recipes; TensorFlow is imported where it needs it."""
    return getattr(importlib.import_module("kerasal"), name)


def class_of(calculator: Any) -> type[Any]:
    """Find the calculator class that a name or class means."""
    if isinstance(calculator, str):
        names = [name for name in public("__all__") if name.endswith("Calculator") and name != "Calculator"]
        if calculator in names:
            found: type[Any] = public(calculator)
            return found
        raise ValueError(
            f"A recipe names a calculator of kerasal: {', '.join(names)}. Received: {calculator!r}."
            f"{nearest(calculator, names)} Pass the class itself for one of your own."
        )
    if not isinstance(calculator, type) or not callable(getattr(calculator, "explain", None)):
        raise TypeError(
            f"A recipe takes a calculator class or its name. Received: {calculator!r}. Pass e.g. 'GradientCalculator'; the model "
            "is given to recipe.explain."
        )
    return calculator


def public_name(calculator: Any) -> str | type[Any]:
    """Name of a calculator of kerasal; any other class as it is."""
    return _named_once(calculator)


@functools.lru_cache(maxsize=128)
def _named_once(calculator: type[Any]) -> str | type[Any]:
    name = calculator.__name__
    is_ours = calculator.__module__.split(".")[0] == "kerasal" and name in public("__all__")
    return name if is_ours and name != "Calculator" and public(name) is calculator else calculator


def keywords_of(calculator: Any) -> Keywords:
    """Find the keywords of a calculator class and their defaults."""
    return _found_once(calculator)


@functools.lru_cache(maxsize=128)  # signatures take ten times as long as the rest of a recipe
def _found_once(calculator: type[Any]) -> Keywords:
    return Keywords(_parameters(calculator, "__init__"), _parameters(calculator, "explain"))


def _parameters(calculator: type[Any], method: str) -> dict[str, Any]:
    """Keywords and defaults of a method, and where it passes `**keywords` on, of those it overrides."""
    found: dict[str, Any] = {}
    for kind in calculator.__mro__[:-1]:
        if method not in vars(kind):
            continue
        parameters = list(inspect.signature(vars(kind)[method]).parameters.values())[1:]
        for each in parameters:
            if each.kind in (each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY) and each.name not in _GIVEN_LATER:
                found.setdefault(each.name, each.default)
        if not any(each.kind == each.VAR_KEYWORD for each in parameters):
            break
    return found


def check_keyword(name: str, known: Keywords, calculator: str) -> None:
    """Refuse with TypeError what is not the keyword of either the constructor or of `explain`."""
    count = (name in known.settings) + (name in known.arguments)
    if count == 1:
        return
    problem = "which both its constructor and its explain take" if count else "which is none of them"
    names = [*known.settings, *known.arguments]
    raise TypeError(
        f"A recipe takes the keywords of {calculator} and of its explain: {', '.join(names)}. Received: {name!r}, {problem}."
        f"{nearest(name, names)} The model, x and y are given to recipe.explain."
    )


def nearest(name: str, names: Iterable[str]) -> str:
    """Words that ask whether the nearest of some names was meant, or none."""
    meant = "" if name in _GIVEN_LATER else meant_by(name, names)
    return f" Did you mean {meant!r}?" if meant and meant != name else ""


def changed(given: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Pick the given settings that `defaults` names and that differ from their defaults."""
    differ = {
        name: frozen_copy(given[name]) for name, default in defaults.items() if given.get(name, default) is not default
    }
    return {name: value for name, value in differ.items() if not same(value, defaults[name])}
