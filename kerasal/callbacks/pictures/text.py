"""Pictures of texts: tokens on coloured backgrounds."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from kerasal._vocabulary import checks_keywords
from kerasal.callbacks.pictures.base import GrowingScale, Pictures, pixels_of
from kerasal.callbacks.pictures.positions import check_positions, first_positions
from kerasal.saliency import Saliency
from kerasal.visualizers.colors import limits_text
from kerasal.visualizers.text import TextVisualizer
from kerasal.visualizers.text_signs import visible

_DPI = 100


@checks_keywords
class TextPictures(Pictures):
    """The tokens of each example, coloured; over steps a row each. For maps (N, T) or (N, T, 1).

    Args:
        tokens: For each example its strings, at most T of them: positions after the last are padding and not drawn, nor
            are those named None.

    Raises:
        TypeError: Tokens are no lists of strings.
        ValueError: An example has no token.

    Example:

    >>> from kerasal.callbacks import TextPictures
    >>> TextPictures([["not", "bad"], ["good", None]]).facts()
    {'tokens': [['not', 'bad'], ['good', None]]}
    """

    kind = "text"

    def __init__(self, tokens: Sequence[Sequence[str | None]]):
        if isinstance(tokens, str) or any(isinstance(each, str) for each in tokens):
            raise TypeError(
                "tokens has a list of strings per example. Received: a string in its place. Split it as the model does."
            )
        self._tokens = [list(each) for each in tokens]
        odd = [token for each in self._tokens for token in each if not (token is None or isinstance(token, str))]
        if odd:
            raise TypeError(f"tokens are strings, or None for padding. Received: {odd[0]!r}. Decode the tokens first.")
        empty = [n for n, each in enumerate(self._tokens) if not any(token is not None for token in each)]
        if empty or not self._tokens:
            raise ValueError(
                f"Each example has at least one token. Received: none{f' in example {empty[0]}' if empty else ''}. Name its tokens."
            )

    def check(self, saliency: Saliency) -> None:
        """Refuse maps without a number per token. ValueError."""
        check_positions(saliency, [len(each) for each in self._tokens], "token", "TextPictures")

    def draw(self, n: int, saliency: Saliency, text: str, scale: GrowingScale) -> np.ndarray:
        """Draw one example."""
        tokens = self._tokens[n]
        cut = first_positions(saliency, len(tokens))
        limits = scale.update(n, cut.values[[token is not None for token in tokens]])
        title = f"{text}  scale {limits_text(*limits)}"
        return pixels_of(TextVisualizer().visualize(cut, tokens, scaler=None, title=title, limit=limits), _DPI)

    def strip(self, n: int, maps: np.ndarray, steps: list[int]) -> np.ndarray:
        """Draw the text at several steps, a row each."""
        tokens = self._tokens[n]
        of_steps = zip(steps, maps, strict=True)
        rows = {f"step {step}": [np.ravel(values)[: len(tokens)]] for step, values in of_steps}
        return pixels_of(TextVisualizer().visualize_batch(rows, [tokens], scaler=None), _DPI)

    def facts(self) -> dict[str, Any]:
        """Return the tokens, as they are shown."""
        return {"tokens": [[None if token is None else visible(token) for token in each] for each in self._tokens]}
