"""What every visualizer does the same way: take one example, hand back a figure, save it whole or not at all."""

import abc
import dataclasses
import os
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kerasal._storage.file_systems import check_parent, write_aside

PICTURE_ENDINGS = (".png", ".svg", ".pdf")
TEXT_ENDINGS = (*PICTURE_ENDINGS, ".html")
DPI = 150


@runtime_checkable
class Spread(Protocol):
    """Saliency that knows its axes and its spread over samples, as `kerasal.Saliency` does."""

    values: np.ndarray
    std: np.ndarray | None
    axes: tuple[str, ...]
    M: Any


@dataclasses.dataclass(frozen=True)
class Elements:
    """Some elements of one example, in an order of their own: a `Spread`, and an array to NumPy."""

    values: np.ndarray
    std: np.ndarray | None
    M: Any
    axes: tuple[str, ...]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.asarray(self.values, dtype)


def std_of(saliency: Any) -> np.ndarray | None:
    """The standard deviation over samples, shape of the saliency; None of an array, and where there is none."""
    return saliency.std if isinstance(saliency, Spread) else None


class BaseVisualizer(abc.ABC):
    """Draws the saliency of one example. Subclasses say what one example is and how it looks."""

    @abc.abstractmethod
    def visualize(self, saliency, *args: Any, **kwargs: Any) -> Any:
        """Draws `saliency`, saves the figure (the SVG of a molecule) if asked to, and returns it."""


def one_example(saliency, who: str, shapes: str) -> np.ndarray:
    """The finite values of one example, any number of axes.

    Args:
        saliency: array, or `Saliency` of one example.
        who: who asks, for the error, e.g. `"ImageVisualizer"`.
        shapes: the shapes it draws, for the error, e.g. `"shape (features,)"`.

    Raises:
        ValueError: a `Saliency` that still has its example axis; NaN or infinity.
    """
    values = np.asarray(saliency)
    if isinstance(saliency, Spread) and "example" in saliency.axes:
        raise ValueError(
            f"{who} draws one example, {shapes}. Received shape {values.shape}, a batch. "
            "Index the batch first, e.g. saliency[0]."
        )
    if values.dtype.kind not in "fiu" or not np.isfinite(values).all():
        raise ValueError(
            f"{who} draws finite real numbers. Received: dtype {values.dtype}"
            f"{', with NaN or infinity' if values.dtype.kind == 'f' else ''}. Look for the cause upstream."
        )
    return values


def check_picture_path(path: str | os.PathLike | None, endings: tuple[str, ...] = PICTURE_ENDINGS) -> None:
    """Refuses a name that could not be written, before anything is drawn. None is fine: nothing is saved.

    Raises:
        ValueError: another ending.
        FileNotFoundError: the folder is missing.
    """
    if path is None:
        return
    if Path(path).suffix.lower() not in endings:
        raise ValueError(
            f"A picture is saved as {', '.join(endings)}. Received: {os.fspath(path)!r}. Change the ending."
        )
    check_parent(path)


def save_picture(figure: Figure, path: str | os.PathLike | None, bbox_inches: str | None) -> None:
    """Writes the figure to `path` in the format its ending names; a picture of that name is replaced in one step."""
    if path is None:
        return
    with write_aside(path) as aside:
        figure.savefig(aside, format=aside.suffix[1:].lower(), bbox_inches=bbox_inches)


def root_figure(ax: Axes) -> Figure:
    """The figure that `ax` is in, also when it is in a subfigure of it."""
    return ax.figure.figure  # type: ignore[return-value]
