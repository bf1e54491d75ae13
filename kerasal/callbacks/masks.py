"""Masks of truth beside the maps of a training: the tab compares maps with them."""

from typing import Any

import numpy as np

from kerasal.saliency import Saliency


def truth_of(masks: Any, saliency: Saliency) -> dict[str, np.ndarray]:
    """Give the array that the tab reads masks from.

    Args:
        masks: Numbers of the shape of the maps, of one class where there are several, or that broadcast to it; what is not 0 is inside. None: there are none.
        saliency: Of the examples.

    Returns:
        {"truth": uint8, of that shape}, empty where there are none.

    Raises:
        ValueError: They have another shape, or an example has nothing inside.

    Example:

    >>> truth_of([[0, 2, 0]], Saliency(np.ones((2, 3))))
    {'truth': array([[0, 1, 0],
           [0, 1, 0]], dtype=uint8)}
    """
    if masks is None:
        return {}
    given = np.asarray(masks) != 0
    shape = tuple(size for size, name in zip(saliency.shape, saliency.axes, strict=True) if name != "class")
    try:
        inside = np.broadcast_to(given, shape).astype(np.uint8)
    except ValueError as error:
        raise ValueError(
            f"masks have the shape of the maps, {shape}. Received: {given.shape}. Give one number for each number of a map; of "
            "pictures whose channels are folded, one for each pixel."
        ) from error
    empty = [n for n, mask in enumerate(inside) if not mask.any()]
    if empty:
        raise ValueError(
            f"Each mask has something inside. Received: masks of 0 for example(s) {empty}. Leave these examples out."
        )
    return {"truth": inside}
