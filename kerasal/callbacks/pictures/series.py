"""Pictures of series: the numbers over time, and the map below."""

from typing import Any

import numpy as np

from kerasal.callbacks.pictures.base import Batch, GrowingScale, Pictures, pixels_of
from kerasal.saliency import Saliency
from kerasal.visualizers.series import SeriesVisualizer

_DPI = 100  # a pixel for each column that is drawn of a long series
_MOST_CHANNELS = 400  # of the maps
_MOST_LINES = 4  # channels that have a line each


class SeriesPictures(Pictures):
    """Each series over its map, time from left to right; over steps of training a row each. For maps (N, T) or (N, T, C).

    Args:
        series: (N, T, C), or None to draw the maps alone.
        channels: Their names, or None.
    """

    kind = "series"
    suits = "maps (N, T) or (N, T, F)"

    def __init__(self, series: np.ndarray | None = None, channels: list[str] | None = None):
        self._series, self._channels = series, channels

    @classmethod
    def for_batch(cls, batch: Batch) -> "SeriesPictures | None":
        """Suit maps (N, T) or (N, T, C) of series."""
        shape, series = batch.saliency.shape, batch.target
        if batch.kind.name != "series" or len(shape) not in (2, 3) or shape[2:] > (_MOST_CHANNELS,):
            return None
        names = batch.saliency.feature_names if len(shape) == 3 else None
        channels = None if names is None else list(names)
        if series is None or series.ndim < 3 or series.shape[:2] != shape[:2]:
            return cls(channels=channels)
        series = series.reshape(*series.shape[:2], -1).astype("float32")
        return cls(series if shape[2:] in ((), (1,), series.shape[2:]) else None, channels)

    def draw(self, n: int, saliency: Saliency, text: str, scale: GrowingScale) -> np.ndarray:
        """Draw one example."""
        limits = scale.update(n, saliency.values)
        figure = SeriesVisualizer().visualize(
            saliency,
            None if self._series is None else self._series[n],
            feature_names=self._channels,
            title=text,
            style="strip",
            num_visualize=_MOST_LINES,
            limit=limits,
        )
        return pixels_of(figure, _DPI)

    def strip(self, n: int, maps: np.ndarray, steps: list[int]) -> np.ndarray:
        """Draw the maps at several steps, below one another."""
        labels = [f"step {step}" for step in steps]
        figure = SeriesVisualizer().visualize_batch(
            maps, feature_names=self._channels, labels=labels, style="strip", percentile=99.5
        )
        return pixels_of(figure, _DPI)

    def facts(self) -> dict[str, Any]:
        """Return the names of the channels."""
        return {"channels": self._channels} if self._channels else {}

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the series themselves, float32 (N, T, C)."""
        return {} if self._series is None else {"series": self._series}
