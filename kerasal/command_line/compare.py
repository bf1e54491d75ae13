"""`kerasal compare`: several recipes side by side, and measured."""

import argparse
import functools
from typing import Any

from kerasal.command_line import arguments
from kerasal.command_line.checks import check_named
from kerasal.command_line.messages import WrongArgument
from kerasal.command_line.output import OutputFolder, wrote

EXAMPLES = """examples:
  kerasal compare model.keras photographs/ --recipes smooth_grad grad_cam --set ch_axis=-1 --out compared
  kerasal compare model.keras table.csv --label species --recipes vanilla integrated_gradients --metrics deletion --out compared

DIR gets side_by_side.png (.svg of molecules), comparison.csv and comparison.txt with the measures, which differences are more than
chance, and measures.png. Of pictures, ch_axis=-1 makes maps of pixels, which is what grad_cam gives: only maps alike compare. --set, --score and --target hold for all recipes; settings of one alone are those of a JSON file."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command.

    Args:
        parser: of the command.
    """
    arguments.add_model_and_data(parser)
    parser.add_argument(
        "--recipes", required=True, nargs="+", metavar="NAME", help="two recipes or more, or JSON files of them"
    )
    arguments.add_metrics(parser)
    arguments.add_settings(parser)
    arguments.add_out(parser)


def run(options: argparse.Namespace) -> None:
    """Compare the recipes.

    Args:
        options: as they were typed.
    """
    if len({*options.recipes}) < max(2, len(options.recipes)):
        raise WrongArgument(f"--recipes names two recipes or more. Received: {' '.join(options.recipes)}. Add another.")
    check_named(options, *options.recipes)
    folder = OutputFolder(options.out, overwrite=options.overwrite)
    _compare(options, folder)


def _compare(options: argparse.Namespace, folder: OutputFolder) -> None:
    from kerasal.command_line.models import start_tensorflow

    start_tensorflow()
    from kerasal import metrics
    from kerasal.command_line.explaining import asked_of
    from kerasal.command_line.measures import measure_named
    from kerasal.command_line.messages import say
    from kerasal.command_line.settings import at_an_embedding, recipe_of

    asked = asked_of(options, options.recipes[0])
    named = {
        name: at_an_embedding(recipe_of(name, options, asked.class_names), asked.model) for name in options.recipes
    }
    measures = [functools.partial(measure_named, name, asked.model) for name in options.metrics]
    x, y = asked.examples.read(0, len(asked.examples)), asked.labels_needed
    found = metrics.compare(asked.model, x, named, measures, y, batch_size=options.batch_size)
    _draw(folder, found, asked)
    folder.text("comparison.txt", f"{found}\n")
    folder.table("comparison.csv", *_rows(found))
    found.plot(folder.file("measures.png"))
    wrote(folder.path / "measures.png")
    for line in repr(found).splitlines():
        say(line)


def _rows(found: Any) -> tuple[list[str], list[list[Any]]]:
    """Heading and rows of the table of measures."""
    heading = ["recipe", "measure", "mean", "standard error", "among the best", "seconds"]
    rows = [
        [recipe, measure, each.mean, each.mean_error, recipe in found.best(measure), found.costs[recipe].seconds]
        for measure, by_recipe in found.measurements.items()
        for recipe, each in by_recipe.items()
    ]
    return heading, rows


def _draw(folder: OutputFolder, found: Any, asked: Any) -> None:
    """Draw maps of all recipes side by side."""
    from kerasal.command_line.side_by_side import draw_side_by_side

    path = draw_side_by_side(folder, found.saliencies, asked)
    if path is not None:
        wrote(path)
