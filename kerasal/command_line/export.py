"""`kerasal export`: a model that answers with its explanation, served by TensorFlow alone."""

import argparse
import contextlib
import shutil
import sys
import uuid
from typing import Any

from kerasal.command_line import arguments
from kerasal.command_line.checks import check_named
from kerasal.command_line.messages import say
from kerasal.command_line.output import OutputFolder, wrote

EXAMPLES = """examples:
  kerasal export model.keras --recipe smooth_grad --set M=20 --out served
  saved_model_cli show --dir served --tag_set serve --signature_def serving_default

DIR is a SavedModel of prediction, saliency and score, and where they are known standard_error and explained_class."""
_PARTS = ("saliency", "standard_error", "explained_class", "score")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command.

    Args:
        parser: of the command.
    """
    arguments.add_model(parser)
    arguments.add_recipe(parser)
    arguments.add_out(parser)


def run(options: argparse.Namespace) -> None:
    """Export the model with its explanation.

    Args:
        options: as they were typed.
    """
    check_named(options, options.recipe)
    folder = OutputFolder(options.out, overwrite=options.overwrite)
    from kerasal.command_line.models import load_model, start_tensorflow
    from kerasal.command_line.settings import at_an_embedding, recipe_of

    start_tensorflow()
    recipe = recipe_of(options.recipe, options)
    model = load_model(options.model, unsafe=options.unsafe)
    network = explaining_network(model, at_an_embedding(recipe, model))
    aside = folder.path.with_name(f".{uuid.uuid4().hex}")
    try:
        with contextlib.redirect_stdout(sys.stderr):
            network.export(str(aside))
        if folder.path.exists():
            shutil.rmtree(folder.path)
        aside.rename(folder.path)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    say(f"answers: {', '.join(network.output)}")
    wrote(folder.path)


def explaining_network(model: Any, recipe: Any) -> Any:
    """Make the network of prediction and explanation.

    Args:
        model: the Keras model.
        recipe: the `Recipe`.

    Returns:
        A Keras model with a dict of outputs.

    Raises:
        ValueError: a model whose inputs are not known, or a recipe that no layer computes.
    """
    import keras

    from kerasal._network.versions import input_structure, symbolic_inputs
    from kerasal._tree import mapped

    if not symbolic_inputs(model):
        raise ValueError(
            "Of a model that is exported the inputs are known. Received: a subclassed model. Wrap it: keras.Model(x, model(x))."
        )
    structure = input_structure(model)
    known = model.inputs[0] if structure is None else structure
    x = mapped(lambda tensor: keras.Input(tensor.shape[1:], dtype=tensor.dtype, name=tensor.name.split(":")[0]), known)
    prediction = model(x)
    return keras.Model(x, {"prediction": prediction, **_parts(model, recipe, x)})


def _parts(model: Any, recipe: Any, x: Any) -> Any:
    """All that the layer can tell of this recipe; Keras 2 keeps the words of an error, and not its class."""
    from kerasal.layers import Saliency

    parts = list(_PARTS)
    while True:
        try:
            return Saliency(model, recipe, returns=parts, name="explained")(x)
        except ValueError as error:
            missing = next((part for part in parts[1:] if f"returns with '{part}'" in str(error)), None)
            if missing is None:
                raise
            parts.remove(missing)
