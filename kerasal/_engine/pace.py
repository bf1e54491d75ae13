"""The length of compiled calls, and the progress between them."""

from collections.abc import Collection, Iterator
from typing import TypeVar

import keras

_T = TypeVar("_T")
_SECONDS = 0.7  # a compiled call aims at this, so that progress is shown and Ctrl-C obeyed


class CallPace:
    """Says how many steps of a compiled loop fit into one call, from how long steps have taken.

    Args:
        seconds: a call's length to aim at.

    Example:

    >>> pace = CallPace(1.0)
    >>> before = pace.steps(10)
    >>> pace.learn(seconds=0.5, rows=50)  # 10 ms a row
    >>> before, pace.steps(10)
    (1, 10)
    """

    def __init__(self, seconds: float = _SECONDS):
        self._seconds = seconds
        self._per_row: float | None = None

    def steps(self, rows: int = 1) -> int:
        """Return how many steps of so many rows the next call takes: one until the speed is known."""
        if self._per_row is None:
            return 1
        return int(min(max(self._seconds / max(1e-9, self._per_row * rows), 1), 10**6))

    def learn(self, seconds: float, rows: int) -> None:
        """Take in how long a call of so many rows took: the faster counts at once, the slower by half."""
        now = seconds / rows
        self._per_row = now if self._per_row is None else min(now, 0.5 * (now + self._per_row))


class Progress:
    """A progress bar.

    Args:
        total: how many units there are, or None where nobody knows.
        unit: what a unit is called.
        shown: whether to show anything.

    Attributes:
        is_shown: as given.
    """

    def __init__(self, total: int | None, unit: str, *, shown: bool):
        self.is_shown = shown
        self._bar = keras.utils.Progbar(total, unit_name=unit) if shown else None
        self._done = 0

    def add(self, units: int) -> None:
        """Count units that are done."""
        self._done += units
        if self._bar:
            self._bar.update(self._done, finalize=False)

    def close(self) -> None:
        """End the bar."""
        if self._bar:
            self._bar.update(self._done, finalize=True)


def followed(items: Collection[_T], unit: str, *, shown: bool) -> Iterator[_T]:
    """Yield items, with a progress bar over them.

    Args:
        items: to yield.
        unit: what an item is called.
        shown: whether to show anything.
    """
    progress = Progress(len(items), unit, shown=shown)
    progress.add(0)
    for item in items:
        yield item
        progress.add(1)
    progress.close()
