"""Pictures that a function of the user draws."""

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from kerasal.callbacks.pictures.base import GrowingScale, Pictures, checked_pixels, pixels_of
from kerasal.saliency import Saliency
from kerasal.visualizers.image_pixels import caption_strip


class FunctionPictures(Pictures):
    """Pictures of a function of the user; a figure gets the text as its title above. There is no strip over steps.

    Args:
        function: (saliency of one example, its position) -> a matplotlib figure, or uint8 pixels (H, W, 3).
        columns: Names of a table's features for the tab *Saliency*, which shows the maps by their shape; or None.
    """

    def __init__(self, function: Callable[[Saliency, int], Any], columns: list[str] | None = None):
        self._function, self._columns = function, columns

    def draw(self, n: int, saliency: Saliency, text: str, scale: GrowingScale) -> np.ndarray:
        """Draw one example. TypeError: the function returns neither a figure nor pixels."""
        drawn = self._function(saliency, n)
        if isinstance(drawn, Figure):
            pixels = pixels_of(drawn)
            if "matplotlib.pyplot" in sys.modules:  # it would keep the figures of all steps
                sys.modules["matplotlib.pyplot"].close(drawn)
            return np.concatenate([caption_strip(text, pixels.shape[1]), pixels])
        return checked_pixels(drawn, "visualizer")

    def facts(self) -> dict[str, Any]:
        """Return the names of the columns."""
        return {"columns": self._columns} if self._columns else {}
