"""`kerasal measure`: how far the maps of a recipe can be trusted."""

import argparse
from typing import Any

from kerasal.command_line import arguments
from kerasal.command_line.checks import check_named
from kerasal.command_line.measures import NAMES
from kerasal.command_line.messages import say
from kerasal.command_line.output import OutputFolder, wrote

EXAMPLES = f"""examples:
  kerasal measure model.keras photographs/ --recipe smooth_grad --metrics deletion insertion --out measured
  kerasal measure model.keras table.csv --label species --recipe integrated_gradients --metrics completeness infidelity --out measured

Measures: {", ".join(NAMES)} (docs/metrics.md says what each is).
DIR gets measures.csv, with mean and standard error of each, examples.csv with the number of each example, and a picture of each."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command.

    Args:
        parser: of the command.
    """
    arguments.add_model_and_data(parser)
    arguments.add_recipe(parser)
    arguments.add_metrics(parser)
    arguments.add_out(parser)


def run(options: argparse.Namespace) -> None:
    """Measure the recipe.

    Args:
        options: as they were typed.
    """
    check_named(options, options.recipe)
    folder = OutputFolder(options.out, overwrite=options.overwrite)
    from kerasal.command_line.explaining import asked_of, explained
    from kerasal.command_line.joining import joined

    asked = asked_of(options, options.recipe)
    saliency = joined(list(explained(asked)), asked.recipe)
    _write(folder, _measured(asked, saliency, options), asked.examples.names)


def _measured(asked: Any, saliency: Any, options: argparse.Namespace) -> dict[str, Any]:
    """Measure by each name."""
    from kerasal.command_line.measures import measure_named

    x, y, found = asked.examples.read(0, len(asked.examples)), asked.labels_needed, dict[str, Any]()
    for name in dict.fromkeys(options.metrics):
        found[name] = measure_named(name, asked.model, asked.recipe)(x, saliency, y, batch_size=options.batch_size)
        say(repr(found[name]))
    return found


def _write(folder: OutputFolder, found: dict[str, Any], names: Any) -> None:
    """Write the tables and a picture of each measure."""
    words = {True: "higher", False: "lower", None: ""}
    rows = [
        (each.name, each.mean, each.mean_error, len(each), words[each.higher_is_better], each.verdict)
        for each in found.values()
    ]
    folder.table("measures.csv", ["measure", "mean", "standard error", "examples", "better is", "verdict"], rows)
    of_examples = [each.values for each in found.values() if len(each) == len(names)]
    titles = [name for name, each in found.items() if len(each) == len(names)]
    folder.table("examples.csv", ["example", *titles], zip(names, *of_examples, strict=True))
    for name, each in found.items():
        each.plot(folder.file(f"{name}.png"))
        wrote(folder.path / f"{name}.png")
