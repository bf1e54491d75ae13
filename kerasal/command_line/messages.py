"""Words of the command: lines to stderr, and the error for arguments that are wrong."""

import sys

_LONGEST = 900  # characters of a line; errors of TensorFlow list whole graphs


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
    """
    words = " ".join(str(error).split())
    words = words if len(words) <= _LONGEST else f"{words[:_LONGEST]} … (--traceback shows all)"
    if isinstance(error, Exception) and "Received" not in words and not isinstance(error, Warning):
        return f"{type(error).__name__}: {words}" if words else type(error).__name__
    return words
