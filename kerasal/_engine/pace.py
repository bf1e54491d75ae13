"""A progress bar over what a calculator has to evaluate."""

import keras


class Progress:
    """A progress bar.

    Args:
        total: how many units there are, or None where nobody knows.
        unit: what a unit is called.
        shown: whether to show anything.
    """

    def __init__(self, total, unit, shown):
        self._bar = keras.utils.Progbar(total, unit_name=unit) if shown else None
        self._done = 0

    def add(self, units):
        self._done += units
        if self._bar:
            self._bar.update(self._done, finalize=False)

    def close(self):
        if self._bar:
            self._bar.update(self._done, finalize=True)
