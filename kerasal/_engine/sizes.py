"""Sizes of results that keep every sample, told before any work."""

import math
import os
from collections.abc import Sequence

_MEMORY = 2**36  # bytes, where the system does not tell


def check_size(M: int, examples: int | None, shape: Sequence[int | None]) -> None:
    """Refuse to keep more samples than memory holds.

    Args:
        M: samples.
        examples: N, or None where that is not known.
        shape: of the target, (None, ...).

    Raises:
        ValueError: M × N × target float32 numbers are more bytes than the machine has.

    Example:
        >>> check_size(1000, 32, (None, 24, 24, 3))
    """
    size = 4 * M * (examples or 1) * math.prod(axis or 1 for axis in shape[1:])
    memory = _memory()
    if size > memory:
        raise ValueError(
            f"compute keeps every sample, M × N × target float32 numbers, in memory. Received: M={M}, N={examples or 'unknown'} and a "
            f"target {('N', *shape[1:])}, which are {size:.3g} bytes, on a machine with {memory:.3g}. Use explain, whose memory does not "
            "grow with M, or fewer samples at a time."
        )


def _memory() -> int:
    """Count the bytes of memory of this machine."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return _MEMORY
