"""The check of the word by which users say what the examples of a logger are."""

from kerasal._saliency.kinds import check_kind as check_word

ELSEWHERE = {  # kinds whose pictures need more than the maps
    "text": "visualizer=kerasal.callbacks.TextPictures(tokens)",
    "molecule": "visualizer=kerasal.callbacks.MoleculePictures(smiles)",
}


def check_kind(kind: object, *, has_visualizer: bool) -> None:
    """Refuse a kind that is unknown, or given together with a visualizer, which decides it.

    Raises:
        ValueError: It is.
    """
    if kind is None:
        return
    check_word(kind, ELSEWHERE)
    if has_visualizer:
        raise ValueError(
            f"A visualizer decides how examples are drawn. Received: kind={kind!r} as well. Give one of the two."
        )
