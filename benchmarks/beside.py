"""Methods, measures, the layer and stores, each beside another package that does the same, or beside our own plain way."""

import numpy as np
from figures import say
from timing import ratios, rounds

OURS, OTHER = "kerasal", "other"
ROUNDS = 9


def measure(quick):
    """Each pair in interleaved rounds of one process, after a first call each.

    Yields:
        {title: {"other": its name, "alike": how both are the same, "rounds", "seconds": of kerasal, "ratio", "low", "high": of the other
        to kerasal}}.
    """
    from beside_dropout import LATE
    from beside_measures import MEASURES
    from beside_methods import METHODS
    from beside_stores import STORES

    found = {}
    for title, (other, make) in {**METHODS, **MEASURES, **STORES, **LATE}.items():
        say(f"{title}, beside {other}")
        found[title] = {"other": other, **compared(*make(quick), 3 if quick else ROUNDS)}
        yield found


def compared(ours, theirs, distance, count):
    """Time a pair.

    Args:
        ours, theirs: functions without arguments.
        distance: function of what both give: how far apart, relative; None where draws differ.
        count: of rounds.
    """
    values = ours(), theirs()
    ours()  # traced again where the other package has changed the model
    alike = None if distance is None else distance(*values)
    seconds = rounds({OURS: ours, OTHER: theirs}, count, (OURS, OTHER))
    ratio = ratios(seconds, OURS)[OTHER]
    of_ratio = {name: ratio[name] for name in ("ratio", "low", "high")}
    return {"alike": alike, "rounds": count, "seconds": float(np.median(seconds[OURS])), **of_ratio}


def apart(one, other):
    """Relative L2 distance of two arrays."""
    one, other = np.asarray(one, "float64").ravel(), np.asarray(other, "float64").ravel()
    return float(np.linalg.norm(one - other) / np.linalg.norm(other))
