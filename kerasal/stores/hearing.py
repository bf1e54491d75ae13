"""Warnings of many calls, each kind said once."""

import contextlib
import re
import warnings
from collections import Counter
from collections.abc import Iterator

from kerasal._errors import warn_user

_NUMBER = r"(?:\d[\d.e+-]*\d|\d)"
_NUMBERS = re.compile(rf"{_NUMBER}(?:, (?:{_NUMBER}|…))*")  # and lists of them


class Hearing:
    """Listens to the warnings of calls, says the first of each kind, and counts the others.

    Warnings are of a kind where they differ in numbers alone.
    """

    def __init__(self) -> None:
        self._counts = Counter[tuple[type[Warning], str]]()

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Listen while a call runs."""
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always")
            yield
        for each in heard:
            kind = each.category, _NUMBERS.sub("#", str(each.message))
            self._counts[kind] += 1
            if self._counts[kind] == 1:
                warn_user(str(each.message), each.category)

    def close(self) -> None:
        """Say how often others of a kind came."""
        for (category, words), count in self._counts.items():
            if count > 1:
                warn_user(f"{count - 1} more chunks of the data set gave a warning like: {words[:100]}…", category)
