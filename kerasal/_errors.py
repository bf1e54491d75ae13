"""Words of messages, and the error for a package that is missing."""

import contextlib
import sys
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

PACKAGE = __name__.partition(".")[0]
INSTALLED_BY = {
    "rdkit": "molecules",
    "skimage": "regions",
    "fsspec": "remote",
    "pandas": "export",
    "shap": "export",
    "xarray": "export",
    "zarr": "store",
    "apache_beam": "beam",
}  # package -> extra of setup.py


def listed(numbers: Sequence[Any] | NDArray[Any]) -> str:
    """Write the first ten of some numbers, for a message.

    Example:
        >>> listed(range(12))
        '0, 1, 2, 3, 4, 5, 6, 7, 8, 9, …'
    """
    return ", ".join(map(str, numbers[:10])) + (", …" if len(numbers) > 10 else "")


def samples_in_words(M: ArrayLike) -> str:
    """Write the number of samples as users read it.

    Args:
        M: one number, or one for each example.

    Example:
        >>> samples_in_words(30), samples_in_words([32, 64])
        ('30', '32 to 64')
    """
    return f"{np.min(M)} to {np.max(M)}" if np.ndim(M) else str(M)


def check_flags(**flags: Any) -> None:
    """Refuse flags that are neither True nor False.

    Args:
        **flags: by their names.

    Raises:
        TypeError: something else, as a text or a number.
    """
    for name, flag in flags.items():
        if not isinstance(flag, (bool, np.bool_)):
            raise TypeError(f"{name} is True or False. Received: {name}={flag!r}. Choose one.")


def warn_user(words: str, category: type[Warning] = UserWarning) -> None:
    """Give a warning at the user's line: the nearest one of the stack that is outside of this package.

    Args:
        words: the cause and the way out.
        category: of the warning.
    """
    level, frame = 2, sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] in (PACKAGE, "functools"):
        level, frame = level + 1, frame.f_back
    warnings.warn(words, category, stacklevel=level)


@contextlib.contextmanager
def needed(package: str, what: str) -> Iterator[None]:
    """Surround imports of a package of an extra.

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
