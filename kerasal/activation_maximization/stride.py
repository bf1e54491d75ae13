"""How far a compiled call of the ascent goes, and who is told in between."""

import warnings

import numpy as np

from kerasal.activation_maximization.callbacks import Moment

_SECONDS = 0.7  # a call aims at this, so that progress is shown and Ctrl-C obeyed


class Stride:
    """The steps made, and those of the next call.

    Args:
        steps: how many there are to make.
        callbacks: functions of a `Moment`, with `every` and `close()` where they have them.

    Attributes:
        at: how many were made.
        done: whether it is time to end.
    """

    def __init__(self, steps, callbacks):
        self._steps, self.at, self.done, self._seconds = steps, 0, steps == 0, None
        self._callbacks = list(callbacks) if isinstance(callbacks, (list, tuple)) else [callbacks]
        for callback in self._callbacks:
            every = getattr(callback, "every", 1)
            if not callable(callback) or isinstance(every, bool) or not isinstance(every, int) or every < 1:
                raise TypeError(
                    "callbacks are functions of a Moment (step, images, losses); `every` of one is an integer above 0. Received: "
                    f"{callback!r}. Give e.g. Print(every=10)."
                )

    def next(self):
        """The step at which the next call ends."""
        least = 1 if self._seconds is None else int(np.clip(_SECONDS / max(self._seconds, 1e-9), 1, 10**6))
        marks = [(self.at // _every(callback) + 1) * _every(callback) for callback in self._callbacks]
        return min(self._steps, self.at + least, *marks)

    def made(self, stop, seconds):
        """A call ended at this step and took these seconds."""
        now = seconds / (stop - self.at)
        self._seconds = now if self._seconds is None else min(now, 0.5 * (now + self._seconds))
        self.at, self.done = stop, stop >= self._steps

    def tell(self, images, losses, input_range):
        """Call the callbacks whose turn it is; one that returns True ends the ascent."""
        moment = Moment(self.at, images, losses, input_range)
        for callback in self._callbacks:
            if self.at % _every(callback) == 0 or self.at >= self._steps:
                self.done = bool(callback(moment)) or self.done

    def interrupted(self):
        """Ctrl-C."""
        warnings.warn(
            f"Interrupted: {self.at} of {self._steps} steps were made; the result is what there was then.", stacklevel=3
        )

    def close(self):
        """Let every callback finish."""
        for callback in self._callbacks:
            if hasattr(callback, "close"):
                callback.close()


def _every(callback):
    return getattr(callback, "every", 1)
