"""A `Saliency` of time series: each signal in the colours of its map, with class and probability."""

from typing import Any

import numpy as np

from kerasal.visualizers.plots.parts import MOST_EXAMPLES, is_batch, refuse_classes
from kerasal.visualizers.series import SeriesVisualizer
from kerasal.visualizers.words import prediction_words, score_words


def plot(saliency: Any, **options: Any) -> Any:
    """Draw one series, or the series of a batch below one another.

    Args:
        saliency: of maps (T,) or (T, channels).
        **options: of `SeriesVisualizer.visualize`, of a batch of `visualize_batch`, such as `style`, `time`, `feature_names`.

    Returns:
        The figure.
    """
    refuse_classes(saliency, "A picture of a series")
    batch = is_batch(saliency)
    shown = saliency[:MOST_EXAMPLES] if batch else saliency
    lead = 1 + batch  # axes before those of channels
    maps, spread = _folded(shown.values, lead), None if shown.std is None else _folded(shown.std, lead)
    series = _fitting(shown.explained_input, maps, lead)
    names = saliency.feature_names if maps.ndim > lead and maps.shape[-1] == len(saliency.feature_names or ()) else None
    told: dict[str, Any] = {"feature_names": names}
    if not batch:
        title = "\n".join(filter(None, (prediction_words(saliency), score_words(saliency))))
        return SeriesVisualizer().visualize(maps, series, **{**told, "title": title or None, "std": spread, **options})
    labels = [prediction_words(one) for one in shown]
    title = score_words(saliency)
    if len(saliency) > len(shown):
        title = f"{title} — {len(shown)} of {len(saliency)} examples"
    told |= {"title": title or None, "labels": labels if any(labels) else None}
    return SeriesVisualizer().visualize_batch(maps, series, **{**told, **options})


def _folded(values: np.ndarray, lead: int) -> np.ndarray:
    """Take axes behind that of time for one axis of channels: (T, F, 1) -> (T, F)."""
    return np.reshape(values, (*values.shape[:lead], -1)) if values.ndim > lead else np.asarray(values)


def _fitting(series: np.ndarray | None, maps: np.ndarray, lead: int) -> np.ndarray | None:
    """Give the signals, where the maps are of their steps, and of their channels or of all alike."""
    if series is None or series.dtype.kind not in "fiub" or series.shape[:lead] != maps.shape[:lead]:
        return None
    series = _folded(series, lead)
    of_map = maps.shape[lead:] or (1,)
    return series if of_map in ((1,), series.shape[lead:]) or series.ndim == lead else None
