"""Maps of the predicted class, of an explanation of all classes."""

import numpy as np

from kerasal.saliency import Saliency


def of_predicted_class(saliency: Saliency) -> Saliency:
    """Take the map of each example's class with the highest score; maps of no classes stay as they are.

    Args:
        saliency: Of a batch, maps (N, C, ...) or (N, ...).

    Returns:
        Maps (N, ...); without scores, those of class 0.

    Example:

    >>> both = Saliency([[[1, 2], [3, 4]]], scores=[[0.5, 2.0]], axes=("example", "class", "feature"))
    >>> of_predicted_class(both).values
    array([[3., 4.]], dtype=float32)
    """
    if "class" not in saliency.axes:
        return saliency
    rows = np.arange(len(saliency))
    best = np.zeros(len(rows), int) if saliency.scores is None else saliency.scores.argmax(1)

    def taken(array: np.ndarray | None) -> np.ndarray | None:
        return None if array is None else array[rows, best]

    return Saliency(
        saliency.values[rows, best],
        std=taken(saliency.std),
        standard_error=None if saliency.std is None else taken(saliency.standard_error),
        M=saliency.M,
        scores=taken(saliency.scores),
        score_name=f"{saliency.score_name}, of the highest" if saliency.score_name else "",
        axes=[name for name in saliency.axes if name != "class"],
        class_names=saliency.class_names,
        predictions=saliency.predictions,
        labels=saliency.labels,
        kind=saliency.kind,
    )
