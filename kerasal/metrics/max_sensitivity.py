"""Max-sensitivity: how far a map moves when the example hardly does."""

from typing import Any

import keras
import numpy as np

from kerasal._engine.pace import Progress
from kerasal._engine.sampling import check_count
from kerasal._vocabulary import checks_keywords
from kerasal.metrics.base import Measure
from kerasal.metrics.measurement import Measurement
from kerasal.metrics.recipes import Explainer, moved


@checks_keywords
class MaxSensitivity(Measure):
    """Max-sensitivity: largest ‖Φ(y) − Φ(x)‖/‖Φ(x)‖ over draws y with ‖y − x‖∞ ≤ radius (Yeh 2019, arXiv:1901.09392).

    The lower, the less a map depends on what nobody sees. It needs no saliency: the recipe makes it, of the class that is predicted at
    x. It is a lower bound of the true maximum, and grows with `samples`.

    Args:
        model: a Keras model.
        recipe: a `Recipe`, whose maps are of an input of real numbers.
        radius: in units of the input.
        samples: how many draws, of uniform noise on all elements.

    Shapes:
        x (N, ...) -> `values` (N,), a share; NaN where the map at x is zero everywhere.

    Example:
        >>> import keras, numpy as np
        >>> from kerasal import recipes
        >>> from kerasal.metrics import MaxSensitivity
        >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
        >>> MaxSensitivity(model, recipes.vanilla())(np.ones((2, 3))).values
        array([0., 0.])
    """

    higher_is_better = False

    def __init__(self, model: keras.Model, recipe: Any, radius: float = 0.02, samples: int = 10):
        check_count("M", samples)
        if isinstance(radius, bool) or not isinstance(radius, (int, float, np.number)) or not 0 < radius < np.inf:
            raise ValueError(
                f"radius is a positive number, in units of the input. Received: {radius!r}. Give e.g. 0.02."
            )
        self.radius, self.samples = float(radius), int(samples)
        self._explainer = Explainer(model, recipe, "MaxSensitivity")

    @property
    def name(self) -> str:
        """The name, with the radius."""
        return f"MaxSensitivity, radius {self.radius:g}"

    def __call__(
        self,
        x: Any,
        saliency: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        seed: int = 0,
        *,
        show_progress: bool = False,
    ) -> Measurement:
        """Measure the recipe at x; `saliency` is not needed.

        Raises:
            ValueError: the recipe's maps are not of an input of real numbers.
        """
        progress = Progress(1 + self.samples, "explanation", shown=show_progress)
        result, again = self._explainer.explain(x, y, batch_size)
        progress.add(1)
        own, with_other = moved(result, self._explainer.calculator.target, "MaxSensitivity")
        before = np.asarray(result.values, "float64")
        size, largest = _norm(before), np.zeros(len(before))
        for draw in range(self.samples):
            step = np.random.default_rng([seed & (2**63 - 1), draw]).uniform(-self.radius, self.radius, own.shape)
            dtype = own.dtype if own.dtype.kind == "f" else "float32"
            largest = np.maximum(largest, _norm(again(with_other((own + step).astype(dtype))) - before))
            progress.add(1)
        progress.close()
        return self.measurement(np.divide(largest, size, out=np.full_like(size, np.nan), where=size > 0))


def _norm(maps: np.ndarray) -> np.ndarray:
    """The Euclidean norm of each map, (N,)."""
    norm: np.ndarray = np.linalg.norm(maps.reshape(len(maps), -1), axis=1)
    return norm
