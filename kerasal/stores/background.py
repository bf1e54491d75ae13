"""Work in a thread of its own, beside that of the caller."""

import concurrent.futures
import contextlib
from collections.abc import Callable
from types import TracebackType
from typing import TypeVar

_T = TypeVar("_T")


class Background(contextlib.AbstractContextManager["Background"]):
    """Does pieces of work beside the caller's; of those that follow one another, one at a time, and none waits.

    Memory is that of one piece, whatever their number. What a piece raises is raised in the caller, when the next is to begin. Left by an
    error or by Ctrl-C, it ends the piece that has begun, and begins no other.

    Example:
        >>> with Background() as background:
        ...     background.follow(lambda: 7), background.follow(lambda: 8), background.wait()
        (0, 7, 8)
    """

    def __init__(self) -> None:
        self._pool = concurrent.futures.ThreadPoolExecutor(2, "kerasal store")  # a piece of each kind
        self._running: concurrent.futures.Future[int] | None = None

    def follow(self, work: Callable[[], int]) -> int:
        """Begin a piece when the one before it is done; return what that gave, or raise what it raised."""
        done = self.wait()
        self._running = self._pool.submit(work)
        return done

    def wait(self) -> int:
        """Wait for the piece that has begun; return what it gave, 0 where there is none, or raise what it raised."""
        running, self._running = self._running, None
        return 0 if running is None else running.result()

    def beside(self, work: Callable[[], _T]) -> Callable[[], _T]:
        """Begin what belongs to nothing else; return the function that waits for its result."""
        return self._pool.submit(work).result

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown()
