"""Maps of examples of several lengths, with a number per position and padding behind the last."""

from collections.abc import Sequence

import numpy as np

from kerasal.saliency import Saliency


def check_positions(saliency: Saliency, counts: Sequence[int], noun: str, asker: str) -> None:
    """Refuse maps that do not fit.

    Args:
        saliency: Of the batch, (N, P) or (N, P, 1).
        counts: Number of positions of each example, at most P; (N,).
        noun: Name of a position, e.g. "token".
        asker: Name of the class that asks, for the error.

    Raises:
        ValueError: The maps have another shape, or fewer positions than an example.
    """
    shape = saliency.shape
    if len(shape) not in (2, 3) or shape[2:] not in ((), (1,)):
        raise ValueError(
            f"{asker} draws a number per {noun}, maps ({len(counts)}, {noun}s). Received: shape {shape}. Fold the other axes, "
            "e.g. ch_axis=-1 for an embedding."
        )
    if len(counts) != shape[0] or max(counts) > shape[1]:
        raise ValueError(
            f"{asker} has {len(counts)} examples of at most {max(counts)} {noun}s. Received: maps of shape {shape}. Give it the "
            "examples that are explained, in their order, as they go into the model."
        )


def first_positions(saliency: Saliency, count: int) -> Saliency:
    """Return the `Saliency` (count,) of one example's first positions, from one of shape (P,) or (P, 1)."""
    std = None if saliency.std is None else np.ravel(saliency.std)[:count]
    return Saliency(np.ravel(saliency.values)[:count], std=std, M=saliency.M, axes=saliency.axes[:1])
