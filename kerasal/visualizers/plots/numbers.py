"""A `Saliency` of numbers that are no picture: the strongest of them as bars, named by their place."""

from typing import Any

import numpy as np

from kerasal.visualizers.plots.parts import is_batch, refuse_classes
from kerasal.visualizers.table import TableVisualizer
from kerasal.visualizers.table_words import batch_error_words, error_words
from kerasal.visualizers.words import score_words

MOST_BARS = 20


def plot(saliency: Any, **options: Any) -> Any:
    """Draw the strongest numbers of one example, or of the mean over a batch.

    Args:
        saliency: of numbers of any shape.
        **options: of `TableVisualizer.visualize`.

    Returns:
        The figure.
    """
    refuse_classes(saliency, "A picture of numbers")
    values, error = np.asarray(saliency.values), saliency.standard_error
    whiskers = error_words(saliency)
    if is_batch(saliency):
        whiskers = batch_error_words(len(values))
        error = np.abs(values).std(0, ddof=1) / np.sqrt(len(values)) if len(values) > 1 else None
        values = np.abs(values).mean(0)
    names = [", ".join(map(str, place)) for place in np.ndindex(values.shape)]
    axes = ", ".join(name for name in saliency.axes if name != "example")
    told: dict[str, Any] = {"num_visualize": MOST_BARS, "scaler": None, "title": score_words(saliency) or None}
    bar = f"mean |saliency| by {axes}" if is_batch(saliency) else f"saliency by {axes}"
    told |= {"xlabel": "\n".join(filter(None, (bar, whiskers))), "std": None if error is None else np.ravel(error)}
    return TableVisualizer().visualize(np.ravel(values), names, **{**told, **options})
