"""What it takes to draw the examples of a batch again and again while a model trains."""

import abc
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from kerasal.callbacks.running_scale import RunningScale

DPI = 80


class Pictures(abc.ABC):
    """Knows how the examples of one batch look. It keeps no state: one may serve several loggers.

    Subclasses draw one kind of example; what they leave out is not drawn, or not told to TensorBoard's tab.
    """

    @abc.abstractmethod
    def draw(self, n: int, saliency, text: str, scale: RunningScale) -> np.ndarray:
        """Example n, uint8 `(height, width, 3)`.

        Args:
            n: its position in the batch.
            saliency: the `Saliency` of this example.
            text: words beside the picture.
            scale: of the maps so far; this one is added.
        """

    def check(self, saliency) -> None:
        """Refuses the `Saliency` of a batch that cannot be drawn, before anything is written. ValueError."""

    def strip(self, n: int, maps: np.ndarray, steps: list[int]) -> np.ndarray | None:
        """The maps (S, ...) of example n at several steps on one scale, as pixels; None: they are not drawn so."""
        return None

    def originals(self) -> np.ndarray | None:
        """The examples as they look, uint8 (N, H, W, 3), or None where they are no images."""
        return None

    def facts(self) -> dict[str, Any]:
        """What the tab needs to draw the examples by itself, as JSON can hold it."""
        return {}


def pixels_of(figure: Figure, dpi: float | None = None) -> np.ndarray:
    """A figure as uint8 pixels (H, W, 3), at its own dots per inch or at others."""
    figure.dpi = figure.dpi if dpi is None else dpi
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()
