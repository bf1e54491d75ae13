"""The choice of a picture for a `Saliency`, by the kind of its examples."""

import difflib
import importlib
from collections.abc import Mapping
from typing import Any

from kerasal._errors import needed

KINDS = (
    "image",
    "table",
    "text",
    "series",
    "video",
    "volume",
    "molecule",
    "numbers",
)  # each has a module here that draws it


def plot(saliency: Any, kind: str | None = None, **options: Any) -> Any:
    """Draw a `Saliency`, a batch or one example.

    Args:
        saliency: the `Saliency`.
        kind: as which it is drawn; None: as its `kind` says, else by its shape.
        **options: of the kind's visualizer.

    Returns:
        A figure, or the SVG of molecules; a notebook shows either.

    Raises:
        ValueError: an unknown kind, or what a kind cannot draw.
    """
    name = kind or saliency.kind or kind_by_shape(saliency)
    check_kind(name)
    name = "classes" if name == "image" and "class" in saliency.axes else name
    with needed("rdkit", f"A picture of kind {name!r}"):  # only what is drawn needs its packages
        draw = importlib.import_module(f"kerasal.visualizers.plots.{name}").plot
    return draw(saliency, **options)


def check_kind(kind: object, elsewhere: Mapping[str, str] | None = None) -> None:
    """Refuse a word that is no kind of example.

    Args:
        kind: the word.
        elsewhere: kinds that cannot be said here, and what is passed in their place.

    Raises:
        ValueError: it is another word, or one of `elsewhere`.

    Example:
        >>> check_kind("serie")
        Traceback (most recent call last):
        ValueError: kind is one of 'image', 'table', 'text', 'series', 'video', 'volume', 'molecule', 'numbers'. Received: 'serie'. Pass 'series'.
    """
    elsewhere = elsewhere or {}
    known = [name for name in KINDS if name not in elsewhere]
    if kind in known:
        return
    near = difflib.get_close_matches(str(kind), KINDS, 1) or KINDS[:1]
    raise ValueError(
        f"kind is one of {', '.join(map(repr, known))}. Received: {kind!r}. Pass {elsewhere.get(near[0], repr(near[0]))}."
    )


def kind_by_shape(saliency: Any) -> str:
    """Guess a kind from the axes of values: (features,) a table, (H, W) or (H, W, C) an image, else numbers."""
    axes = [name for name in saliency.axes if name not in ("example", "class")]
    return {1: "table", 2: "image", 3: "image"}.get(len(axes), "numbers")
