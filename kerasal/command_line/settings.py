"""The recipe that is asked for: by its name or from a file, with settings as they are typed."""

import argparse
import ast
import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kerasal.command_line.messages import WrongArgument, say


def names_of_recipes() -> list[str]:
    """List the recipes of kerasal that have names."""
    from kerasal import recipes

    return [name for name in recipes.__all__ if name != "Recipe"]


def check_recipe_name(name: str) -> None:
    """Refuse a recipe that does not exist, before TensorFlow is loaded.

    Args:
        name: of a recipe, or of a JSON file.

    Raises:
        WrongArgument: there is none.
    """
    known = names_of_recipes()
    if name in known or name.endswith(".json") and Path(name).is_file():
        return
    near = difflib.get_close_matches(name, known, 1, 0.4)
    way = f"Did you mean {near[0]!r}?" if near else "'kerasal recipes' lists them."
    raise WrongArgument(f"--recipe is the name of a recipe, or a .json file of one. Received: {name!r}. {way}")


def recipe_of(name: str, options: argparse.Namespace, class_names: Sequence[str] | None = None) -> Any:
    """Make the recipe with its settings.

    Args:
        name: of a recipe, or of a JSON file.
        options: of the command: `set`, `score`, `target`, `batch_size`.
        class_names: of the model's classes.

    Returns:
        A `Recipe`.

    Raises:
        WrongArgument: settings that it does not take.
    """
    from kerasal import recipes
    from kerasal.recipes import Recipe

    check_recipe_name(name)
    given = _settings(options, class_names)
    if name.endswith(".json"):
        read = Recipe.from_json(Path(name).read_text("utf-8"))
        return _made(lambda **settings: read.replace(**settings), name, given)
    return _made(getattr(recipes, name), name, given)


def _made(make: Any, name: str, settings: dict[str, Any]) -> Any:
    """Call what makes the recipe."""
    try:
        return make(**settings)
    except TypeError as error:
        if "missing" in str(error):
            missing = str(error).rpartition(": ")[2]
            raise WrongArgument(
                f"The recipe {name} needs the setting {missing}. Received: none. Pass --set {missing.strip(chr(39))}=VALUE; 'kerasal "
                f"recipes {name}' says more."
            ) from error
        raise WrongArgument(str(error)) from error


def _settings(options: argparse.Namespace, class_names: Sequence[str] | None) -> dict[str, Any]:
    """All settings that were typed."""
    found = dict(map(_setting, options.set))
    asked = {"target_extractor": options.target, "batch_size": options.batch_size}
    asked["score"] = None if options.score is None else _score(options.score, class_names)
    return {**found, **{name: value for name, value in asked.items() if value is not None}}


def _setting(text: str) -> tuple[str, Any]:
    """Name and value of NAME=VALUE.

    Example:
        >>> _setting("M=50"), _setting("method=abs"), _setting("baseline=0.5")
        (('M', 50), ('method', 'abs'), ('baseline', 0.5))
    """
    name, found, value = text.partition("=")
    if not found or not name.isidentifier():
        raise WrongArgument(f"--set takes NAME=VALUE. Received: {text!r}. Pass e.g. --set M=100.")
    if value.startswith("@"):
        return name, _array(value[1:])
    try:
        return name, ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return name, value


def _array(path: str) -> Any:
    """The array in a file."""
    import numpy as np

    if not path.endswith(".npy") or not Path(path).is_file():
        raise WrongArgument(
            f"--set NAME=@FILE.npy reads an array. Received: {path!r}, which is no such file. Write it by numpy.save."
        )
    return np.load(path, allow_pickle=False)


def _score(text: str, class_names: Sequence[str] | None) -> Any:
    """Read what --score means.

    Example:
        >>> _score("3", None), _score("cat", ["dog", "cat"]), _score("all", None)
        (3, 1, 'all')
    """
    if class_names is not None and text in class_names:
        return list(class_names).index(text)
    if text.isdigit():
        return int(text)
    if text == "all":
        return text
    if text in ("label", "loss"):
        from kerasal import scores

        return scores.Label() if text == "label" else scores.Loss()
    near = difflib.get_close_matches(text, class_names or [], 1, 0.4)
    way = (
        f"Did you mean {near[0]!r}?"
        if near
        else "Pass e.g. --score 3; names of classes are known by --class-names FILE."
    )
    raise WrongArgument(
        f"--score is the number or name of a class, 'label', 'loss' or 'all'. Received: {text!r}. {way}"
    )


def at_an_embedding(recipe: Any, model: Any) -> Any:
    """Aim a recipe at the one embedding of a model whose input has no gradient, and say so; else give it as it is.

    Args:
        recipe: the recipe.
        model: the Keras model.
    """
    import keras

    from kerasal._network.layer_tree import layers_of
    from kerasal._network.versions import symbolic_inputs

    first = next(iter(symbolic_inputs(model).values()), None)
    is_real = first is None or str(first.dtype).replace("<dtype: '", "").startswith(("float", "bfloat"))
    if is_real or "target_extractor" in recipe:
        return recipe
    found = [layer for layer in layers_of(model) if isinstance(layer, keras.layers.Embedding)]
    if len(found) != 1:
        return recipe  # which says what to do
    say(
        f"the input has no gradient: what is explained is the layer {found[0].name!r}, which embeds it (--target names another)."
    )
    return recipe.replace(target_extractor=found[0].name)
