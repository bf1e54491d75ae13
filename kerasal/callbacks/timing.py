"""When a map is due while a model trains."""

import contextlib
import time

import numpy as np


class Budget:
    """Says which maps can be afforded.

    Args:
        share: largest share of the time of training, which is all time since it began less that spent on maps; None for any.
        clock: function that tells seconds.

    Attributes:
        spent: seconds on maps so far; skipped: how many maps could not be afforded.

    Raises:
        ValueError: a share that is not above 0.

    Example:

    >>> seconds = iter([0, 0, 2, 10, 62])  # training begins; a map takes 2 s; two questions
    >>> budget = Budget(0.1, lambda: next(seconds))
    >>> budget.begin()
    >>> with budget.spending():
    ...     pass
    >>> budget.affords(), budget.affords()  # 8 s of training would pay for .8 s, 60 s for three maps, one of them the last
    (False, True)
    """

    def __init__(self, share: float | None = None, clock=time.perf_counter):
        if share is not None and (isinstance(share, bool) or not isinstance(share, (int, float)) or not share > 0):
            raise ValueError(
                f"max_overhead is a share of the time of training above 0. Received: {share!r}. Pass .05 for 5 %, or None."
            )
        self.share, self._clock = share, clock
        self.begin_at, self.spent, self._last, self.skipped = 0.0, 0.0, 0.0, 0

    def begin(self) -> None:
        """Training begins."""
        self.begin_at, self.spent, self._last, self.skipped = self._clock(), 0.0, 0.0, 0

    @contextlib.contextmanager
    def spending(self):
        """What is done inside is spent on maps."""
        began = self._clock()
        try:
            yield
        finally:
            self._last = self._clock() - began
            self.spent += self._last

    def affords(self) -> bool:
        """Whether one more map stays within the share, and that of the end of training, each as dear as the one before."""
        if self.share is None:
            return True
        fits = self.spent + 2 * self._last <= self.share * self._trained()
        self.skipped += not fits
        return fits

    def excess(self) -> str | None:
        """At the end of training: by how much maps cost more than the share, in words; None where they did not."""
        trained = self._trained()
        if self.share is None or self.spent <= self.share * trained:
            return None
        return (
            f"maps took {self.spent:.2f} s, {self.spent / trained:.1%} of the rest of training, which was too short for "
            f"max_overhead={self.share:.0%}: the first map, which is compiled, and the last are written in any case, and "
            f"{self.spent / self.share:.0f} s of training pay for them"
        )

    def _trained(self):
        return self._clock() - self.begin_at - self.spent


UNITS = ("epoch", "batch")


class Pace:
    """Counts epochs or batches. A step is how many of them are completed; 0 is before training.

    Args:
        every: from one map to the next, at least 1.
        unit: of `every` and of steps, "epoch" or "batch".

    Attributes:
        done: the step that training has reached.

    Raises:
        ValueError: values other than these.

    Example:

    >>> pace = Pace(10, "batch")
    >>> pace.begin(first_epoch=0, batches_per_epoch=25)
    >>> [pace.after_batch(batch) for batch in (3, 7, 11, 19, 24)]  # as with steps_per_execution=4
    [False, False, True, True, False]
    """

    def __init__(self, every: int = 1, unit: str = "epoch"):
        if isinstance(every, bool) or not isinstance(every, (int, np.integer)) or every < 1:
            raise ValueError(f"every is an integer ≥ 1, of unit={unit!r}. Received: every={every!r}. Pass 1 for each.")
        if unit not in UNITS:
            raise ValueError(f"unit is 'epoch' or 'batch'. Received: {unit!r}. Choose what `every` counts.")
        self._every, self._of_batches = every, unit == "batch"
        self.done = self._before = 0

    def begin(self, first_epoch: int, batches_per_epoch: int | None) -> None:
        """An epoch begins that is the first of a training; where nobody knows how long the ones before were, batches count from 0."""
        self._before = first_epoch * (batches_per_epoch or 0) if self._of_batches else 0
        self.done = self._before if self._of_batches else first_epoch

    def after_batch(self, batch: int) -> bool:
        """Whether a map is due after batch `batch` of its epoch, 0 the first: whether a multiple of `every` was crossed."""
        if not self._of_batches:
            return False
        before, self.done = self.done, self._before + batch + 1
        return self.done // self._every > before // self._every

    def after_epoch(self, epoch: int) -> bool:
        """Whether a map is due after epoch `epoch`, 0 the first."""
        self._before = self.done
        if self._of_batches:
            return False
        self.done = epoch + 1
        return self.done % self._every == 0
