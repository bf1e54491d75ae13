"""Small maps for a grid of all examples of a step: pictures averaged over blocks. NumPy alone."""

import math
from typing import Any

import numpy as np


def small(picture: np.ndarray, side: int) -> np.ndarray:
    """Average a picture over blocks, so that neither side is longer than a number of pixels.

    Args:
        picture: A map (H, W), or an image uint8 (H, W, 3). Rows and columns behind the last whole block are a block. Arrays of
            other shapes are as they are.
        side: In pixels.

    Returns:
        uint8 where that was given, else float32.

    Example:

    >>> small(np.arange(128 * 64, dtype="float32").reshape(128, 64), 64).shape
    (64, 32)
    """
    dtype = np.float32 if picture.dtype.kind == "f" else picture.dtype
    factor = block_of((1, *picture.shape), side)
    if factor == 1:
        return np.ascontiguousarray(picture, dtype)
    rows, columns = (np.arange(0, size, factor) for size in picture.shape[:2])
    counts = np.outer(*(np.diff([*at, size]) for at, size in zip((rows, columns), picture.shape[:2], strict=True)))
    sums = np.add.reduceat(np.add.reduceat(picture.astype(np.float32), rows, 0), columns, 1)
    mean = sums / counts.reshape(counts.shape + (1,) * (picture.ndim - 2))
    return np.asarray(np.rint(mean) if dtype == np.uint8 else mean, dtype)


def block_of(shape: tuple[int, ...], side: int) -> int:
    """Return the side of the blocks that `small` averages over, for an array (N, ...); 1 for what is no picture."""
    is_picture = (len(shape) == 3 or (len(shape) == 4 and shape[3] == 3)) and min(shape[1:]) > 0
    return math.ceil(max(shape[1:3]) / side) if is_picture else 1


def small_size(shape: tuple[int, ...], side: int) -> int:
    """Return the number of elements that `small` leaves of each entry of an array (N, ...)."""
    factor = block_of(shape, side)
    return math.prod(math.ceil(size / factor) for size in shape[1:3]) * math.prod(shape[3:])


def ends(maps: np.ndarray, percentile: float) -> dict[str, Any]:
    """Return the ends of the colours of each example's map, as `scale.js` finds them.

    Args:
        maps: (N, ...), NaN nowhere that counts.
        percentile: From 0 to 100.

    Returns:
        {"limits": N numbers, "signed": whether each has negative numbers}.

    Example:

    >>> ends(np.array([[0.0, -2.0], [1.0, 4.0]]), 100.0)
    {'limits': [2.0, 4.0], 'signed': [True, False]}
    """
    rows = maps.reshape(len(maps), -1)
    last = rows.shape[1] - 1
    if last < 0:
        return {"limits": [1.0] * len(rows), "signed": [False] * len(rows)}
    place = min(last, math.ceil(percentile / 100 * last))
    magnitudes = np.sort(np.abs(rows), 1)
    limits = [float(row[place] or row[last] or 1.0) for row in magnitudes]
    return {"limits": limits, "signed": (rows < 0).any(1).tolist()}
