"""Peak memory of a piece of code, of Python objects and of NumPy's arrays."""

import contextlib
import tracemalloc


class Peak:
    """Bytes at most above what was there before; known after the block."""

    bytes = 0


@contextlib.contextmanager
def peak():
    """Yield a `Peak`."""
    tracemalloc.start()
    found, before = Peak(), tracemalloc.get_traced_memory()[0]
    tracemalloc.reset_peak()
    try:
        yield found
    finally:
        found.bytes = tracemalloc.get_traced_memory()[1] - before
        tracemalloc.stop()
