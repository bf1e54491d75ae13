"""How much property tests try: a little and always the same. KERASAL_FUZZ=50 tries fifty times as much, each time something else."""

import os

import hypothesis

FACTOR = int(os.environ.get("KERASAL_FUZZ", "1"))


def tried(examples):
    """A decorator: so many examples of what `hypothesis.given` makes up."""
    return hypothesis.settings(
        max_examples=FACTOR * examples,
        derandomize=FACTOR == 1,
        deadline=None,
        database=None,
        print_blob=True,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
