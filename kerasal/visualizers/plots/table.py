"""A `Saliency` of tables: bars of the features of one row, or of all rows."""

from typing import Any

import numpy as np

from kerasal.visualizers.colors import number_text
from kerasal.visualizers.plots.parts import is_batch, refuse_classes
from kerasal.visualizers.table import TableVisualizer
from kerasal.visualizers.words import prediction_words, score_words

MOST_BARS = 20


def plot(saliency: Any, **options: Any) -> Any:
    """Draw the features of one row with their values, or the mean over a batch.

    Args:
        saliency: of (features,) numbers.
        **options: of `TableVisualizer.visualize`, of a batch of `visualize_dataset`.

    Returns:
        The figure.
    """
    refuse_classes(saliency, "A picture of a table")
    told: dict[str, Any] = {"num_visualize": MOST_BARS, "scaler": None}
    if is_batch(saliency):
        title = score_words(saliency) or None
        return TableVisualizer().visualize_dataset(
            saliency.values, saliency.feature_names, **{**told, "title": title, **options}
        )
    title = "\n".join(filter(None, (prediction_words(saliency), score_words(saliency)))) or None
    return TableVisualizer().visualize(saliency, names_with_values(saliency), **{**told, "title": title, **options})


def names_with_values(saliency: Any) -> list[str] | None:
    """Name the features of one row with what they are, e.g. "age = 39"; None where neither is known."""
    names, values = saliency.feature_names, saliency.explained_input
    has_values = values is not None and values.shape == saliency.values.shape and values.dtype.kind in "fiub"
    if names is None and not has_values:
        return None
    names = [f"feature {k}" for k in range(len(saliency.values))] if names is None else names
    if not has_values:
        return list(names)
    return [f"{name} = {number_text(float(value))}" for name, value in zip(names, np.asarray(values), strict=True)]
