"""The choice of pictures for a batch."""

import warnings
from collections.abc import Callable
from typing import Any

from kerasal.callbacks.pictures.base import Batch, Pictures
from kerasal.callbacks.pictures.function import FunctionPictures
from kerasal.callbacks.pictures.image import ImagePictures
from kerasal.callbacks.pictures.numbers import NumberPictures
from kerasal.callbacks.pictures.series import SeriesPictures
from kerasal.callbacks.pictures.table import TablePictures
from kerasal.callbacks.pictures.video import VideoPictures, VolumePictures
from kerasal.saliency import Saliency

Visualizer = Pictures | Callable[[Saliency, int], Any]  # a function of one example's saliency and its position
# the first that suits a batch is taken
AUTOMATIC: tuple[type[Pictures], ...] = (ImagePictures, SeriesPictures, TablePictures, VideoPictures, VolumePictures)

_UNFIT = (
    f"{', '.join(f'kind={each.kind!r} draws {each.suits}' for each in AUTOMATIC)}. Received: "
    "kind={!r} and maps of shape {}. Fold channels by ch_axis=…, or pass kind='numbers', which takes all."
)


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
    """Choose how a batch is drawn: as the user says, else by its kind.

    Args:
        visualizer: `Pictures`, a function for `FunctionPictures`, or None.
        batch: The batch.

    Returns:
        The user's pictures, those of the batch's kind, or `NumberPictures` for the rest.

    Raises:
        TypeError: See `check_visualizer`.
        ValueError: The user's pictures, range or kind do not fit.
    """
    check_visualizer(visualizer)
    if visualizer is None:
        if batch.kind.doubt:
            warnings.warn(f"SaliencyLogger: {batch.kind.doubt}. Say which by kind='image', 'series', …", stacklevel=7)
        suiting = next(filter(None, (kind.for_batch(batch) for kind in AUTOMATIC)), None)
        if batch.kind.is_said and (suiting is None) != (batch.kind.name == "numbers"):
            raise ValueError(_UNFIT.format(batch.kind.name, batch.saliency.shape))
        return suiting or NumberPictures.for_batch(batch)
    if not isinstance(visualizer, Pictures):
        visualizer = FunctionPictures(visualizer, batch.fitting_columns)
    visualizer.check(batch.saliency)
    return visualizer
