"""Tokens with their saliency, ready to be drawn."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kerasal.saliency import Saliency
from kerasal.visualizers.base import one_example
from kerasal.visualizers.colors import number_text

CONTROL = {"\n": "↵", "\t": "⇥", "\r": "␍", "": "∅", " ": "␣"}  # what has no look of its own


@dataclass(frozen=True)
class Line:
    """The tokens of one text that are drawn.

    Attributes:
        tokens: as they are shown; values: their saliency, scaled, (tokens,); notes: each saliency in words, in its own units
            and with its standard deviation where there is one; name: of the method, empty for none.
    """

    tokens: list[str]
    values: np.ndarray
    notes: list[str]
    name: str = ""


def token_line(saliency, tokens: Sequence[str | None], scaler, name: str = "") -> Line:
    """The tokens that are drawn, and the saliency of each.

    Args:
        saliency: array or `Saliency` of one example, `(tokens,)` or `(tokens, 1)`.
        tokens: one string per position, None for padding.
        scaler: applied to what is drawn, or None.
        name: of the method.

    Raises:
        ValueError: shapes that do not fit, nothing to draw. TypeError: a token that is no string.
    """
    values = one_example(saliency, "TextVisualizer", "shape (tokens,)")
    std = saliency.std if isinstance(saliency, Saliency) else None
    if values.ndim == 2 and values.shape[1] == 1:
        values, std = values[:, 0], None if std is None else std[:, 0]
    if isinstance(tokens, str):
        raise TypeError(
            f"tokens is a list of strings, one per position. Received: the string {tokens!r}. Split it as the model does."
        )
    if values.ndim != 1 or len(tokens) != len(values):
        raise ValueError(
            f"TextVisualizer draws one number per token, shape ({len(tokens)},). Received: saliency of shape "
            f"{values.shape}, {len(tokens)} tokens. Fold the embedding axis, e.g. explain(..., ch_axis=-1), and name padding None."
        )
    odd = [token for token in tokens if not (token is None or isinstance(token, str))]
    if odd:
        raise TypeError(f"tokens are strings, or None for padding. Received: {odd[0]!r}. Decode the tokens first.")
    kept = [position for position, token in enumerate(tokens) if token is not None]
    if not kept:
        raise ValueError("TextVisualizer draws at least one token. Received: none but padding. Name the tokens.")
    values = values[kept]
    scaled = values if scaler is None else scaler(values)
    spread = [""] * len(kept) if std is None else [f" ± {number_text(number)}" for number in std[kept]]
    notes = [number_text(value) + each for value, each in zip(values, spread)]
    return Line([visible(str(tokens[position])) for position in kept], np.asarray(scaled), notes, name)


def visible(token: str) -> str:
    """The token with a sign for what cannot be seen."""
    if token in CONTROL:
        return CONTROL[token]
    return "".join(
        CONTROL.get(letter, "\ufffd") if unicodedata.category(letter) in ("Cc", "Cs") else letter for letter in token
    )
