"""Disjoint parts of the examples, one for each run, so that runs tell the same thing independently of one another."""

from typing import NamedTuple

import numpy as np

LEAST = 2  # examples of a concept in a run


class Parts(NamedTuple):
    """Examples of each run, as indices; no example is in two places.

    Attributes:
        concept: (R, n) among the concept's examples.
        control: (R, n) among the random ones, which stand for a concept that is none.
        others: (R, n) among the random ones, which both are told from.
    """

    concept: np.ndarray
    control: np.ndarray
    others: np.ndarray

    @property
    def size(self) -> int:
        """Number of examples of each kind in a run; control and others depend on nothing else."""
        return self.concept.shape[1]


def parts_of(examples: int, random: int, runs: int, seed: int, place: int) -> Parts:
    """Divide a concept's examples and the random ones among runs.

    Each run has as many of the concept as of the random ones it is told from, so that where the concept is none of its own, the two
    may be exchanged, and the vector points to either side alike. That is a run's share of the concept, or half of its share of the
    random ones where these are fewer.

    Args:
        examples: how many of the concept.
        random: how many random ones.
        runs: R.
        seed: of the order of the examples.
        place: of the concept among all.
    """
    size = min(examples // runs, random // (2 * runs))
    own = np.random.default_rng([abs(seed), int(seed < 0), 1, place]).permutation(examples)
    order = np.random.default_rng([abs(seed), int(seed < 0), 0]).permutation(random)
    own, drawn = own[: runs * size].reshape(runs, size), order[: 2 * runs * size].reshape(2, runs, size)
    return Parts(own, drawn[0], drawn[1])
