"""The folders that users name, as paths that mean the same wherever the process is later."""

import os
import unicodedata

from kerasal._storage.base import StrPath

LONGEST = 250  # bytes of a name: file systems take 255, of which a few are for `_2`


def absolute(folder: StrPath, argument: str) -> str:
    """Return a folder that a user names as an absolute path, `~` being the user's home; behind a scheme as it is.

    Args:
        folder: As the user gives it.
        argument: The name of the argument, for errors.

    Raises:
        TypeError: It is no path.
        ValueError: No folder can have that path.

    Example:

    >>> absolute("gs://bucket/logs", "log_dir"), absolute("/logs", "log_dir")
    ('gs://bucket/logs', '/logs')
    """
    path: object = os.fspath(folder) if isinstance(folder, os.PathLike) else folder
    if not isinstance(path, str):
        raise TypeError(f"{argument} is the path of a folder. Received: {folder!r}. Pass a string or a pathlib.Path.")
    if not path.strip() or "\0" in path:
        raise ValueError(
            f"{argument} is the path of a folder. Received: {path!r}. Pass e.g. 'logs', or '.' for this one."
        )
    if "://" in path:
        return path
    path = os.path.expanduser(path)
    return path if os.path.isabs(path) else os.path.join(os.getcwd(), path)


def check_name(name: str) -> None:
    """Refuse what is not one name of a directory on every system.

    Raises:
        TypeError, ValueError: It is no string, or has slashes, spaces at its ends, control characters, or too many bytes.
    """
    if not isinstance(name, str):
        raise TypeError(f"name is one name of a directory. Received: name={name!r}. Pass a string, e.g. 'bayesgrad'.")
    has_bad = any(each in "/\\" or unicodedata.category(each) in ("Cc", "Cs") for each in name)
    if not name or name in (".", "..") or has_bad or name != name.strip():
        raise ValueError(
            f"name is one name of a directory. Received: name={name!r}. Choose one without slashes, control characters and spaces "
            "at its ends, e.g. 'bayesgrad'."
        )
    if len(name.encode()) > LONGEST:
        raise ValueError(
            f"name is one name of a directory, of at most {LONGEST} bytes. Received: {name[:40]!r}…, of {len(name.encode())}. "
            "Choose a shorter one, and keep what it stands for in a file next to the logs."
        )
