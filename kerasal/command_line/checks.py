"""Checks of what the arguments of a command name, before TensorFlow is loaded."""

import argparse

from kerasal.command_line.examples import kind_of
from kerasal.command_line.measures import check_metric
from kerasal.command_line.models import check_model_path
from kerasal.command_line.settings import check_recipe_name


def check_named(options: argparse.Namespace, *recipes: str) -> None:
    """Refuse a model, data, recipes and measures that are not there.

    Args:
        options: of the command.
        recipes: names of recipes, or of their files.

    Raises:
        ValueError, OSError: something is not there, or is of another kind.
    """
    check_model_path(options.model, unsafe=options.unsafe)
    if "data" in options:
        kind_of(options.data, options.smiles)
    for name in recipes:
        check_recipe_name(name)
    for name in options.metrics if "metrics" in options else ():
        check_metric(name)
