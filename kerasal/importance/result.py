"""The outcome of a permutation importance."""

import dataclasses
from typing import Any

import numpy as np

from kerasal._errors import needed
from kerasal._vocabulary import checks_keywords

INTERVAL = 1.96  # standard errors on either side of a 95 % interval


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Importance:
    """The importance of parts of the examples: so much as the model is worse with a part of other examples.

    Attributes:
        names: of the P parts; values: (P,), mean over examples and permutations, in units of the score.
        standard_error: (P,), how far values may be off by the examples that were drawn and by the permutations; of a `metric` by
            the permutations alone.
        repeats: (R, P), the importance by each permutation.
        base: the score of the examples as they are; score_name: what is scored, e.g. "loss".
        count: how many examples.

    Example:
        >>> import numpy as np
        >>> from kerasal.importance import Importance
        >>> found = Importance(("age", "dose"), np.array([0.5, 0.1]), np.array([0.1, 0.1]), np.zeros((3, 2)), 0.3, "loss", 90)
        >>> found
        Importance of 2 parts for the loss, 90 examples: age 0.5 ± 0.1, dose 0.1 ± 0.1
        >>> found.interval.round(2).tolist()
        [[0.3, 0.7], [-0.1, 0.3]]
    """

    names: tuple[str, ...]
    values: np.ndarray
    standard_error: np.ndarray
    repeats: np.ndarray
    base: float
    score_name: str
    count: int

    @property
    def interval(self) -> np.ndarray:
        """95 % interval of each value, (P, 2)."""
        reach = INTERVAL * self.standard_error
        return np.stack([self.values - reach, self.values + reach], 1)

    def __len__(self) -> int:
        return len(self.values)

    def __repr__(self) -> str:
        order = np.argsort(-self.values, kind="stable")[:5]
        shown = ", ".join(f"{self.names[k]} {self.values[k]:.3g} ± {self.standard_error[k]:.2g}" for k in order)
        more = ", …" if len(self) > len(order) else ""
        return f"Importance of {len(self)} parts for the {self.score_name}, {self.count} examples: {shown}{more}"

    def to_frame(self) -> Any:
        """Make a pandas frame: a row for each part, with `importance`, `standard_error`, `low` and `high`."""
        with needed("pandas", "Importance.to_frame"):
            import pandas as pd
        low, high = self.interval.T
        columns = {"importance": self.values, "standard_error": self.standard_error, "low": low, "high": high}
        return pd.DataFrame(columns, index=pd.Index(self.names, name="part"))

    @checks_keywords
    def plot(self, num_visualize: int = 20, save_filepath: Any = None, title: str | None = None) -> Any:
        """Draw bars with 95 % intervals, the most important part at the top.

        Args:
            num_visualize: draw at most so many; -1 draws all.
            save_filepath: of a picture to write, `.png`, `.svg` or `.pdf`.
            title: text above; None: what is scored, and of how many examples.

        Returns:
            A figure, which a notebook shows.
        """
        from kerasal.visualizers import TableVisualizer

        return TableVisualizer().visualize(
            self.values,
            self.names,
            save_filepath,
            num_visualize,
            scaler=None,
            std=np.nan_to_num(INTERVAL * self.standard_error),
            title=f"Permutation importance, {self.count} examples" if title is None else title,
            xlabel=f"{'rise' if self.score_name.startswith('loss') else 'fall'} of the {self.score_name} (whiskers: 95 % interval)",
        )
