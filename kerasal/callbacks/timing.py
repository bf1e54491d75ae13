"""The timing of maps while a model trains: the steps at which one is due, and the time that they may take."""

import contextlib
import time
from collections.abc import Callable, Iterator

import numpy as np

UNITS = ("epoch", "batch")


class Cadence:
    """Counts epochs or batches and says when a map is due. A step is how many of them are completed; 0 is before training.

    Args:
        every: Number of units from one map to the next, at least 1.
        unit: "epoch" or "batch", the unit of `every` and of steps.

    Attributes:
        step: The step that training has reached.

    Raises:
        ValueError: There are other values than these.

    Example:

    >>> cadence = Cadence(10, "batch")
    >>> cadence.begin(first_epoch=0, batches_per_epoch=25)
    >>> [cadence.is_due_after_batch(batch) for batch in (3, 7, 11, 19, 24)]  # as with steps_per_execution=4
    [False, False, True, True, False]
    """

    def __init__(self, every: int = 1, unit: str = "epoch"):
        if isinstance(every, bool) or not isinstance(every, (int, np.integer)) or every < 1:
            raise ValueError(f"every is an integer ≥ 1, of unit={unit!r}. Received: every={every!r}. Pass 1 for each.")
        if unit not in UNITS:
            raise ValueError(f"unit is 'epoch' or 'batch'. Received: {unit!r}. Choose what `every` counts.")
        self._every, self._counts_batches = every, unit == "batch"
        self.step = self._epoch_start = 0

    def begin(self, first_epoch: int, batches_per_epoch: int | None) -> None:
        """Begin to count with the first epoch of a training; batches count from 0 where `batches_per_epoch` is not known."""
        self._epoch_start = first_epoch * (batches_per_epoch or 0) if self._counts_batches else 0
        self.step = self._epoch_start if self._counts_batches else first_epoch

    def is_due_after_batch(self, batch: int) -> bool:
        """Count batch `batch` of its epoch, 0 the first, and tell if a multiple of `every` was crossed."""
        if not self._counts_batches:
            return False
        before, self.step = self.step, self._epoch_start + batch + 1
        return self.step // self._every > before // self._every

    def is_due_after_epoch(self, epoch: int) -> bool:
        """Count epoch `epoch`, 0 the first, and tell if a map is due."""
        self._epoch_start = self.step
        if self._counts_batches:
            return False
        self.step = epoch + 1
        return self.step % self._every == 0


class Budget:
    """Says which maps can be afforded.

    Args:
        share: Largest share of the time of training, which is all time since it began less that spent on maps; None for any.
            What is prepared once, as the first map is compiled, is neither.
        clock: Function that tells seconds.
        free: Seconds of maps in all that are afforded however short the training.

    Attributes:
        spent: Seconds on maps so far.
        skipped: Number of maps that could not be afforded.

    Raises:
        ValueError: The share is not above 0.

    Example:

    >>> seconds = iter([0, 0, 2, 10, 62])  # training begins; a map takes 2 s; two questions
    >>> budget = Budget(0.1, lambda: next(seconds))
    >>> budget.begin()
    >>> with budget.spending():
    ...     pass
    >>> budget.affords(), budget.affords()  # 8 s of training would pay for .8 s, 60 s for three maps, one of them the last
    (False, True)
    """

    def __init__(self, share: float | None = None, clock: Callable[[], float] = time.perf_counter, free: float = 0.0):
        if share is not None and (isinstance(share, bool) or not isinstance(share, (int, float)) or not share > 0):
            raise ValueError(
                f"max_overhead is a share of the time of training above 0. Received: {share!r}. Pass .05 for 5 %, or None."
            )
        self.share, self._clock, self._free = share, clock, free
        self._began, self.spent, self._last, self._prepared, self.skipped = 0.0, 0.0, 0.0, 0.0, 0

    def begin(self) -> None:
        """Start the clock: training begins."""
        self._began, self.spent, self._last, self._prepared, self.skipped = self._clock(), 0.0, 0.0, 0.0, 0

    @contextlib.contextmanager
    def preparing(self) -> Iterator[None]:
        """Count the time inside neither as spent on maps nor as training."""
        began = self._clock()
        try:
            yield
        finally:
            self._prepared += self._clock() - began

    @contextlib.contextmanager
    def spending(self) -> Iterator[None]:
        """Count the time inside as spent on maps."""
        began = self._clock()
        try:
            yield
        finally:
            self._last = self._clock() - began
            self.spent += self._last

    def affords(self) -> bool:
        """Tell if one more map stays within the share, and that of the end of training, each as dear as the one before."""
        if self.share is None:
            return True
        fits = self.spent + 2 * self._last <= max(self._free, self.share * self._trained())
        self.skipped += not fits
        return fits

    def excess(self) -> str | None:
        """Say at the end of training by how much maps cost more than the share; None where they did not."""
        trained = self._trained()
        if self.share is None or self.spent <= self.share * trained:
            return None
        return (
            f"maps took {self.spent:.2f} s, {self.spent / trained:.1%} of the rest of training, which was too short for "
            f"max_overhead={self.share:.0%}: the first maps and the last are written in any case, and "
            f"{self.spent / self.share:.0f} s of training pay for them"
        )

    def _trained(self) -> float:
        return self._clock() - self._began - self.spent - self._prepared
