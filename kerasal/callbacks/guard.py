"""Errors of a logger, of which the first is told and training goes on, unless the user wants it to stop."""

import warnings
from collections.abc import Callable

import tensorflow as tf

from kerasal._errors import listed


class Guard:
    """Runs the actions of one training's logger.

    Args:
        name: Of the logger.
        on_error: "warn" or "raise".

    Attributes:
        missing: Steps that the disk has not taken.

    Raises:
        ValueError: `on_error` is another word.
    """

    def __init__(self, name: str, on_error: str):
        if on_error not in ("warn", "raise"):
            raise ValueError(f"on_error is 'warn' or 'raise'. Received: {on_error!r}. With 'warn' training goes on.")
        self._name, self._on_error, self._has_warned = name, on_error, False
        self.missing: list[int] = []

    def begin(self) -> None:
        """Forget the training before."""
        self._has_warned = False
        self.missing = []

    def __call__(
        self,
        action: Callable[[], None],
        when: str = "at its end",
        then: str = "and later steps are tried in silence",
    ) -> bool:
        """Begin, log or close. An error stops training only if the user wants that; return True for one of the disk."""
        try:
            action()
            return False
        except Exception as error:
            if self._on_error == "raise":
                raise
            if not self._has_warned:
                warnings.warn(
                    f"SaliencyLogger {self._name!r} failed {when}: {type(error).__name__}: {error}\n"
                    f"Training goes on, {then}; on_error='raise' would stop.",
                    stacklevel=3,
                )
            self._has_warned = True
            return isinstance(error, (OSError, tf.errors.OpError))

    def say_missing(self) -> None:
        """Name the steps that the disk has not taken."""
        if len(self.missing) > 1:  # of the first it was said at once
            warnings.warn(
                f"SaliencyLogger {self._name!r} has no maps of {len(self.missing)} steps, since the disk failed: {listed(self.missing)}. "
                "Log them again from checkpoints, or read the run without them.",
                stacklevel=3,
            )
