"""The mean over exchanges between examples, and how far it may be off."""

import numpy as np


class Exchanges:
    """Sums of what exchanging parts between examples does.

    An exchange has two examples, the one that takes a part and the one that gives it, and both are drawn. Each example takes from one
    and gives to one in every permutation; the spread of what it does in both roles is that of the mean over examples
    (Hoeffding's projection of a U-statistic). The mean of R exchanges of an example has 1/R of the spread of one exchange too much, which
    is taken off.

    Args:
        count: N examples.
        parts: P.

    Attributes:
        repeats: means of each permutation, (P,) each.
    """

    def __init__(self, count: int, parts: int):
        self.repeats: list[np.ndarray] = []
        self._taken, self._given = np.zeros([count, parts]), np.zeros([count, parts])
        self._squares = np.zeros(parts)

    def add(self, order: np.ndarray, changes: np.ndarray) -> None:
        """Add a permutation.

        Args:
            order: (N,), the example that each takes the part from.
            changes: (N, P), what it does to each.
        """
        self.repeats.append(changes.mean(0))
        self._taken += changes
        self._given[order] += changes
        self._squares += np.square(changes).sum(0)

    @property
    def mean(self) -> np.ndarray:
        """Mean over examples and permutations, (P,)."""
        return np.asarray(np.mean(self.repeats, 0))

    @property
    def standard_error(self) -> np.ndarray:
        """Standard error of the mean, (P,)."""
        count, draws = len(self._taken), len(self.repeats)
        taken, given = self._taken / draws, self._given / draws
        of_both = np.sum(np.square(taken + given - 2 * self.mean), 0) / (count - 1)
        spread = self._squares / (draws * count) - np.square(self.mean)  # within a permutation
        of_permutations = np.var(self.repeats, 0) / max(draws - 1, 1)  # for these examples
        return np.sqrt(np.maximum((of_both - spread / draws) / count, of_permutations))
