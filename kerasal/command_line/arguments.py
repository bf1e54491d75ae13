"""Arguments that several commands take."""

import argparse


def add_model_and_data(parser: argparse.ArgumentParser) -> None:
    """Add the model, the data, and how the data are read.

    Args:
        parser: of the command.
    """
    add_model(parser)
    parser.add_argument(
        "data",
        metavar="DATA",
        help="a photograph or a folder of them, .npy or .npz arrays, a .csv table with a heading, molecules (.smi, or a table with "
        "--smiles), or a .txt file of a text a line",
    )
    of_data = parser.add_argument_group("data")
    of_data.add_argument("--first", type=int, metavar="N", help="take the first N examples alone")
    of_data.add_argument(
        "--class-names", metavar="FILE", help="a text file with the name of a class a line, in the model's order"
    )
    of_data.add_argument(
        "--size", type=int, nargs=2, metavar=("H", "W"), help="of photographs, where the model takes any"
    )
    of_data.add_argument(
        "--preprocess",
        metavar="HOW",
        help="how pixels become numbers: bytes (0 to 255, as read), unit (0 to 1), signed (-1 to 1), imagenet, caffe, or a module "
        "of keras.applications, e.g. mobilenet_v2",
    )
    of_data.add_argument("--label", metavar="COLUMN", help="column of a table with the true class or number")
    of_data.add_argument("--drop", nargs="+", default=[], metavar="COLUMN", help="columns of a table to leave out")
    of_data.add_argument("--smiles", metavar="COLUMN", help="column of a table with molecules")


def add_model(parser: argparse.ArgumentParser) -> None:
    """Add the model.

    Args:
        parser: of the command.
    """
    parser.add_argument(
        "model", metavar="MODEL", help="a .keras or .h5 file, or a SavedModel folder where Keras reads it"
    )
    parser.add_argument(
        "--unsafe",
        action="store_true",
        help="also load what runs code that is in the file, with all your rights: Lambda layers, and FILE.py:FUNCTION, which returns a "
        "model. For files that you trust alone",
    )


def add_recipe(parser: argparse.ArgumentParser) -> None:
    """Add the recipe and its settings.

    Args:
        parser: of the command.
    """
    parser.add_argument(
        "--recipe", required=True, metavar="NAME", help="a recipe ('kerasal recipes' lists them), or a JSON file of one"
    )
    add_settings(parser)


def add_settings(parser: argparse.ArgumentParser) -> None:
    """Add settings of recipes.

    Args:
        parser: of the command.
    """
    of_recipe = parser.add_argument_group("recipe")
    of_recipe.add_argument(
        "--set",
        nargs="+",
        action="extend",
        default=[],
        metavar="NAME=VALUE",
        help="settings, e.g. M=100 method=abs; @FILE.npy is an array",
    )
    of_recipe.add_argument(
        "--score", help="what is explained: a class, by its number or name, 'label', 'loss' or 'all'"
    )
    of_recipe.add_argument(
        "--target", metavar="LAYER", help="explain this layer in place of the input, e.g. an embedding"
    )
    of_recipe.add_argument("--batch-size", type=int, metavar="ROWS", help="the most rows of a call of the model")


def add_metrics(parser: argparse.ArgumentParser) -> None:
    """Add the measures.

    Args:
        parser: of the command.
    """
    parser.add_argument(
        "--metrics", nargs="+", default=["deletion", "insertion"], metavar="NAME", help="measures (deletion insertion)"
    )


def add_out(parser: argparse.ArgumentParser, *, default: str | None = None, required: bool = True) -> None:
    """Add the folder that is written.

    Args:
        parser: of the command.
        default: its name where none is given; None where there is none.
        required: False where it may be left out.
    """
    parser.add_argument(
        "--out",
        required=required and default is None,
        default=default,
        metavar="DIR",
        help="folder to write, new or empty" + (f" ({default})" if default else ""),
    )
    parser.add_argument(
        "--overwrite",
        action="store_true",
        help="write into a folder that has files; those of the same names are replaced",
    )
