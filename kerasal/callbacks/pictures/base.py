"""The base class of pictures: one kind of example, drawn again and again while a model trains."""

import abc
import dataclasses
import warnings
from typing import Any, ClassVar

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from kerasal._engine.kinds import BY_SHAPE, Kind
from kerasal.saliency import Saliency
from kerasal.tensorboard.depiction import Depiction, is_word
from kerasal.visualizers.colors import color_limits
from kerasal.visualizers.image_values import ImageRange

DPI = 80
CARD = 4.8  # inches: the width of a figure that is legible as a card of TensorBoard, some 330 pixels wide
MOST_BARS = 50  # columns of a table that is drawn


class GrowingScale:
    """For each example, the largest 99.5th percentile of its maps so far: a scale that never shrinks.

    Args:
        signed: True where maps have both signs. It turns true with the first negative value.

    Example:

    >>> scale = GrowingScale(signed=False)
    >>> [scale.update(0, np.array(values)) for values in ([0.0, 2.0], [1.0, 0.0], [-4.0, 0.0])]
    [(0.0, 2.0), (0.0, 2.0), (-4.0, 4.0)]
    """

    def __init__(self, *, signed: bool):
        self._signed = signed
        self._limits: dict[int, float] = {}

    def update(self, n: int, values: np.ndarray) -> tuple[float, float]:
        """Return the values at the two ends of the colours, after the map `values` of example n."""
        self._signed = self._signed or bool(values.min() < 0)
        if values.any():  # a map of zeros says nothing about the scale
            self._limits[n] = max(self._limits.get(n, 0.0), color_limits(values)[1])
        limit = self._limits.get(n, 1.0)
        return (-limit if self._signed else 0.0), limit


@dataclasses.dataclass(frozen=True)
class Batch:
    """An explained batch, for which pictures are chosen.

    Args:
        saliency: Of the batch.
        target: The input that is explained or that maps may lie over, or None.
        columns: Names of a table's features, or None.
        image_range: As for `ImageVisualizer.visualize`.
        kind: Of the examples.
    """

    saliency: Saliency
    target: np.ndarray | None = None
    columns: list[str] | None = None
    image_range: ImageRange = None
    kind: Kind = BY_SHAPE

    @property
    def fitting_columns(self) -> list[str] | None:
        """The columns, where the maps have a number for each of them."""
        shape = self.saliency.shape
        return self.columns if self.columns and shape[1:] == (len(self.columns),) else None


class Pictures(abc.ABC):
    """The pictures of one kind: how the examples of a batch look in TensorBoard.

    A subclass draws the examples for the tab *Images* and says what the tab *Saliency* needs to draw them: the name of its
    JavaScript module (`kind`), facts, arrays. It keeps no state: one may serve several loggers.

    Attributes:
        kind: A word of a-z, 0-9 and _; `<kind>.js` draws the examples in the tab *Saliency*. A module of your own is registered
            where TensorBoard runs, see `kerasal.tensorboard.picture_kinds`. None: the tab chooses by the shape of the maps.
        suits: The maps that it draws, in words, e.g. "maps (N, T)".
    """

    kind: ClassVar[str | None] = None
    suits: ClassVar[str] = ""

    def __init_subclass__(cls, **keywords: Any):
        super().__init_subclass__(**keywords)
        if cls.kind is not None and not is_word(cls.kind):
            raise ValueError(f"kind is a word of a-z, 0-9 and _. Received: {cls.kind!r}. Choose e.g. 'spectrum'.")

    @classmethod
    def for_batch(cls, batch: Batch) -> "Pictures | None":
        """Make the pictures of a batch for which the user asked for none; None where they do not suit it."""
        return None

    @abc.abstractmethod
    def draw(self, n: int, saliency: Saliency, text: str, scale: GrowingScale) -> np.ndarray | None:
        """Draw one example.

        Args:
            n: Its position in the batch.
            saliency: Of this example.
            text: Words that go with the picture.
            scale: Of the maps so far; this one is added.

        Returns:
            uint8 `(height, width, 3)`, or None where the examples are not drawn for the tab *Images*.
        """

    def check(self, saliency: Saliency) -> None:
        """Refuse the `Saliency` of a batch that cannot be drawn, before anything is written. By default the first is drawn.

        Raises:
            ValueError: It cannot be drawn.
            TypeError: `draw` returns no pixels.
        """
        drawn = self.draw(0, saliency[0], "", GrowingScale(signed=False))
        if drawn is not None:
            checked_pixels(drawn, f"{type(self).__name__}.draw")

    def strip(self, n: int, maps: np.ndarray, steps: list[int]) -> np.ndarray | None:
        """Draw the maps (S, ...) of example n at several steps on one scale, as pixels; None: they are not drawn so."""
        return None

    def facts(self) -> dict[str, Any]:
        """Return what the tab *Saliency* needs to know to draw the examples, as JSON can hold it."""
        return {}

    def arrays(self) -> dict[str, np.ndarray]:
        """Return arrays for the tab *Saliency*, {word: one entry per example}, of uint8, int32 or float32.

        `images`, uint8 (N, H, W, 3), are the examples as they look.
        """
        return {}

    def depiction(self) -> Depiction:
        """Return all that is stored for the tab *Saliency*."""
        return Depiction(self.kind, self.facts(), self.arrays())


def warn_not_drawn(shape: tuple[int, ...]) -> None:
    """Say that maps of a shape are not among TensorBoard's Images."""
    warnings.warn(
        "SaliencyLogger draws images (N, H, W, C) and (N, H, W), whose maps are (N, H, W), series (N, T, F), videos (N, T, H, W, C), "
        f"and tables of up to {MOST_BARS} columns. Received: maps of shape {shape}, which are logged as numbers and arrays alone. Give visualizer= to "
        "see them among TensorBoard's Images.",
        stacklevel=8,
    )


def checked_pixels(drawn: object, source: str) -> np.ndarray:
    """Return a picture as an array, or refuse it.

    Args:
        drawn: The picture.
        source: The function that returned it, for the error.

    Raises:
        TypeError: It is no uint8 array (H, W, 3).
    """
    pixels = np.asarray(drawn)
    if pixels.dtype != np.uint8 or pixels.ndim != 3:
        raise TypeError(
            f"{source} returns a matplotlib figure, or uint8 pixels (H, W, 3). Received: {type(drawn).__name__} of dtype "
            f"{pixels.dtype}, shape {pixels.shape}. Return e.g. TextVisualizer().visualize(saliency, tokens[n])."
        )
    return pixels


def pixels_of(figure: Figure, dpi: float | None = None) -> np.ndarray:
    """Return a figure as uint8 pixels (H, W, 3), at its own dots per inch or at others."""
    figure.dpi = figure.dpi if dpi is None else dpi
    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()
