"""What the ascent gives: images, how they score, and how they came about."""

import dataclasses
from typing import Any

import numpy as np


@dataclasses.dataclass(frozen=True)
class OptimizedInputs:
    """Inputs that a score wants to see.

    Attributes:
        images: (N, ...), within the input range.
        scores: (N,), of the images as they are, without transforms.
        score_name: what was scored.
        history: {"score": (steps, N), and each regularizer (before its weight) by name}, found at the beginning of each step;
            the score is that of the image after its transforms.
        input_range: (low, high), or None.

    Example:
        >>> import numpy as np
        >>> from kerasal.activation_maximization import OptimizedInputs
        >>> found = OptimizedInputs(np.zeros((2, 4, 4, 3)), np.ones(2), "output", {"score": np.ones((7, 2))}, (-1, 1))
        >>> found.steps, found.pictures().shape, float(found.pictures().max())
        (7, (2, 4, 4, 3), 0.5)
    """

    images: np.ndarray
    scores: np.ndarray
    score_name: str
    history: dict[str, np.ndarray]
    input_range: tuple[float, float] | None = None

    def __len__(self):
        return len(self.images)

    def __array__(self, dtype: Any = None, copy: bool | None = None):
        return np.array(self.images, dtype)

    @property
    def steps(self):
        """How many steps were made."""
        return len(self.history["score"])

    def pictures(self):
        """The images as floats in [0, 1]: black and white are the ends of the input range."""
        return as_pictures(self.images, self.input_range)


def as_pictures(images, input_range):
    """Images (N, ...) as floats in [0, 1]; each from its lowest to its highest number where there is no range."""
    images = np.asarray(images, "float64")
    if input_range is None:
        axes = tuple(range(1, images.ndim))
        low, high = images.min(axes, keepdims=True), images.max(axes, keepdims=True)
    else:
        low, high = input_range
    return np.clip((images - low) / np.maximum(np.subtract(high, low), 1e-30), 0, 1)
