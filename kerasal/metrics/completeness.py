"""Completeness: whether a map adds up to what the score differs from that of the baseline."""

from typing import Any

import numpy as np

from kerasal._vocabulary import checks_keywords
from kerasal.metrics.base import Measure
from kerasal.metrics.measurement import Measurement


@checks_keywords
class Completeness(Measure):
    """Completeness: |Σφ − (f(x) − f(baseline))| of maps that should add up, as a share of what they should add up to.

    0 where nothing is missing. Of a `Saliency` that knows its gap: integrated gradients, FullGrad.

    Shapes:
        maps (N, ...) -> `values` (N,), the relative gap; `details["gap"]` (N,), in units of the score.

    Example:
        >>> import keras, numpy as np
        >>> from kerasal import IntegratedGradientsCalculator
        >>> from kerasal.metrics import Completeness
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> x = np.array([[1.0, 5.0]])
        >>> Completeness()(None, IntegratedGradientsCalculator(model).explain(x)).values.round(5)
        array([0.])
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
        """Measure maps; the map alone is needed, and there is no progress to show.

        Raises:
            TypeError: no saliency that knows what it should add up to.
        """
        gap, share = getattr(saliency, "completeness_gap", None), getattr(saliency, "relative_gap", None)
        if gap is None or share is None:
            raise TypeError(
                "Completeness takes a Saliency of a method whose maps add up: integrated gradients or FullGrad. Received: "
                f"{type(saliency).__name__}{'' if gap is None and share is None else ' without a relative gap'}. Explain with one of these."
            )
        if np.ndim(share) != 1:
            raise ValueError(
                f"Completeness takes one map per example. Received: gaps of shape {np.shape(share)}. Explain one score for a batch."
            )
        return self.measurement(np.asarray(share), details={"gap": np.asarray(gap)})
