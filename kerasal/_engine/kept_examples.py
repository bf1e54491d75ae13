"""The examples of a call as they went into the model, for the result to keep."""

from typing import Any, NamedTuple

import numpy as np

from kerasal._tree import mapped, numbered

MOST_BYTES = 2**28  # of a data set that are kept


class _Part(NamedTuple):
    """Neighbouring examples: the leaves of x, and y."""

    x: list[np.ndarray]
    y: Any


class KeptExamples:
    """The examples that are read from a data set, up to so many bytes; of arrays, the arrays themselves.

    Args:
        most: bytes beyond which none are kept; None for any number.
    """

    def __init__(self, most: int | None = None):
        self._most = most
        self._parts: list[_Part] | None = []
        self._bytes = 0

    def add(self, x: list[np.ndarray], y: Any) -> None:
        """Keep some examples, or give up."""
        if self._parts is None:
            return
        self._bytes += sum(leaf.nbytes for leaf in x)
        self._parts.append(_Part(x, y))
        if self._most is not None and self._bytes > self._most:
            self._parts = None

    def inputs(self, structure: Any) -> Any:
        """Return the inputs in a structure, of several widths padded at the end to the widest; None where they are not kept."""
        if not self._parts:
            return None
        flat = [_joined([part.x[k] for part in self._parts]) for k in range(len(self._parts[0].x))]
        return mapped(lambda place: flat[place], numbered(structure))

    def labels(self) -> Any:
        """Return one number or text for each example, (N,), or None where y is something else."""
        if not self._parts:
            return None
        parts = [getattr(part.y, "y", part.y) for part in self._parts]
        if any(not isinstance(part, np.ndarray) for part in parts):
            return None
        y = np.concatenate(parts) if len({part.shape[1:] for part in parts}) == 1 else None
        if y is None or y.ndim > 2 or y.dtype.kind not in "fiubUSO":
            return None
        if y.ndim == 2 and y.shape[1] > 1:
            is_one_hot = y.dtype.kind in "fiub" and bool(((y == 0) | (y == 1)).all() and (y.sum(1) == 1).all())
            return y.argmax(1) if is_one_hot else None
        y = y.reshape(-1)
        return y.astype(str) if y.dtype.kind in "SO" else y


def _joined(parts: list[np.ndarray]) -> np.ndarray:
    """Put arrays together, each padded at the end of its axes to the largest."""
    if len(parts) == 1:
        return parts[0]
    largest = np.max([part.shape[1:] for part in parts], 0) if parts[0].ndim > 1 else ()
    padded = []
    for part in parts:
        more = [(0, 0), *((0, int(size) - have) for size, have in zip(largest, part.shape[1:], strict=True))]
        if any(after for _, after in more):
            empty = "" if part.dtype.kind in "USO" else 0
            part = np.pad(part, more, constant_values=empty) if part.dtype.kind != "O" else _padded_texts(part, more)
        padded.append(part)
    return np.concatenate(padded)


def _padded_texts(part: np.ndarray, more: list[tuple[int, int]]) -> np.ndarray:
    whole = np.full([size + after for size, (_, after) in zip(part.shape, more, strict=True)], "", dtype=object)
    whole[tuple(slice(size) for size in part.shape)] = part
    return whole
