"""How much property tests try, and how much they did: a little and always the same. KERASAL_FUZZ=50 tries fifty times as much, each time something else."""

import collections
import contextlib
import os
import time

import hypothesis

FACTOR = int(os.environ.get("KERASAL_FUZZ", "1"))


DONE = collections.Counter()
"""What this run of the tests has done: "models", "checks", "calls" …, and "seconds" of it."""


@contextlib.contextmanager
def told():
    """Count the seconds of a property test."""
    began = time.perf_counter()
    try:
        yield
    finally:
        DONE["seconds"] += time.perf_counter() - began


def in_words():
    """What was done, as "property tests: 60 models, 812 checks, 71 s"; "" where nothing was."""
    counts = [f"{count} {what}" for what, count in DONE.items() if what != "seconds"]
    return f"property tests: {', '.join(counts)}, {DONE['seconds']:.0f} s" if counts else ""


def tried(examples, *, shrinks=True):
    """A decorator: so many examples of what `hypothesis.given` makes up, made smaller where they fail."""
    all_phases = hypothesis.Phase.explicit, hypothesis.Phase.generate, hypothesis.Phase.shrink
    return hypothesis.settings(
        phases=all_phases if shrinks else all_phases[:2],
        max_examples=FACTOR * examples,
        derandomize=FACTOR == 1,
        deadline=None,
        database=None,
        print_blob=True,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
