"""Parts that plots of several kinds share: one example's input, classes that are left, and examples that are shown."""

from typing import Any

import numpy as np

MOST_EXAMPLES = 8  # of a batch in one picture


def is_batch(saliency: Any) -> bool:
    """Tell whether a `Saliency` is of a batch."""
    return bool(saliency.axes[:1] == ("example",))


def refuse_classes(saliency: Any, what: str, way: str = "Explain") -> None:
    """Refuse maps of every class, where one is drawn.

    Args:
        saliency: the `Saliency`.
        what: is drawn, for the error.
        way: begin of the way out, which goes on with the score of one class.

    Raises:
        ValueError: it has an axis of classes.
    """
    if "class" in saliency.axes:
        raise ValueError(
            f"{what} shows the map of one class. Received: maps of every class, axes {saliency.axes}. {way} with score=3 or the like."
        )


def fitting_images(images: np.ndarray | None, shape: tuple[int, ...]) -> np.ndarray | None:
    """Give the images, channels last, where the maps are of their size."""
    if images is None or images.dtype.kind not in "fiub":
        return None
    images = images[: shape[0]] if len(shape) == 3 else images
    if images.shape[: len(shape)] == shape and images.ndim - len(shape) in (0, 1):
        return images
    first = np.moveaxis(images, -3, -1) if images.ndim - len(shape) == 1 else images
    return first if first.shape[: len(shape)] == shape else None
