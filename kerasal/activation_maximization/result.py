"""Result of an ascent: images, their scores, and their history."""

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import ArrayLike


@dataclasses.dataclass(frozen=True)
class OptimizedInputs:
    """Inputs that a score is largest for.

    Attributes:
        images: (N, ...), within the input range.
        scores: (N,), of the images as they are, without transforms.
        score_name: name of the score.
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

    def __len__(self) -> int:
        return len(self.images)

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        return np.array(self.images, dtype)

    @property
    def steps(self) -> int:
        """Number of steps that were made."""
        return len(self.history["score"])

    def pictures(self) -> np.ndarray:
        """Convert the images to floats in [0, 1]: black and white are the ends of the input range."""
        return as_pictures(self.images, self.input_range)


def as_pictures(images: ArrayLike, input_range: tuple[float, float] | None) -> np.ndarray:
    """Convert images (N, ...) to floats in [0, 1]; each from its lowest to its highest number where there is no range."""
    images = np.asarray(images, "float64")
    if input_range is None:
        axes = tuple(range(1, images.ndim))
        low, high = images.min(axes, keepdims=True), images.max(axes, keepdims=True)
    else:
        low, high = np.float64(input_range[0]), np.float64(input_range[1])
    pictures: np.ndarray = np.clip((images - low) / np.maximum(np.subtract(high, low), 1e-30), 0, 1)
    return pictures
