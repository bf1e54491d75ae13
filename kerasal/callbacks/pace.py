"""When a map is due while a model trains."""

import numpy as np

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
