"""Pictures of tables: bars."""

import numpy as np

from kerasal.callbacks.pictures.base import DPI, Pictures, pixels_of
from kerasal.visualizers.image_grid import film_strip
from kerasal.visualizers.table import TableVisualizer


class BarPictures(Pictures):
    """The features of each example as bars, in the order of the columns; the axis is the scale, with room for the whiskers.

    Args:
        columns: their names, or None.
    """

    def __init__(self, columns: list[str] | None = None):
        self._columns = columns

    def draw(self, n, saliency, text, scale):
        whisker = 0.0 if saliency.std is None else saliency.std
        vmin, vmax = scale.update(n, saliency.values + np.copysign(whisker, saliency.values))
        figure = TableVisualizer().visualize(saliency, self._columns, scaler=None, sort="none", title=text)
        figure.axes[0].set_xlim(1.05 * vmin, 1.05 * vmax)
        return pixels_of(figure, DPI)

    def strip(self, n, maps, steps):
        return pixels_of(film_strip(maps, steps, self._columns), DPI)
