"""Base of visualizers: one example is checked, drawn, and saved whole or not at all."""

import abc
import os
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from kerasal._storage.base import StrPath
from kerasal._storage.file_systems import check_parent, write_aside
from kerasal._vocabulary import checks_keywords

PICTURE_ENDINGS = (".png", ".svg", ".pdf")
TEXT_ENDINGS = (*PICTURE_ENDINGS, ".html")
DPI = 150


@runtime_checkable
class SaliencyLike(Protocol):
    """Saliency that knows its axes and its spread over samples, as `kerasal.Saliency` does.

    Attributes:
        values: the saliency.
        std: its standard deviation over samples, shape of `values`, or None.
        axes: a name for each axis of `values`; the first is "example" in a batch.
        M: number of samples.
    """

    values: np.ndarray
    std: np.ndarray | None
    axes: tuple[str, ...]
    M: Any


class BaseVisualizer(abc.ABC):
    """Base of visualizers. One of your own is a subclass with a method `visualize`.

    It takes the saliency of one example first and what belongs to the example second, and returns the picture. Three
    functions of `kerasal.visualizers.base` do what all visualizers have in common: `check_picture_path` refuses a file
    that could not be written before anything is drawn, `one_example` gives the numbers of an array or a `kerasal.Saliency`
    and refuses a batch, and `save_picture` writes the figure whole or not at all.

    Example:
        >>> import numpy as np
        >>> from matplotlib.figure import Figure
        >>> from kerasal.visualizers import BaseVisualizer
        >>> from kerasal.visualizers.base import check_picture_path, one_example, save_picture
        >>> class DotsVisualizer(BaseVisualizer):
        ...     def visualize(self, saliency, series, save_filepath=None):
        ...         check_picture_path(save_filepath)
        ...         values = one_example(saliency, "DotsVisualizer", "shape (steps,)")
        ...         figure = Figure()
        ...         ax = figure.subplots()
        ...         ax.plot(series, color="0.7")
        ...         ax.scatter(range(len(series)), series, c=values, cmap="RdBu_r")
        ...         save_picture(figure, save_filepath)
        ...         return figure
        >>> figure = DotsVisualizer().visualize([0.1, -0.5, 0.3], [1.0, 2.0, 1.5])
        >>> figure.axes[0].collections[0].get_array().tolist()
        [0.1, -0.5, 0.3]
    """

    def __init_subclass__(cls, **keywords: Any):
        super().__init_subclass__(**keywords)
        checks_keywords(cls)
        for name, method in list(vars(cls).items()):
            if name.startswith("visualize"):
                setattr(cls, name, checks_keywords(method))

    @abc.abstractmethod
    def visualize(self, saliency: Any, *args: Any, **kwargs: Any) -> Any:
        """Draw the saliency of one example.

        Args:
            saliency: array or `Saliency` of one example; a subclass says of which shape.
            *args: the example and how it is drawn, as a subclass says.
            **kwargs: likewise.

        Returns:
            The figure, or the SVG of a molecule; saved before if a file was named.
        """


def one_example(saliency: ArrayLike, who: str, shapes: str) -> np.ndarray:
    """Return the values of one example, any number of axes.

    Args:
        saliency: array, or `Saliency` of one example.
        who: name of the visualizer, for the error, e.g. `"ImageVisualizer"`.
        shapes: the shapes it draws, for the error, e.g. `"shape (features,)"`.

    Returns:
        Finite real numbers.

    Raises:
        ValueError: a `Saliency` that still has its example axis; NaN or infinity.
    """
    values = np.asarray(saliency)
    if isinstance(saliency, SaliencyLike) and "example" in saliency.axes:
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


def std_of(saliency: ArrayLike) -> np.ndarray | None:
    """Return the standard deviation over samples, shape of the saliency; None of an array, and where there is none."""
    return saliency.std if isinstance(saliency, SaliencyLike) else None


def check_picture_path(path: StrPath | None, endings: tuple[str, ...] = PICTURE_ENDINGS) -> None:
    """Refuse a name that could not be written, before anything is drawn.

    Args:
        path: of the picture; None: nothing is saved.
        endings: those of the formats that can be written.

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


def save_picture(figure: Figure, path: StrPath | None, bbox_inches: str | None = "tight") -> None:
    """Write a figure in the format that the file's ending names; a picture of that name is replaced in one step.

    Args:
        figure: the figure.
        path: of the picture; None: nothing is saved.
        bbox_inches: passed to matplotlib's `savefig`; `"tight"` cuts empty margins.
    """
    if path is None:
        return
    with write_aside(path) as aside:
        figure.savefig(aside, format=aside.suffix[1:].lower(), bbox_inches=bbox_inches)


def root_figure(ax: Axes) -> Figure:
    """Return the figure that axes are in, also when they are in a subfigure of it."""
    return ax.figure.figure
