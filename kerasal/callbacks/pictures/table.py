"""Pictures of tables: bars."""

from typing import Any

import numpy as np

from kerasal.callbacks.pictures.base import (
    CARD,
    DPI,
    MOST_BARS,
    Batch,
    GrowingScale,
    Pictures,
    pixels_of,
    warn_not_drawn,
)
from kerasal.saliency import Saliency
from kerasal.visualizers.film_strip import film_strip
from kerasal.visualizers.table import TableVisualizer


class TablePictures(Pictures):
    """The features of each example as bars, in the order of the columns; the axis is the scale, with room for the whiskers.

    Tables of more than 50 columns are not drawn; the tab *Saliency* shows their strongest.

    Args:
        columns: Their names, or None.
    """

    kind = "table"
    suits = "maps (N, features)"

    def __init__(self, columns: list[str] | None = None):
        self._columns = columns

    @classmethod
    def for_batch(cls, batch: Batch) -> "TablePictures | None":
        """Suit maps (N, features)."""
        shape = batch.saliency.shape
        if len(shape) != 2 or batch.kind.name not in ("table", None):
            return None
        if shape[1] > MOST_BARS:
            warn_not_drawn(shape)
        return cls(batch.fitting_columns)

    def draw(self, n: int, saliency: Saliency, text: str, scale: GrowingScale) -> np.ndarray | None:
        """Draw one example."""
        if saliency.values.size > MOST_BARS:
            return None
        whisker = 0.0 if saliency.std is None else saliency.std
        vmin, vmax = scale.update(n, saliency.values + np.copysign(whisker, saliency.values))
        figure = TableVisualizer().visualize(saliency, self._columns, scaler=None, sort="none", title=text)
        figure.set_figwidth(CARD)
        figure.axes[0].set_xlim(1.05 * vmin, 1.05 * vmax)
        return pixels_of(figure, DPI)

    def strip(self, n: int, maps: np.ndarray, steps: list[int]) -> np.ndarray | None:
        """Draw the maps at several steps, a row each."""
        if maps.shape[1] > MOST_BARS:
            return None
        return pixels_of(film_strip(maps, steps, self._columns), DPI)

    def facts(self) -> dict[str, Any]:
        """Return the names of the columns."""
        return {"columns": self._columns} if self._columns else {}
