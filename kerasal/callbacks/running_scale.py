"""A colour scale that stays comparable while a model trains."""

import numpy as np

from kerasal.visualizers.colors import color_limits


class RunningScale:
    """For each example, the largest 99.5th percentile of its maps so far: a scale that grows and never shrinks.

    Args:
        signed: whether maps have both signs. Also turns true with the first negative value.

    Example:

    >>> scale = RunningScale(signed=False)
    >>> [scale.update(0, np.array(values)) for values in ([0.0, 2.0], [1.0, 0.0], [-4.0, 0.0])]
    [(0.0, 2.0), (0.0, 2.0), (-4.0, 4.0)]
    """

    def __init__(self, signed: bool):
        self._signed = signed
        self._limits: dict[int, float] = {}

    def update(self, n: int, values: np.ndarray) -> tuple[float, float]:
        """The values at the two ends of the colours, after the map `values` of example n."""
        self._signed = self._signed or bool(values.min() < 0)
        if values.any():  # a map of zeros says nothing about the scale
            self._limits[n] = max(self._limits.get(n, 0.0), color_limits(values)[1])
        limit = self._limits.get(n, 1.0)
        return (-limit if self._signed else 0.0), limit
