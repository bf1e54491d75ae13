"""Pictures of series: the numbers over time, and the map below."""

import numpy as np

from kerasal.callbacks.pictures.base import DPI, Batch, GrowingScale, Pictures, pixels_of
from kerasal.saliency import Saliency
from kerasal.visualizers.colors import color_limits, color_scale, limits_text
from kerasal.visualizers.series_strip import series_strip

_MOST = 400  # numbers of a step


class SeriesPictures(Pictures):
    """Each series over its map, time from left to right; over steps of training a row each. For maps (N, T) or (N, T, F).

    Args:
        series: (N, T, F), or None to draw the maps alone.
    """

    kind = "numbers"

    def __init__(self, series: np.ndarray | None = None):
        self._series = series

    @classmethod
    def for_batch(cls, batch: Batch) -> "SeriesPictures | None":
        """Suit maps (N, T) or (N, T, F) of series."""
        shape, series = batch.saliency.shape, batch.target
        if batch.kind.name != "series" or len(shape) not in (2, 3) or shape[2:] > (_MOST,):
            return None
        if series is None or series.ndim < 3 or series.shape[:2] != shape[:2]:
            return cls()
        return cls(series.reshape(*series.shape[:2], -1).astype("float32"))

    def draw(self, n: int, saliency: Saliency, text: str, scale: GrowingScale) -> np.ndarray:
        """Draw one example."""
        limits = scale.update(n, saliency.values)
        series = None if self._series is None else self._series[n]
        title = f"{text}  scale {limits_text(*limits)}"
        return pixels_of(series_strip({"": saliency.values}, color_scale(*limits), series, title), DPI)

    def strip(self, n: int, maps: np.ndarray, steps: list[int]) -> np.ndarray:
        """Draw the maps at several steps, a row each."""
        rows = {f"step {step}": values for step, values in zip(steps, maps, strict=True)}
        return pixels_of(series_strip(rows, color_scale(*color_limits(maps))), DPI)
