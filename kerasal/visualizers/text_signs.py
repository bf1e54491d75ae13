"""Signs for tokens, and for letters in them, that have no look of their own."""

import unicodedata

from kerasal.visualizers.fonts import MISSING

CONTROL = {"\n": "↵", "\t": "⇥", "\r": "␍", "\u2028": "↵", "\u2029": "↵"}  # signs for what has no look of its own
EMPTY, SPACE, HELD = "∅", "␣", "◌"  # a token without a letter, a space alone, what holds an accent alone


def visible(token: str) -> str:
    """Return the token with a sign for what cannot be seen."""
    if not token:
        return EMPTY
    kinds = [unicodedata.category(letter) for letter in token]
    if set(kinds) == {"Cf"}:  # joiners and marks of direction
        return " ".join(f"U+{ord(letter):04X}" for letter in token)
    if kinds[0] in ("Mn", "Me"):
        token, kinds = HELD + token, ["So", *kinds]
    is_space = set(kinds) <= {"Zs", "Zl", "Zp", "Cc"}
    return "".join(_sign(letter, kind, is_space=is_space) for letter, kind in zip(token, kinds, strict=True))


def _sign(letter: str, kind: str, *, is_space: bool) -> str:
    if kind in ("Cc", "Cs", "Zl", "Zp"):
        return CONTROL.get(letter, MISSING)
    return SPACE if is_space else letter
