"""One value that says how to explain: a calculator, its settings, and the arguments of its `explain`."""

import inspect
import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from kerasal._vocabulary import checks_keywords
from kerasal.recipes.codec import Lost, decode, decode_or_lose, encode, encode_or_lose
from kerasal.recipes.keywords import changed, check_keyword, class_of, keywords_of, nearest, public_name
from kerasal.recipes.values import frozen_copy, hash_of, same, shown

_VERSION = 1  # of the JSON; a change of layout gets the next number


class Recipe:
    """A calculator, its settings and the arguments of `explain` as one frozen value, for any model.

    Recipes are equal where they explain alike: a setting that has its default is as one that was not given, and arrays are
    compared by their numbers. A recipe has a hash unless one of its settings has none.

    Args:
        calculator: the name of a calculator of kerasal, or a calculator class.
        **settings: keywords of its constructor, without the model, and of `explain`, without x and y.

    Attributes:
        calculator: the name of a calculator of kerasal, or the class.
        settings: keywords of the constructor that differ from their defaults.
        arguments: keywords of `explain` that differ from their defaults.

    Raises:
        TypeError: a keyword that neither of them takes, with the nearest; what is no calculator.
        ValueError: a name that no calculator of kerasal has, with the nearest.

    Example:
        >>> from kerasal import Recipe
        >>> recipe = Recipe("GradientCalculator", multiply_target=True, M=50, train=True)
        >>> recipe.settings["multiply_target"], recipe.arguments["M"], recipe["method"]
        (True, 50, 'raw')
        >>> recipe == Recipe.from_json(recipe.to_json()), "method" in recipe
        (True, False)
        >>> recipe.replace(M=100)
        Recipe('GradientCalculator', multiply_target=True, M=100, train=True)
    """

    def __init__(self, calculator: str | type[Any], /, **settings: Any) -> None:
        found = class_of(calculator)
        known = keywords_of(found)
        for name in settings:
            check_keyword(name, known, found.__name__)
        self._keep(public_name(found), changed(settings, known.settings), changed(settings, known.arguments))

    def _keep(self, calculator: str | type[Any] | Lost, settings: dict[str, Any], arguments: dict[str, Any]) -> None:
        vars(self).update(_calculator=calculator, _settings=frozen_copy(settings), _arguments=frozen_copy(arguments))

    _calculator: str | type[Any] | Lost
    _settings: dict[str, Any]
    _arguments: dict[str, Any]

    @property
    def calculator(self) -> str | type[Any] | Lost:
        """Name of a calculator of kerasal, or the class; a `Lost` where a file names a class that cannot be imported."""
        return self._calculator

    @property
    def settings(self) -> Mapping[str, Any]:
        """Keywords of the constructor that differ from their defaults."""
        return MappingProxyType(frozen_copy(self._settings))

    @property
    def arguments(self) -> Mapping[str, Any]:
        """Keywords of `explain` that differ from their defaults."""
        return MappingProxyType(frozen_copy(self._arguments))

    @checks_keywords
    def build(self, model: Any) -> Any:
        """Make the calculator.

        Args:
            model: a Keras model.

        Returns:
            The calculator of that model.

        Raises:
            ValueError: a setting that could not be kept in the file this recipe is from.
        """
        self._refuse_lost(of_explain=False)
        return class_of(self._calculator)(model, **self.settings)

    @checks_keywords
    def explain(self, model: Any, x: Any, y: Any = None, **of_examples: Any) -> Any:
        """Explain a model's predictions; the same as to make the calculator and call its `explain`.

        Args:
            model: a Keras model.
            x: N examples; see `Calculator.compute`.
            y: what the score needs of each example.
            **of_examples: `feature_names`, `class_names`, `tokens`, `smiles` and `kind`; see `Calculator.explain`.

        Returns:
            What the calculator's `explain` returns, a `Saliency` or a list of them.

        Raises:
            ValueError: a setting that could not be kept in the file this recipe is from.
        """
        self._refuse_lost()
        return self.build(model).explain(*(x,) if y is None else (x, y), **self.arguments, **of_examples)

    def replace(self, **changes: Any) -> "Recipe":
        """Make a recipe that differs in some keywords.

        Args:
            **changes: keywords as of `Recipe`; `calculator` for another calculator.

        Returns:
            The new recipe.
        """
        calculator = changes.pop("calculator", self._calculator)
        return Recipe(calculator, **{**self.settings, **self.arguments, **changes})

    @checks_keywords
    def to_json(self, *, strict: bool = True) -> str:
        """Write the recipe as JSON.

        Args:
            strict: False to write what a setting was, and why it is lost, where it cannot be written; a recipe that is read
                from it refuses to explain.

        Returns:
            JSON of one line; equal recipes of equal types of numbers have the same.

        Raises:
            ValueError: a setting that cannot be written: a lambda, a function or class of `__main__`, a Keras layer, NaN.
        """
        if strict:
            self._refuse_lost()
        write = encode if strict else encode_or_lose
        content = {
            "kerasal.Recipe": _VERSION,
            "calculator": write(self._calculator, "calculator"),
            "settings": {name: write(value, name) for name, value in sorted(self._settings.items())},
            "arguments": {name: write(value, name) for name, value in sorted(self._arguments.items())},
        }
        return json.dumps(content, allow_nan=False)

    @classmethod
    def from_json(cls, text: str, *, strict: bool = True) -> "Recipe":
        """Read what `to_json` wrote. Modules are imported as it names them: read what you trust.

        Args:
            text: the JSON.
            strict: False to read also what names things that are not there; the recipe refuses to explain.

        Returns:
            The recipe.

        Raises:
            ValueError: other JSON, a newer version, names that cannot be found; the words name the setting.
        """
        content = _parsed(text)
        read = decode if strict else decode_or_lose
        calculator = read(content["calculator"], "calculator")
        settings = {name: read(value, name) for name, value in content["settings"].items()}
        arguments = {name: read(value, name) for name, value in content["arguments"].items()}
        if not strict:
            recipe = cls.__new__(cls)
            recipe._keep(calculator, settings, arguments)
            return recipe
        try:
            return cls(calculator, **{**settings, **arguments})
        except TypeError as error:
            raise ValueError(f"{error} The recipe may be of another version of the calculator.") from error

    def __deepcopy__(self, memo: dict[int, Any]) -> "Recipe":
        """Return the recipe itself, which does not change."""
        return self

    def __getitem__(self, name: str) -> Any:
        """The value of a keyword: as given, or its default."""
        for part in (self._settings, self._arguments):
            if name in part:
                return frozen_copy(part[name])
        known = keywords_of(class_of(self._calculator))
        defaults = {**known.settings, **known.arguments}
        if defaults.get(name, inspect.Parameter.empty) is inspect.Parameter.empty:
            told = f"Received: {name!r}.{nearest(name, defaults)} Choose one of {', '.join(defaults)}."
            raise KeyError(f"A recipe has the keywords of its calculator. {told}")
        return defaults[name]

    def __contains__(self, name: object) -> bool:
        """Tell whether a keyword is set to anything but its default."""
        return name in self._settings or name in self._arguments

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Recipe):
            return NotImplemented
        return all(same(vars(self)[name], vars(other)[name]) for name in ("_calculator", "_settings", "_arguments"))

    def __hash__(self) -> int:
        return hash_of((self._calculator, self._settings, self._arguments))

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"A recipe does not change. Received: {name} = {value!r}. Use recipe.replace(...).")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"A recipe does not change. Received: del {name}. Use recipe.replace(...).")

    def __repr__(self) -> str:
        given = {**self._settings, **self._arguments}
        keywords = "".join(f", {name}={shown(value)}" for name, value in given.items())
        name = repr(self._calculator) if isinstance(self._calculator, str) else shown(self._calculator)
        return f"Recipe({name}{keywords})"

    def _refuse_lost(self, *, of_explain: bool = True) -> None:
        """Refuse, by name, what could not be kept in the file that the recipe is from."""
        used = {"calculator": self._calculator, **self._settings, **(self._arguments if of_explain else {})}
        lost = {name: value for name, value in used.items() if isinstance(value, Lost)}
        for name, value in lost.items():
            raise ValueError(
                f"A recipe works with all that it was made of. Received: {name!r} was {value.shown}, which is lost: "
                f"{value.why} Give it again: recipe.replace({name}=...)."
            )


def _parsed(text: str) -> dict[str, Any]:
    """Parse the JSON of a recipe; ValueError where it is none, or of another version."""
    expected = f"A recipe is JSON with 'kerasal.Recipe': {_VERSION}, as Recipe.to_json writes it."
    try:
        content = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{expected} Received: {text[:80]!r} ({error}). Write it again.") from error
    version = content.get("kerasal.Recipe") if isinstance(content, dict) else None
    if version != _VERSION:
        raise ValueError(f"{expected} Received: {text[:80]!r}. Read it with the kerasal that wrote it.")
    if not all(isinstance(content.get(part), dict) for part in ("settings", "arguments")):
        raise ValueError(f"{expected} Received: {text[:80]!r}, without settings or arguments. Write it again.")
    return {"calculator": None, **content}


def _refuse_constant(word: str) -> None:
    raise ValueError(f"{word} is no number of JSON")
