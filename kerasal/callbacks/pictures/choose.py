"""Which pictures suit a batch."""

import warnings

from kerasal.callbacks.pictures.base import Pictures
from kerasal.callbacks.pictures.given import GivenPictures
from kerasal.callbacks.pictures.images import ImagePictures
from kerasal.callbacks.pictures.tables import BarPictures

_MOST_BARS = 50
_LEAST_SIDE = 8  # of (N, H, W) that is taken for an image


def check_visualizer(visualizer) -> None:
    """Refuses what is neither `Pictures`, nor a function, nor None. TypeError."""
    if visualizer is not None and not isinstance(visualizer, Pictures) and not callable(visualizer):
        raise TypeError(
            "visualizer is a function of the saliency of one example and its position, or pictures of all examples. "
            f"Received: {visualizer!r}. Pass e.g. kerasal.callbacks.TextPictures(tokens), or "
            "lambda saliency, n: TextVisualizer().visualize(saliency, tokens[n])."
        )


def chosen_pictures(visualizer, saliency, leaf, image_range, columns) -> Pictures | None:
    """The user's pictures; else `ImagePictures` over images, `BarPictures` of a table, or None.

    Args:
        visualizer: `Pictures`, a function for `GivenPictures`, or None.
        saliency: the `Saliency` of the batch.
        leaf: the input that is the target, or None where the target is a layer.
        image_range: see `ImagePictures`.
        columns: names of a table's features, or None.

    Raises:
        TypeError: see `check_visualizer`. ValueError: the user's pictures do not fit, or images cannot be drawn.
    """
    check_visualizer(visualizer)
    if visualizer is not None:
        pictures = visualizer if isinstance(visualizer, Pictures) else GivenPictures(visualizer)
        pictures.check(saliency)
        return pictures
    shape = saliency.shape
    if leaf is not None and leaf.ndim == 3 and leaf.shape == shape and min(shape[1:]) >= _LEAST_SIDE:
        leaf = leaf[..., None]  # grey images without an axis of colours
    if leaf is not None and leaf.ndim == 4 and shape in (leaf.shape[:3], (*leaf.shape[:3], 1)):
        return ImagePictures(leaf, image_range)
    if len(shape) == 2 and shape[1] <= _MOST_BARS:
        return BarPictures(columns if columns and len(columns) == shape[1] else None)
    warnings.warn(
        "SaliencyLogger draws images (N, H, W, C) and (N, H, W), whose maps are (N, H, W), and tables of up to "
        f"{_MOST_BARS} columns. Received: maps of shape {shape}, which are logged as numbers and arrays alone. Give visualizer= to "
        "see them among TensorBoard's Images.",
        stacklevel=6,
    )
    return None
