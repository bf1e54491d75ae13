"""Errors: built-in types that say what was expected, what came and what to do."""

import contextlib

import pytest

from kerasal import GradientCalculator


@contextlib.contextmanager
def refused(*words, error=(ValueError, TypeError)):
    """An error with `Received: …`, something before it, something to do after it, and each of these words."""
    with pytest.raises(error) as info:
        yield
    text = str(info.value)
    before, received, after = text.partition("Received")
    assert received and len(before) > 15 and len(after.split(". ", 1)[-1].strip()) > 6, text
    for word in words:
        assert word.lower() in text.lower(), (word, text)


def explain(model, x, *args, calculator=None, **kwargs):
    """A fresh calculator's explanation."""
    return GradientCalculator(model, **(calculator or {})).explain(x, *args, **kwargs)
