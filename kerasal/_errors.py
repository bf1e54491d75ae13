"""Words of messages, and the error for a package that is missing."""

import contextlib
from collections.abc import Iterator

import numpy as np

INSTALLED_BY = {"rdkit": "molecules", "fsspec": "remote"}  # package -> extra of setup.py


def listed(numbers):
    """The first ten of some numbers, for a message."""
    return ", ".join(map(str, numbers[:10])) + (", …" if len(numbers) > 10 else "")


def samples_in_words(M) -> str:
    """The number of samples as users read it."""
    return f"{np.min(M)} to {np.max(M)}" if np.ndim(M) else str(M)


@contextlib.contextmanager
def needed(package: str, what: str) -> Iterator[None]:
    """Around imports of a package of an extra.

    Args:
        package: e.g. "rdkit".
        what: needs it, for the error.

    Raises:
        ImportError: the package is not installed; the words say how to install it.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] != package:
            raise
        raise ImportError(
            f"{what} needs {package}, which is not installed. Received: {error}. Install it: "
            f"pip install kerasal[{INSTALLED_BY[package]}].",
            name=package,
        ) from error
