"""The outcome of a measure: one number per example, with its error and, where there is one, the curve behind it."""

import dataclasses
from typing import Any

import numpy as np

from kerasal._vocabulary import checks_keywords


@dataclasses.dataclass(frozen=True, eq=False)
class Curve:
    """Numbers along something that grows, such as the score against the share that is hidden.

    Attributes:
        x: (N, P) or (P,); y: (N, P); x_name, y_name: in words, with units.
    """

    x: np.ndarray
    y: np.ndarray
    x_name: str
    y_name: str

    @property
    def mean(self) -> np.ndarray:
        """Mean over the examples, (P,)."""
        return np.asarray(np.nanmean(self.y, 0))

    @property
    def mean_error(self) -> np.ndarray:
        """Standard error of the mean over the examples, (P,); NaN for one example."""
        return error_over_examples(self.y)


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Measurement:
    """The values of a measure for some examples.

    Attributes:
        name: of the measure; values: (N,), NaN where it has no meaning for an example, as the pointing game without a map.
        standard_error: (N,), how far values may be off by random draws; None where nothing is drawn.
        higher_is_better: True, False, or None where neither is.
        curve: the `Curve` behind the values, or None; unit: of the values, "" for none.
        details: further numbers of the examples, {name: (N, ...)}; verdict: in a word, where the measure is a check.

    Example:
        >>> import numpy as np
        >>> from kerasal.metrics import Complexity
        >>> Complexity()(None, np.eye(3) + [[0, 0, 0], [0, 0, 0], [1, 1, 0]])
        Complexity: 0.366 ± 0.37 (mean over 3 examples ± standard error; lower is better)
    """

    name: str
    values: np.ndarray
    standard_error: np.ndarray | None = None
    higher_is_better: bool | None = None
    curve: Curve | None = None
    unit: str = ""
    details: dict[str, np.ndarray] = dataclasses.field(default_factory=dict)
    verdict: str = ""

    @property
    def mean(self) -> float:
        """Mean over the examples that have a value."""
        return float(np.nanmean(self.values)) if self._count else float("nan")

    @property
    def mean_error(self) -> float:
        """Standard error of the mean over examples, draws included; NaN for one example."""
        return float(error_over_examples(self.values[:, None])[0])

    @property
    def _count(self) -> int:
        return int(np.sum(~np.isnan(self.values)))

    def __len__(self) -> int:
        return len(self.values)

    def __repr__(self) -> str:
        better = self.verdict or {True: "higher is better", False: "lower is better", None: ""}[self.higher_is_better]
        if len(self) == 1 or self._count < 2:
            error = "" if self.standard_error is None else f" ± {np.nanmax(self.standard_error):.2g} by its draws"
            how = f"{self._count} example{error}"
            return f"{self.name}: {self.mean:.3g} ({'; '.join(filter(None, [how, better]))})"
        without = len(self) - self._count
        how = f"mean over {self._count} examples ± standard error"
        told = f"{without} without a value" if without else ""
        words = "; ".join(filter(None, [how, told, better]))
        return f"{self.name}: {self.mean:.3g} ± {self.mean_error:.2g} ({words})"

    @checks_keywords
    def plot(self, save_filepath: Any = None) -> Any:
        """Draw the curve with its mean, or the values of the examples where there is no curve.

        Args:
            save_filepath: of a picture to write, `.png`, `.svg` or `.pdf`.

        Returns:
            A figure, which a notebook shows.
        """
        from kerasal.visualizers import measures

        return measures.plot_measurement(self, save_filepath)


def error_over_examples(values: np.ndarray) -> np.ndarray:
    """Return the standard error of the mean over the first axis, NaN left out; NaN where there are not two values.

    Args:
        values: (N, ...).
    """
    count = np.sum(~np.isnan(values), 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.nansum(values, 0) / np.maximum(count, 1)
        variance = np.nansum(np.square(values - mean), 0) / (count - 1)
        return np.where(count > 1, np.sqrt(variance / np.maximum(count, 1)), np.nan)
