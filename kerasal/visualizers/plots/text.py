"""A `Saliency` of texts: the words in their order, coloured."""

from typing import Any

import numpy as np

from kerasal.visualizers.plots.classes import MOST_CLASSES, highest, titles_of
from kerasal.visualizers.plots.parts import MOST_EXAMPLES, is_batch, refuse_classes
from kerasal.visualizers.text import TextVisualizer
from kerasal.visualizers.words import prediction_words, score_words


def plot(saliency: Any, **options: Any) -> Any:
    """Draw the words of one text, or of the texts of a batch, one under another.

    Args:
        saliency: of (words,) or (words, features) numbers; features, as of an embedding, are summed. Of one text also with an axis
            of classes, score="all": the text is drawn once for each of the most likely.
        **options: of `TextVisualizer.visualize`, of a batch of `visualize_batch`.

    Returns:
        The figure.
    """
    batch = is_batch(saliency)
    if "class" in saliency.axes and not batch:
        return _of_classes(saliency, **options)
    refuse_classes(saliency, "A picture of several texts", "Draw one of them, result[0].plot(), or explain")
    values = np.asarray(saliency.values)[: MOST_EXAMPLES if batch else None]
    values = values.sum(-1) if values.ndim - batch == 2 else values
    if not batch:
        title = "\n".join(filter(None, (prediction_words(saliency), score_words(saliency)))) or None
        named: dict[str, Any] = {"title": title, "scaler": None}
        words = words_of(saliency, len(values))
        return TextVisualizer().visualize(values[: len(words)], words, **{**named, **options})
    examples = list(saliency[: len(values)])
    texts = [words_of(one, values.shape[1]) for one in examples]
    maps = [row[: len(text)] for row, text in zip(values, texts, strict=True)]
    labels = [prediction_words(one) for one in examples]
    title = score_words(saliency)
    if len(saliency) > len(values):
        title = f"{title} — {len(values)} of {len(saliency)} examples"
    told: dict[str, Any] = {"title": title or None, "labels": labels if any(labels) else None, "scaler": None}
    return TextVisualizer().visualize_batch({"": maps}, texts, **{**told, **options})


def _of_classes(saliency: Any, *, top: int = MOST_CLASSES, **options: Any) -> Any:
    """Draw one text once for each of the classes with the highest scores, on one scale."""
    values = np.asarray(saliency.values)
    values = values.sum(-1) if values.ndim == 3 else values
    classes, words = highest(saliency, top), words_of(saliency, values.shape[1])
    maps = {title: [values[k][: len(words)]] for title, k in zip(titles_of(saliency, classes), classes, strict=True)}
    title = "\n".join(filter(None, (prediction_words(saliency), saliency.score_name))) or None
    return TextVisualizer().visualize_batch(maps, [words], **{"title": title, "scaler": None, **options})


def words_of(saliency: Any, count: int) -> list[str | None]:
    """Give the words of one text: those that are known, else the numbers that stand for words, else positions."""
    if saliency.tokens is not None:
        return list(saliency.tokens)
    numbers = saliency.explained_input
    if numbers is not None and numbers.shape == (count,) and numbers.dtype.kind in "iu":
        return [None if number == 0 else str(number) for number in numbers.tolist()]
    return [str(position) for position in range(count)]
