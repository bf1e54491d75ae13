"""The JavaScript modules that draw the kinds of pictures in the tab: those of kerasal, and those that a user registers.

A run only names its kind. The module is one that the process of TensorBoard knows by that name, never a file of the run: to look
at a log directory of somebody else runs no script of theirs. A kind of one's own is registered there in one of two ways:

* A package has an entry point `spectrum = mypackage.spectrum` in the group `kerasal.picture_kinds`. The file `spectrum.js` lies
  next to `spectrum.py`, which is not imported.
* The environment variable `KERASAL_PICTURE_KINDS` lists files, e.g. `/home/me/spectrum.js`, separated as in PATH. The name of the
  file is that of the kind.
"""

import importlib.metadata
import importlib.util
import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from kerasal.tensorboard.depiction import is_word

GROUP = "kerasal.picture_kinds"
VARIABLE = "KERASAL_PICTURE_KINDS"
BUILT_IN = Path(__file__).with_name("static") / "kinds"


class Registration(NamedTuple):
    """A kind's name, its JavaScript module, and the place that names it."""

    kind: str
    module: Path
    source: str


def picture_kinds() -> dict[str, Path]:
    """Find the JavaScript module of every kind of picture.

    Returns:
        {kind: file}. A registration that cannot be used is left out with a warning; names of kerasal's own kinds are taken.

    Example:

    >>> sorted(picture_kinds())
    ['image', 'molecule', 'numbers', 'series', 'table', 'text', 'video', 'volume']
    """
    kinds = {path.stem: path for path in sorted(BUILT_IN.glob("*.js"))}
    for kind, module, source in (*_in_environment(), *_in_packages()):
        trouble = _trouble(kind, module, kinds)
        if trouble:
            warnings.warn(f"A kind of picture is left out: {trouble} It is named in {source}.", stacklevel=2)
        else:
            kinds[kind] = module
    return kinds


def _trouble(kind: str, module: Path, kinds: dict[str, Path]) -> str | None:
    """Say why a registration cannot be used."""
    if not is_word(kind):
        return f"its name is a word of a-z, 0-9 and _. Received: {kind!r}. Rename it."
    if kind in kinds:
        return f"each kind has one module. Received: {str(module)!r} for {kind!r}, which is {str(kinds[kind])!r}. Rename it."
    if module.suffix != ".js" or not module.is_file():
        return f"its module is a JavaScript file. Received: {str(module)!r}, which is none. Put it there."
    return None


def _in_environment() -> Iterator[Registration]:
    for path in filter(None, os.environ.get(VARIABLE, "").split(os.pathsep)):
        module = Path(path).expanduser().absolute()
        yield Registration(module.stem, module, VARIABLE)


def _in_packages() -> Iterator[Registration]:
    for entry in importlib.metadata.entry_points(group=GROUP):
        try:
            found = importlib.util.find_spec(entry.module)
        except Exception as error:  # noqa: BLE001  the package around it is imported and may fail in any way
            warnings.warn(f"The kind of picture {entry.name!r} is left out: {error!r}.", stacklevel=3)
            continue
        path = Path(found.origin) if found is not None and found.origin else Path(entry.module)
        yield Registration(entry.name, path.with_suffix(".js"), f"the entry points {GROUP}")
