"""What it takes to draw the examples of a batch again and again while a model trains."""

import abc
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from kerasal.saliency import Saliency
from kerasal.visualizers.colors import color_limits


class RunningScale:
    """For each example, the largest 99.5th percentile of its maps so far: a scale that grows and never shrinks.

    Args:
        signed: whether maps have both signs. Also turns true with the first negative value.

    Example:

    >>> scale = RunningScale(signed=False)
    >>> [scale.update(0, np.array(values)) for values in ([0.0, 2.0], [1.0, 0.0], [-4.0, 0.0])]
    [(0.0, 2.0), (0.0, 2.0), (-4.0, 4.0)]
    """

    def __init__(self, signed: bool):
        self._signed = signed
        self._limits: dict[int, float] = {}

    def update(self, n: int, values: np.ndarray) -> tuple[float, float]:
        """The values at the two ends of the colours, after the map `values` of example n."""
        self._signed = self._signed or bool(values.min() < 0)
        if values.any():  # a map of zeros says nothing about the scale
            self._limits[n] = max(self._limits.get(n, 0.0), color_limits(values)[1])
        limit = self._limits.get(n, 1.0)
        return (-limit if self._signed else 0.0), limit


def check_positions(saliency, counts: list[int], what: str, who: str) -> None:
    """Refuses maps that do not fit.

    Args:
        saliency: of the batch, (N, P) or (N, P, 1).
        counts: how many positions each example has, at most P; (N,).
        what: is at a position, e.g. "token".
        who: asks, for the error.

    Raises:
        ValueError: another shape, fewer positions than an example has.
    """
    shape = saliency.shape
    if len(shape) not in (2, 3) or shape[2:] not in ((), (1,)):
        raise ValueError(
            f"{who} draws a number per {what}, maps ({len(counts)}, {what}s). Received: shape {shape}. Fold the other axes, "
            "e.g. ch_axis=-1 for an embedding."
        )
    if len(counts) != shape[0] or max(counts) > shape[1]:
        raise ValueError(
            f"{who} has {len(counts)} examples of at most {max(counts)} {what}s. Received: maps of shape {shape}. Give it the "
            "examples that are explained, in their order, as they go into the model."
        )


def first_positions(saliency, count: int) -> Saliency:
    """The `Saliency` (count,) of one example's first positions, from one of shape (P,) or (P, 1)."""

    def cut(array):
        return None if array is None else np.ravel(array)[:count]

    return Saliency(cut(saliency.values), std=cut(saliency.std), M=saliency.M, axes=saliency.axes[:1])


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
