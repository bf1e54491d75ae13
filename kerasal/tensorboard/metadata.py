"""Directories, tags and plugins that the writer and any reader of a log agree on. Imports no TensorFlow."""

import os
from typing import NamedTuple

from kerasal._storage.places import check_name

FOLDER = "saliency"  # in the log directory, next to the runs of keras.callbacks.TensorBoard
GROUP = "saliency"  # of the pictures, and of the means over the examples


class Plugin(NamedTuple):
    """A tab of TensorBoard: its name in event files, and the class of what it shows (`DataClass` of TensorFlow)."""

    name: str
    data_class: int


SCALARS = Plugin("scalars", 1)
IMAGES = Plugin("images", 3)


def run_directory(log_dir: str | os.PathLike[str], name: str) -> str:
    """Return the directory of the run `name`.

    Raises:
        TypeError, ValueError: `name` is not one name of a directory.

    Example:

    >>> run_directory("logs", "bayesgrad")
    'logs/saliency/bayesgrad'
    """
    check_name(name)
    return os.path.join(os.fspath(log_dir), FOLDER, name)  # no Path: it would spoil gs://


def example_name(position: int, label: str | None = None) -> str:
    """Name an example in tags: its position and true label, which never change while a model trains.

    Example:

    >>> example_name(0), example_name(3, "7")
    ('0', '3 label 7')
    """
    return str(position) if label is None else f"{position} label {label}"


def tag_of_picture(example: str) -> str:
    """Return the tag of an example's picture, e.g. `"saliency/3 label 7"`."""
    return f"{GROUP}/{example}"


def tag_of_strip(example: str) -> str:
    """Return the tag of an example's maps side by side, written when training ends, e.g. `"strip/3 label 7"`."""
    return f"strip/{example}"


def tag_of_number(quantity: str, example: str) -> str:
    """Return the tag of a number of one example, e.g. `"drift/3 label 7"`."""
    return f"{quantity}/{example}"


def tag_of_mean(quantity: str) -> str:
    """Return the tag of a number of the whole batch, e.g. `"saliency/drift"`, the mean over its examples."""
    return f"{GROUP}/{quantity}"


def size_in_words(count: float) -> str:
    """Write a number of bytes as people do.

    Example:

    >>> size_in_words(2140), size_in_words(20_070_000)
    ('2.14 kB', '20.1 MB')
    """
    for unit, size in (("GB", 1e9), ("MB", 1e6)):
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return f"{count / 1e3:.3g} kB"
