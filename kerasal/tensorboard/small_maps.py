"""Small maps for a grid of all examples of a step: pictures averaged over blocks. NumPy alone."""

import functools
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
    sums = _block_sums(_block_sums(picture.astype(np.float32), factor).swapaxes(0, 1), factor).swapaxes(0, 1)
    mean = sums / _counts(*picture.shape[:2], factor).reshape(sums.shape[:2] + (1,) * (picture.ndim - 2))
    return np.ascontiguousarray(np.rint(mean) if dtype == np.uint8 else mean, dtype)


def _block_sums(array: np.ndarray, factor: int) -> np.ndarray:
    """Add up blocks of rows; the last may be shorter. Faster than `np.add.reduceat`, which asks for each block anew."""
    sums = array[::factor].copy()
    for k in range(1, factor):
        part = array[k::factor]
        sums[: len(part)] += part
    return sums


@functools.lru_cache(maxsize=16)
def _counts(rows: int, columns: int, factor: int) -> np.ndarray:
    """Count the elements of each block."""
    sizes = (_block_sums(np.ones(size, np.float32), factor) for size in (rows, columns))
    return np.outer(*sizes)


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
    magnitudes = np.abs(rows)
    strong, most = np.partition(magnitudes, place, 1)[:, place], magnitudes.max(1)
    limits = [float(limit or largest or 1.0) for limit, largest in zip(strong, most, strict=True)]
    return {"limits": limits, "signed": (rows < 0).any(1).tolist()}
