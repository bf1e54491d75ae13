"""Infidelity: how far a map is from telling what the score loses by perturbations."""

from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kerasal._engine.bound_score import BoundScore, Evaluated
from kerasal._engine.contract import Points, Traits
from kerasal._engine.forward import Forward
from kerasal._engine.sampling import check_count
from kerasal._vocabulary import checks_keywords
from kerasal.calculators.attribution import placed
from kerasal.metrics.base import ModelMeasure
from kerasal.metrics.measurement import Measurement
from kerasal.metrics.perturbations import as_perturbation

_TOGETHER = 4  # perturbations that share a look at the clean score


@checks_keywords
class Infidelity(ModelMeasure):
    """Infidelity: mean of (I·φ − (f(x) − f(x − I)))² over perturbations I of the example (Yeh 2019, arXiv:1901.09392).

    The lower, the better. It multiplies the saliency of each element with what is taken from it, and so is of maps in units of
    score per unit of the target: gradients, not gradient × input. `normalize=True` lets a map of any scale be right.

    Args:
        model, score: see `ModelMeasure`.
        perturbation: a noise sampler, `Squares(size, fill)`, or the scale of Gaussian noise, a share of each example's range.
        normalize: whether φ is first multiplied by the number, one per example, that fits best.
        samples: how many perturbations, at least 2.
        target_extractor, eval_fun, logits: see `ModelMeasure`.

    Shapes:
        maps (N, *target), an axis of size 1 only where the target has it -> `values` (N,), in units of the score squared, and their
        `standard_error` over perturbations; `details["factor"]` (N,).

    Example:
        >>> import keras, numpy as np
        >>> from kerasal.metrics import Infidelity
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, use_bias=False)])
        >>> model.set_weights([np.array([[1.0], [3.0]])])
        >>> x, w = np.array([[1.0, 5.0]]), np.array([[1.0, 3.0]])
        >>> np.allclose(Infidelity(model)(x, w).values, 0), np.allclose(Infidelity(model, normalize=True)(x, 7 * w).values, 0)
        (True, True)
    """

    higher_is_better = False
    traits = Traits(needs_gradient=True, is_random=True, keeps_masks=False)

    def __init__(
        self,
        model: keras.Model,
        score: Any = None,
        perturbation: Any = 0.15,
        *,
        normalize: bool = False,
        samples: int = 256,
        target_extractor: Any = None,
        eval_fun: Callable[..., Any] | None = None,
        logits: bool = True,
    ):
        super().__init__(model, score, target_extractor, eval_fun, logits=logits)
        check_count("M", samples)
        if samples < 2:
            raise ValueError(f"samples is an integer ≥ 2. Received: samples={samples}. Give e.g. 256.")
        self.perturbation, self.normalize, self.samples = as_perturbation(perturbation), bool(normalize), int(samples)
        self.draw_count = -(-self.samples // _TOGETHER)

    @property
    def name(self) -> str:
        """The name, with the perturbation."""
        return f"Infidelity, {'scaled, ' if self.normalize else ''}{self.perturbation!r}"

    def known(self, maps: np.ndarray, shape: tuple[int | None, ...]) -> Mapping[str, np.ndarray]:
        """Give the maps themselves."""
        if any(have == 1 != want for have, want in zip(maps.shape[1:], shape[1:], strict=True)):
            raise ValueError(
                f"Infidelity multiplies the saliency of each element of the target {tuple(shape)} with what is taken from it. Received: maps "
                f"{maps.shape}, with axes added up or left out. Explain without ch_axis."
            )
        return {"map": maps}

    def points(self, shape: tuple[int | None, ...], forward: Forward) -> Points:
        """Plan the perturbations of a sample."""
        return Points({"place": np.arange(_TOGETHER, dtype="int32")})

    def attribution(self, score: BoundScore, target: tf.Tensor, at: dict[str, tf.Tensor]) -> tf.Tensor:
        """Compare what the map says with what the score loses: (R, perturbations, 2)."""
        taken = self.perturbation.drawn(score, target, at["place"], _TOGETHER)
        if score.rest.real is not None:
            taken = tf.where(score.rest.real, taken, tf.zeros_like(taken))
        taken = tf.ensure_shape(taken, [None, *target.shape])
        told = taken * tf.cast(score.per_example("map"), taken.dtype)
        told = tf.reduce_sum(tf.reshape(told, tf.concat([tf.shape(told)[:2], [-1]], 0)), 2)

        def of_points(evaluated: Evaluated) -> tf.Tensor:
            lost = evaluated.references[0] - evaluated.values
            return placed(tf.stack([tf.cast(told, lost.dtype), lost], -1), at["place"], _TOGETHER)

        return score.evaluate(target - taken, of_points)

    def map_rank(self, rank: int, context: Any) -> int:
        """Count the axes (R, perturbations, 2)."""
        return 3

    def measured(self, found: np.ndarray, score_name: str) -> Measurement:
        """Take the mean square of the differences."""
        told, lost = np.moveaxis(found, (0, 1, 2, 3), (1, 0, 2, 3)).reshape(found.shape[1], -1, 2)[:, : self.samples].T
        factor = np.ones(found.shape[1])
        if self.normalize:
            squares = np.sum(told**2, 0)
            factor = np.divide(np.sum(told * lost, 0), squares, out=np.zeros_like(squares), where=squares > 0)
        squared = (factor * told - lost) ** 2
        error = np.std(squared, 0, ddof=1) / np.sqrt(self.samples)
        more = {"details": {"factor": factor}, "unit": "score²"}
        return self.measurement(np.mean(squared, 0), standard_error=error, **more)
