"""`kerasal explain`: pictures, values and tables of what drives each prediction."""

import argparse
from typing import Any

from kerasal.command_line import arguments
from kerasal.command_line.checks import check_named
from kerasal.command_line.examples import Examples
from kerasal.command_line.messages import WrongArgument, say
from kerasal.command_line.output import OutputFolder, wrote

EXAMPLES = """examples:
  kerasal explain model.keras photographs/ --recipe smooth_grad --set method=abs ch_axis=-1 --out explained
  kerasal explain model.keras dog.jpg --recipe grad_cam --preprocess signed --class-names names.txt --out dog
  kerasal explain model.keras table.csv --label species --recipe integrated_gradients --out flowers
  kerasal explain model.keras images.npz --recipe smooth_grad --set M=100 method=abs ch_axis=-1 --score 3 --out threes
  kerasal explain model.keras reviews.txt --recipe integrated_gradients --target embed --out reviews
  kerasal explain model.keras photographs/ --recipe smooth_grad --store maps.zarr
  kerasal explain model.keras molecules.csv --smiles smiles --recipe bayes_grad --out molecules

DIR gets a picture for each photograph under its name (of arrays and molecules in DIR/pictures, of a table table.png, of texts
texts.html), values.npz (kerasal.Saliency.load reads it), predictions.csv, saliency.csv of tables, texts and molecules, and
recipe.json, which --recipe takes. After Ctrl-C it has what was complete."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command.

    Args:
        parser: of the command.
    """
    arguments.add_model_and_data(parser)
    arguments.add_recipe(parser)
    arguments.add_out(parser, required=False)
    parser.add_argument(
        "--store",
        metavar="PATH",
        help="in place of --out a Zarr store, for data of any size; what was interrupted goes on",
    )
    parser.add_argument(
        "--pictures",
        type=int,
        metavar="N",
        help="draw the first N examples (all photographs; 20 arrays, 100 molecules)",
    )


def run(options: argparse.Namespace) -> None:
    """Explain the data.

    Args:
        options: as they were typed.
    """
    check_named(options, options.recipe)
    check_destination(options)
    if options.store is None:
        _into_folder(options, OutputFolder(options.out, overwrite=options.overwrite))
        return
    from kerasal.command_line.explaining import asked_of

    asked = asked_of(options, options.recipe)
    from kerasal.command_line.storing import explain_into

    explain_into(options.store, asked)


def check_destination(options: argparse.Namespace) -> None:
    """Refuse a store beside a folder, and neither.

    Args:
        options: as they were typed.

    Raises:
        WrongArgument: there are both, or none.
    """
    if (options.out is None) == (options.store is None):
        given = "neither" if options.out is None else "both"
        raise WrongArgument(
            f"Results go into a folder or a store. Received: {given} of --out and --store. Pass --out DIR for pictures and tables, or "
            "--store PATH for data of any size."
        )


def _into_folder(options: argparse.Namespace, folder: OutputFolder) -> None:
    """Explain into pictures, values and tables."""
    from kerasal.command_line.explaining import asked_of, explained
    from kerasal.command_line.pictures import draw_examples, names_of_pictures

    asked = asked_of(options, options.recipe)
    pictures, parts, done = names_of_pictures(asked.examples, options.pictures), list[Any](), 0
    try:
        for saliency in explained(asked):
            parts.append(saliency)
            if "class" not in saliency.axes:
                draw_examples(folder, saliency, pictures[done : done + len(saliency)], asked.examples.image_range)
            done += len(saliency)
    except KeyboardInterrupt:
        done = sum(map(len, parts))
        if parts:
            _write(folder, parts, asked.recipe, asked.examples)
        say(
            f"interrupted: {done} of {len(asked.examples)} examples are complete{f' in {folder.path}' if done else ''}."
        )
        raise
    _write(folder, parts, asked.recipe, asked.examples)


def _write(folder: OutputFolder, parts: list[Any], recipe: Any, examples: Examples) -> None:
    """Write what is of all examples together."""
    from kerasal.command_line.joining import joined
    from kerasal.command_line.pictures import draw_whole
    from kerasal.command_line.tables import write_tables

    saliency = joined(parts, recipe)
    saliency.save(folder.file("values.npz"))
    wrote(folder.path / "values.npz")
    write_tables(folder, saliency, examples.names[: len(saliency)])
    draw_whole(folder, saliency)
    folder.text("recipe.json", recipe.to_json(strict=False) + "\n")
