"""Maps with a number per token or atom: whether they fit the examples, and the part that is no padding."""

import numpy as np

from kerasal.saliency import Saliency


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
