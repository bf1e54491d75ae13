"""The kinds of example, which say how results are drawn."""

import difflib
from collections.abc import Mapping

KINDS = (
    "image",
    "table",
    "text",
    "series",
    "video",
    "volume",
    "molecule",
    "numbers",
)  # each has a module of kerasal.visualizers.plots that draws it


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
