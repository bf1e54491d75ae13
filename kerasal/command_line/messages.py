"""Words of the command: lines to stderr, and the error for arguments that are wrong."""

import re
import sys

_LONGEST = 900  # characters of a line; errors of TensorFlow list whole graphs
# What Keras puts around an error in a layer: its own words, those of a traceback, and the arguments of the call.
_AROUND = re.compile(
    r"^Exception encountered when calling .*?\)\. (?:in user code: .*\w+(?:Error|Exception): )?(.*?)(?: (?:Call a|A)rguments received by .*)?$"
)


class WrongArgument(ValueError):
    """An argument of the command that cannot be, found before any work."""


def say(words: str) -> None:
    """Write a line to stderr.

    Args:
        words: of the line.
    """
    print(f"kerasal: {words}", file=sys.stderr, flush=True)


def one_line(error: object) -> str:
    r"""Give the words of an error or a warning, in one line.

    Args:
        error: the exception, or its words.

    Example:
        >>> one_line(ValueError("Expected a file.\n  Received: none.")), one_line(KeyError("dense"))
        ('Expected a file. Received: none.', "KeyError: 'dense'")
        >>> one_line(ValueError("Exception encountered when calling F.call().\n\nToo long.\n\nArguments received by F.call(): 3"))
        'ValueError: Too long.'
    """
    words = _AROUND.sub(r"\1", " ".join(re.sub("\x1b.*?m", "", str(error)).split()))
    words = words if len(words) <= _LONGEST else f"{words[:_LONGEST]} … (--traceback shows all)"
    if isinstance(error, Exception) and "Received" not in words and not isinstance(error, Warning):
        return f"{type(error).__name__}: {words}" if words else type(error).__name__
    return words
