"""Pictures that a function of the user draws."""

import sys

import numpy as np
from matplotlib.figure import Figure

from kerasal.callbacks.pictures.base import Pictures, pixels_of
from kerasal.visualizers.image_pixels import caption_strip


class GivenPictures(Pictures):
    """What a function of the user draws; a figure gets the text as its title above. No film strip: how, the user knows.

    Args:
        function: (saliency of one example, its position) -> a matplotlib figure, or uint8 pixels (H, W, 3).

    `draw` raises TypeError for anything else that the function returns.
    """

    def __init__(self, function):
        self._function = function

    def check(self, saliency):
        self.draw(0, saliency[0], "", None)

    def draw(self, n, saliency, text, scale):
        drawn = self._function(saliency, n)
        if isinstance(drawn, Figure):
            pixels = pixels_of(drawn)
            if "matplotlib.pyplot" in sys.modules:  # which would keep the figures of all steps
                sys.modules["matplotlib.pyplot"].close(drawn)
            return np.concatenate([caption_strip(text, pixels.shape[1]), pixels])
        pixels = np.asarray(drawn)
        if pixels.dtype != np.uint8 or pixels.ndim != 3:
            raise TypeError(
                "visualizer returns a matplotlib figure, or uint8 pixels (H, W, 3). Received: "
                f"{type(drawn).__name__} of dtype {pixels.dtype}, shape {pixels.shape}. Return e.g. "
                "TextVisualizer().visualize(saliency, tokens[n])."
            )
        return pixels
