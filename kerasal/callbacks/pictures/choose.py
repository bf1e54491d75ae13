"""The choice of pictures for a batch."""

from collections.abc import Callable
from typing import Any

from kerasal.callbacks.pictures.base import Batch, Pictures
from kerasal.callbacks.pictures.function import FunctionPictures
from kerasal.callbacks.pictures.image import ImagePictures
from kerasal.callbacks.pictures.numbers import NumberPictures
from kerasal.callbacks.pictures.table import TablePictures
from kerasal.saliency import Saliency

Visualizer = Pictures | Callable[[Saliency, int], Any]  # a function of one example's saliency and its position
AUTOMATIC = (ImagePictures, TablePictures)  # the first that suits a batch is taken


def check_visualizer(visualizer: object) -> None:
    """Refuse whatever is neither `Pictures`, nor a function, nor None.

    Raises:
        TypeError: It is something else.
    """
    if visualizer is not None and not isinstance(visualizer, Pictures) and not callable(visualizer):
        raise TypeError(
            "visualizer is a function of the saliency of one example and its position, or pictures of all examples. "
            f"Received: {visualizer!r}. Pass e.g. kerasal.callbacks.TextPictures(tokens), or "
            "lambda saliency, n: TextVisualizer().visualize(saliency, tokens[n])."
        )


def choose_pictures(visualizer: Visualizer | None, batch: Batch) -> Pictures:
    """Choose how a batch is drawn: as the user says, else by its shape.

    Args:
        visualizer: `Pictures`, a function for `FunctionPictures`, or None.
        batch: The batch.

    Returns:
        The user's pictures, `ImagePictures` over images, `TablePictures`, or `NumberPictures` for the rest.

    Raises:
        TypeError: See `check_visualizer`.
        ValueError: The user's pictures do not fit, or images cannot be drawn.
    """
    check_visualizer(visualizer)
    if visualizer is None:
        suiting = filter(None, (kind.for_batch(batch) for kind in AUTOMATIC))
        return next(suiting, None) or NumberPictures.for_batch(batch)
    if not isinstance(visualizer, Pictures):
        visualizer = FunctionPictures(visualizer, batch.fitting_columns)
    visualizer.check(batch.saliency)
    return visualizer
