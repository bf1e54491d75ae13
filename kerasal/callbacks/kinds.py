"""The check of the word by which users say what the examples of a logger are."""

import difflib

KINDS = ("image", "table", "series", "numbers")
_ELSEWHERE = {
    "text": "visualizer=kerasal.callbacks.TextPictures(tokens)",
    "molecule": "visualizer=kerasal.callbacks.MoleculePictures(smiles)",
    "video": "kind='numbers'",
}


def check_kind(kind: object, *, has_visualizer: bool) -> None:
    """Refuse a kind that is unknown, or given together with a visualizer, which decides it.

    Raises:
        ValueError: It is.
    """
    if kind is None:
        return
    if kind not in KINDS:
        words = [*KINDS, *_ELSEWHERE]
        near = difflib.get_close_matches(str(kind), words, 1)
        advice = (
            f"Pass {_ELSEWHERE[near[0]]}"
            if near and near[0] in _ELSEWHERE
            else f"Pass {near[0] if near else KINDS[0]!r}"
        )
        raise ValueError(
            f"kind is one of {', '.join(map(repr, KINDS))}. Received: {kind!r}. {advice}, or leave it out."
        )
    if has_visualizer:
        raise ValueError(
            f"A visualizer decides how examples are drawn. Received: kind={kind!r} as well. Give one of the two."
        )
