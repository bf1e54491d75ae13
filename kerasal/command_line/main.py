"""The command `kerasal`: its arguments, its exit code, and errors of one line."""

import argparse
import contextlib
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

from kerasal.command_line import compare, demo, explain, export, measure, recipes
from kerasal.command_line.messages import WrongArgument, one_line, say

GOOD, MENDABLE, WRONG, INTERRUPTED = 0, 1, 2, 130
COMMANDS = {
    "explain": explain,
    "compare": compare,
    "measure": measure,
    "export": export,
    "recipes": recipes,
    "demo": demo,
}
_DESCRIPTION = """Which parts of an input drive the prediction of a Keras model, with error bars.

examples:
  kerasal demo
  kerasal explain model.keras photographs/ --recipe grad_cam --out explained
  kerasal explain model.keras table.csv --recipe integrated_gradients --out explained
  kerasal recipes

'kerasal COMMAND --help' has the examples of a command. Exit codes: 0 good, 1 what you can mend, 2 wrong arguments,
130 interrupted. Paths of what is written go to stdout, all else to stderr."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        argv: arguments after the name of the program; None for those of this process.

    Returns:
        The exit code: 0 good, 1 what the user can mend, 2 wrong arguments, 130 interrupted.

    Example:
        >>> main(["recipes", "vanilla", "--names"])
        vanilla
        0
    """
    try:
        options = _parser().parse_args(argv)
    except SystemExit as done:  # of argparse, which has said why
        return int(done.code or GOOD)
    return _code_of(options)


def _parser() -> argparse.ArgumentParser:
    """Arguments of every command."""
    how: Any = {"formatter_class": argparse.RawDescriptionHelpFormatter, "allow_abbrev": False}
    parser = argparse.ArgumentParser("kerasal", description=_DESCRIPTION, **how)
    parser.add_argument("--version", action="store_true", help="print the version, and end")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    for name, module in COMMANDS.items():
        first = (module.__doc__ or "").partition("\n")[0].partition(": ")[2].rstrip(".")
        command = commands.add_parser(name, help=first, description=f"{first}.\n\n{module.EXAMPLES}", **how)
        module.add_arguments(command)
        command.set_defaults(main=main)
        command.add_argument("--traceback", action="store_true", help="of an error, show where it was raised")
    return parser


def _code_of(options: argparse.Namespace) -> int:
    """Run what was asked for, and return the exit code."""
    if options.version:
        print(sys.modules["kerasal"].__version__)
        return GOOD
    if options.command is None:
        _parser().print_help()
        return WRONG
    try:
        with _surroundings():
            COMMANDS[options.command].run(options)
    except KeyboardInterrupt:
        say("interrupted.")
        return INTERRUPTED
    except BrokenPipeError:  # whoever read stdout has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return MENDABLE
    except Exception as error:
        if options.traceback:
            raise
        say(f"error: {one_line(error)}")
        return WRONG if isinstance(error, WrongArgument) else MENDABLE
    return GOOD


@contextlib.contextmanager
def _surroundings() -> Iterator[None]:
    """Quiet TensorFlow; give each warning once, in one line, to stderr."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    os.environ.setdefault("MPLBACKEND", "Agg")
    given = set[str]()

    def show(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
        words = one_line(message)
        if issubclass(category, UserWarning) and words not in given:
            given.add(words)
            say(f"warning: {words}")

    with warnings.catch_warnings():
        warnings.simplefilter("always", UserWarning)
        warnings.showwarning = show
        yield
