"""Parts that need packages which a plain installation does not bring, and the error where one is missing."""

import contextlib
from collections.abc import Iterator

INSTALLED_BY = {"rdkit": "molecules", "fsspec": "remote"}  # package -> extra of setup.py


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
