"""Explaining examples some at a time."""

import argparse
import contextlib
import sys
import warnings
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from kerasal.command_line.examples import Examples
from kerasal.command_line.messages import one_line, say

AT_ONCE = {"photographs": 32}  # examples between which pictures are written and Ctrl-C keeps what is complete
MANY_AT_ONCE = 4096  # of other kinds


class Asked(NamedTuple):
    """A model, a recipe, and examples to explain.

    Attributes:
        model: the Keras model.
        recipe: the `Recipe`.
        examples: the examples.
        class_names: of the model's classes, or None.
    """

    model: Any
    recipe: Any
    examples: Examples
    class_names: Sequence[str] | None

    @property
    def labels_needed(self) -> Any:
        """Labels of the examples where the score takes them, else None."""
        return self.examples.y if self.recipe.build(self.model).score.needs_y else None


def asked_of(options: argparse.Namespace, recipe_name: str) -> Asked:
    """Load the model, read the data and make the recipe of a command.

    Args:
        options: of the command.
        recipe_name: of the recipe, or of its file.
    """
    from kerasal.command_line.models import load_model, start_tensorflow

    start_tensorflow()
    from kerasal.command_line.reading import read_class_names, read_examples
    from kerasal.command_line.settings import at_an_embedding, recipe_of

    class_names = read_class_names(options.class_names)
    recipe = recipe_of(recipe_name, options, class_names)
    model = load_model(options.model, unsafe=options.unsafe)
    read_class_names(options.class_names, model)
    return Asked(model, at_an_embedding(recipe, model), read_examples(options, model), class_names)


def at_once(examples: Examples) -> int:
    """Give how many examples are read at a time.

    Args:
        examples: the examples.
    """
    return AT_ONCE.get(examples.kind, MANY_AT_ONCE)


def explained(asked: Asked) -> Iterator[Any]:
    """Explain examples, some at a time, with the numbers of one call of all.

    Args:
        asked: what and how.

    Yields:
        A `Saliency` of the next examples.
    """
    calculator, total = asked.recipe.build(asked.model), len(asked.examples)
    step = at_once(asked.examples)
    for first in range(0, total, step):
        last = min(first + step, total)
        with warnings.catch_warnings(record=True) as given, contextlib.redirect_stdout(sys.stderr):  # the bar of Keras
            found = _explained_part(asked, calculator, first, last)
        where = "" if total <= step else f" of examples {first} to {last - 1}, where 0 is example {first}"
        for words in {one_line(each.message): None for each in given if issubclass(each.category, UserWarning)}:
            say(f"warning{where}: {words}")
        yield found
        say(f"{last} of {total} explained")


def _explained_part(asked: Asked, calculator: Any, first: int, last: int) -> Any:
    """Explain the examples first to last."""
    examples = asked.examples
    labels = None if examples.y is None else examples.y[first:last]
    needs_labels = labels is not None and calculator.score.needs_y
    given = (examples.read(first, last), *([labels] if needs_labels else []))
    told = {} if asked.class_names is None else {"class_names": asked.class_names}
    begin = asked.recipe["first_example"] + first
    arguments = {**asked.recipe.arguments, "first_example": begin, "show_progress": sys.stderr.isatty()}
    found = calculator.explain(*given, **arguments, **examples.known(first, last), **told)
    found.labels = labels
    return found
