"""Measures of a map alone: over how many elements it is spread."""

from typing import Any

import numpy as np

from kerasal._vocabulary import checks_keywords
from kerasal.metrics.base import Measure
from kerasal.metrics.maps import map_of
from kerasal.metrics.measurement import Measurement


@checks_keywords
class Complexity(Measure):
    """Complexity: entropy of the shares |φ|/Σ|φ| (Bhatt 2020, arXiv:2005.00631).

    The lower, the fewer elements a map names: 0 for a single one, log d for equal ones. NaN for a map of zeros.

    Shapes:
        maps (N, ...) -> `values` (N,), in nats.

    Example:
        >>> import numpy as np
        >>> from kerasal.metrics import Complexity
        >>> np.allclose(Complexity()(None, [[1, 1, 1, 1], [0, 0, 3, 0]]).values, [np.log(4), 0])
        True
    """

    higher_is_better = False

    def __call__(
        self,
        x: Any,
        saliency: Any,
        y: Any = None,
        batch_size: int | None = None,
        seed: int = 0,
        *,
        show_progress: bool = False,
    ) -> Measurement:
        """Measure maps; the map alone is needed, and there is no progress to show."""
        size = _sizes(saliency, self)
        total = size.sum(1, keepdims=True)
        shares = np.divide(size, total, out=np.full_like(size, np.nan), where=total > 0)
        logs = np.log(shares, out=np.zeros_like(shares), where=shares > 0)
        return self.measurement(np.abs(np.sum(shares * logs, 1)), unit="nats")


@checks_keywords
class Sparseness(Measure):
    """Sparseness: Gini index of |φ| (Chalasani 2020, arXiv:1810.06583).

    The higher, the fewer elements a map names: 0 for equal ones, 1 − 1/d for a single one of d. NaN for a map of zeros.

    Shapes:
        maps (N, ...) -> `values` (N,), between 0 and 1.

    Example:
        >>> from kerasal.metrics import Sparseness
        >>> Sparseness()(None, [[1, 1, 1, 1], [0, 0, 3, 0]]).values
        array([0.  , 0.75])
    """

    higher_is_better = True

    def __call__(
        self,
        x: Any,
        saliency: Any,
        y: Any = None,
        batch_size: int | None = None,
        seed: int = 0,
        *,
        show_progress: bool = False,
    ) -> Measurement:
        """Measure maps; the map alone is needed, and there is no progress to show."""
        size = np.sort(_sizes(saliency, self), 1)
        count, total = size.shape[1], size.sum(1)
        weighted = np.sum(size * (2 * np.arange(1, count + 1) - count - 1), 1)
        return self.measurement(np.divide(weighted, count * total, out=np.full(len(size), np.nan), where=total > 0))


def _sizes(saliency: Any, measure: Measure) -> np.ndarray:
    """|φ| as float64 (N, d)."""
    values = np.abs(map_of(saliency, measure.name).astype("float64"))
    return values.reshape(len(values), -1)
