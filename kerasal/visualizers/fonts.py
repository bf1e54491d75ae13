"""Fonts that have the letters of a text, found among those at hand; letters that none has are told in words."""

import functools
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

import matplotlib as mpl
from matplotlib import ft2font
from matplotlib.font_manager import FontEntry, FontProperties, findSystemFonts, fontManager
from matplotlib.text import Text

from kerasal._errors import warn_user

MISSING = "\ufffd"  # in place of a letter that no font has
_RIGHT_TO_LEFT = ("R", "AL")
_SHAPES = hasattr(ft2font, "__libraqm_version__")  # from matplotlib 3.11 on: joined letters, right to left
_OF_CJK = (
    "CJK",
    "HIRAGANA",
    "KATAKANA",
    "HANGUL",
    "BOPOMOFO",
    "IDEOGRAPHIC",
    "FULLWIDTH",
    "HALFWIDTH",
)  # first words of names


class Fonts(NamedTuple):
    """The fonts of a picture.

    Attributes:
        families: names, of which a letter takes the first that has it.
        missing: the letters that none has.
    """

    families: tuple[str, ...]
    missing: frozenset[str]

    def shown(self, words: str) -> str:
        """Put a sign in place of letters that no font has."""
        return "".join(MISSING if letter in self.missing else letter for letter in words) if self.missing else words


def fonts_for(texts: Iterable[str]) -> Fonts:
    """Find fonts for texts: those of matplotlib's settings first, then of the others those that have most of the rest.

    Args:
        texts: what is drawn.
    """
    families = list(mpl.rcParams["font.family"])
    needed = {letter for words in texts for letter in words if _has_look(letter)}
    for family in families:
        needed -= _letters_of(fontManager.findfont(FontProperties(family=[family])))
    if needed:
        _add_new_fonts()
    while needed:
        best = max(_plain_fonts(), key=lambda entry: len(needed & _letters_of(entry.fname)))
        if not needed & _letters_of(best.fname):
            break
        families.append(best.name)
        needed -= _letters_of(best.fname)
    return Fonts(tuple(families), frozenset(needed))


def warn_of_letters(texts: Iterable[str], way: str) -> None:
    """Warn of letters that are not drawn as they should be.

    Args:
        texts: what is drawn.
        way: a way out, a sentence.
    """
    texts = list(texts)
    missing = sorted(fonts_for(texts).missing)
    if missing:
        some = " ".join(missing[:10]) + (" …" if len(missing) > 10 else "")
        warn_user(
            f"No font at hand has the letters {some}, drawn as {MISSING}. {way} Or install {_fonts_to_install(missing)}, which is then "
            "found by itself."
        )
    if not _SHAPES and any(map(is_right_to_left, texts)):
        warn_user(
            f"matplotlib {mpl.__version__} draws letters from left to right and does not join them. {way} Or install matplotlib 3.11 or "
            "later."
        )


def find_letters(texts: Iterable[Text], told: frozenset[str]) -> frozenset[str]:
    """Set words in fonts that have their letters; put a sign in place of letters that none has, with a warning.

    Args:
        texts: of a figure.
        told: letters of which a warning was given.

    Returns:
        These, and those of which one is given now.
    """
    foreign = [text for text in texts if not text.get_text().isascii()]
    words = [text.get_text() for text in foreign]
    fonts = fonts_for(words)
    if fonts.missing - told:
        warn_of_letters(words, "Name classes and features in other letters.")
    if len(fonts.families) > len(mpl.rcParams["font.family"]) or fonts.missing:
        for text in foreign:
            text.set(fontfamily=fonts.families, text=fonts.shown(text.get_text()))
    return told | fonts.missing


def is_right_to_left(words: str) -> bool:
    """Tell whether a text runs from right to left: whether its first letter with a direction does.

    Example:
        >>> is_right_to_left("## שלום"), is_right_to_left("shalom שלום"), is_right_to_left("12")
        (True, False, False)
    """
    directions = (unicodedata.bidirectional(letter) for letter in words)
    return next((each in _RIGHT_TO_LEFT for each in directions if each in ("L", *_RIGHT_TO_LEFT)), False)


def _has_look(letter: str) -> bool:
    """Tell whether a letter is drawn: no space, no joiner, no choice of a variant."""
    return not (letter.isspace() or unicodedata.category(letter) == "Cf" or "\ufe00" <= letter <= "\ufe0f")


@functools.cache
def _letters_of(path: str) -> frozenset[str]:
    """Letters of a font file; none of one that has bitmaps alone, or cannot be read."""
    try:
        font = ft2font.FT2Font(path)
        return frozenset(map(chr, font.get_charmap())) if font.scalable else frozenset()
    except (OSError, RuntimeError):
        return frozenset()


def _plain_fonts() -> list[FontEntry]:
    """Upright fonts of normal weight, without serifs first; not the one of matplotlib that has a box for every letter."""
    plain = [
        each
        for each in fontManager.ttflist
        if each.style == "normal" and each.weight in (400, "normal", "regular") and "Last Resort" not in each.name
    ]
    return sorted(plain, key=lambda entry: ("Sans" not in entry.name, entry.name))


@functools.cache
def _add_new_fonts() -> None:
    """Add fonts that were installed since matplotlib made its list."""
    known = {entry.fname for entry in fontManager.ttflist}
    for path in findSystemFonts():
        if path not in known:
            try:
                fontManager.addfont(path)
            except (OSError, RuntimeError, KeyError):  # of a kind that matplotlib does not draw
                continue


def _fonts_to_install(letters: Iterable[str]) -> str:
    """Name fonts of the Noto family that have letters."""
    found: dict[str, None] = {}
    for letter in letters:
        script = unicodedata.name(letter, "SYMBOLS").split(" ")[0]
        is_letter = unicodedata.category(letter)[0] in "LM"
        own = f"Noto Sans {script.title()}" if is_letter else "Noto Emoji"
        found["Noto Sans CJK" if script in _OF_CJK else own] = None
    return " and ".join(list(found)[:3])
