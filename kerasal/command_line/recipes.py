"""`kerasal recipes`: the recipes that there are, or the settings of one."""

import argparse
import inspect
import sys
from typing import Any

from kerasal.command_line.settings import check_recipe_name, names_of_recipes

EXAMPLES = """examples:
  kerasal recipes
  kerasal recipes smooth_grad"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command.

    Args:
        parser: of the command.
    """
    parser.add_argument(
        "name",
        nargs="?",
        metavar="NAME",
        help="of a recipe, whose settings and defaults are listed; without it all recipes",
    )
    parser.add_argument("--names", action="store_true", help="print names alone")


def run(options: argparse.Namespace) -> None:
    """Print recipes.

    Args:
        options: as they were typed.
    """
    from kerasal import recipes

    if options.name is not None:
        check_recipe_name(options.name)
    names = names_of_recipes() if options.name is None else [options.name]
    if options.names:
        print("\n".join(names))
    elif options.name is not None:
        print("\n".join(_described(options.name)))
    else:
        wide = max(map(len, names))
        lines = [f"{name:<{wide}}  {_first_line(getattr(recipes, name))}" for name in names]
        print("\n".join(lines), file=sys.stdout)


def _first_line(function: Any) -> str:
    return (inspect.getdoc(function) or "").partition("\n")[0].rstrip(".")


def _described(name: str) -> list[str]:
    """Lines of one recipe: what it is, its settings, and those of its calculator and of explain, with their defaults."""
    from kerasal import recipes
    from kerasal.command_line.models import start_tensorflow
    from kerasal.recipes import Recipe
    from kerasal.recipes.keywords import class_of, keywords_of

    start_tensorflow()

    if name.endswith(".json"):
        with open(name, encoding="utf-8") as file:
            recipe, own = Recipe.from_json(file.read()), {}
        lines = [repr(recipe)]
    else:
        make = getattr(recipes, name)
        parameters = inspect.signature(make).parameters.values()
        own = {each.name: each.default for each in parameters if each.kind is not each.VAR_KEYWORD}
        needed = [key for key, default in own.items() if default is inspect.Parameter.empty]
        recipe = make(**dict.fromkeys(needed, 1)) if name != "expected_gradients" else recipes.integrated_gradients()
        lines = [_first_line(make), "", "settings, with their defaults (--set NAME=VALUE):", *map(_line, own.items())]
    known = keywords_of(class_of(recipe.calculator))
    rest = {
        key: _value(recipe, key, default)
        for key, default in {**known.settings, **known.arguments}.items()
        if key not in own
    }
    left_out = ("show_progress", "first_example", "eval_fun")
    return [*lines, "", f"of {recipe.calculator}:", *[_line(item) for item in rest.items() if item[0] not in left_out]]


def _value(recipe: Any, key: str, default: Any) -> Any:
    """Value that the recipe sets, or the default."""
    return recipe[key] if key in recipe else default  # noqa: SIM401 (a recipe is no dict)


def _line(item: tuple[str, Any]) -> str:
    """One setting.

    Example:
        >>> _line(("M", 50)), _line(("size", inspect.Parameter.empty))
        ('  M = 50', '  size, which has to be given')
    """
    name, default = item
    return f"  {name}, which has to be given" if default is inspect.Parameter.empty else f"  {name} = {default!r}"
