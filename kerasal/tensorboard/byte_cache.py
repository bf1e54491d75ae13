"""A cache bounded by bytes; the least recently used entries go first."""

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class ByteCache(Generic[Value]):
    """Remembers values by key, up to a number of bytes. Several threads may use it.

    Args:
        limit: Bytes to keep. A value that is larger is kept alone.
        size_of: Function of a value that returns its bytes.

    Example:

    >>> cache = ByteCache(10, len)
    >>> [cache.get(key, lambda: 4 * key) for key in "abacab"]  # c displaces b, the least recently used
    ['aaaa', 'bbbb', 'aaaa', 'cccc', 'aaaa', 'bbbb']
    >>> cache.get("a", lambda: "new"), cache.get("c", lambda: "new")
    ('aaaa', 'new')
    """

    def __init__(self, limit: int, size_of: Callable[[Value], int]):
        self._limit, self._size_of, self._lock = limit, size_of, threading.Lock()
        self._values: dict[Hashable, Value] = {}  # the least recently used first
        self._total = 0

    def get(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """Return the value of a key, made if it is not known. What `make` raises is raised, and not remembered."""
        with self._lock:
            if key in self._values:
                self._values[key] = value = self._values.pop(key)
                return value
        value = make()  # outside the lock: others need not wait for a disk
        with self._lock:
            if key not in self._values:
                self._values[key] = value
                self._total += self._size_of(value)
            while self._total > self._limit and len(self._values) > 1:
                oldest = next(iter(self._values))
                self._total -= self._size_of(self._values.pop(oldest))
        return value
