"""A `Saliency` of numbers that are no picture: the strongest of them as bars, named by their place."""

from typing import Any

import numpy as np

from kerasal.visualizers.plots.parts import is_batch, refuse_classes
from kerasal.visualizers.table import TableVisualizer
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
    values = np.asarray(saliency.values)
    values = np.abs(values).mean(0) if is_batch(saliency) else values
    names = [", ".join(map(str, place)) for place in np.ndindex(values.shape)]
    axes = ", ".join(name for name in saliency.axes if name != "example")
    told: dict[str, Any] = {"num_visualize": MOST_BARS, "scaler": None, "title": score_words(saliency) or None}
    bar = f"mean |saliency| by {axes}" if is_batch(saliency) else f"saliency by {axes}"
    return TableVisualizer().visualize(np.ravel(values), names, **{**told, "xlabel": bar, **options})
