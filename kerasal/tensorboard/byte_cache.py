"""What was made is kept, up to so many bytes."""

import threading
from collections.abc import Callable, Hashable
from typing import Any


class Kept:
    """Remembers values by key; beyond the limit the longest unused are forgotten. For several threads.

    Args:
        most: bytes that are kept; a value that is larger is kept alone.
        size_of: function of a value -> its bytes.

    Example:

    >>> kept = Kept(10, len)
    >>> [kept(key, lambda: 4 * key) for key in "abacab"]  # c does not fit beside a and b, of which b is the longest unused
    ['aaaa', 'bbbb', 'aaaa', 'cccc', 'aaaa', 'bbbb']
    >>> kept("a", lambda: "new"), kept("c", lambda: "new")
    ('aaaa', 'new')
    """

    def __init__(self, most: int, size_of: Callable[[Any], int]):
        self._most, self._size_of, self._lock = most, size_of, threading.Lock()
        self._values: dict[Hashable, Any] = {}  # the longest unused first
        self._total = 0

    def __call__(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """The value of a key, made if it is not known. What `make` raises is raised, and not remembered."""
        with self._lock:
            if key in self._values:
                self._values[key] = value = self._values.pop(key)
                return value
        value = make()  # outside the lock: others need not wait for a disk
        with self._lock:
            if key not in self._values:
                self._values[key] = value
                self._total += self._size_of(value)
            while self._total > self._most and len(self._values) > 1:
                oldest = next(iter(self._values))
                self._total -= self._size_of(self._values.pop(oldest))
        return value
