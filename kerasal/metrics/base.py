"""Base of the measures: of a map alone, and of a map and the model whose score it is of."""

import abc
from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np

from kerasal._engine.contract import Traits
from kerasal._engine.objective import Objective, score_and_function
from kerasal._engine.sampling import Sampling
from kerasal._engine.session import sessions
from kerasal._engine.traces import FixedOnceUsed, Traces
from kerasal._folds.moments import Stack
from kerasal._network.given_targets import as_extractors
from kerasal.calculators.attribution import Attribution
from kerasal.calculators.objectives import HasObjectives
from kerasal.metrics.maps import fitted, map_of
from kerasal.metrics.measurement import Measurement


class Measure(abc.ABC):
    """Base of the measures. It is built once and called for any number of maps.

    Attributes:
        name: in words; higher_is_better: True, False, or None where neither is.
    """

    higher_is_better: bool | None = None

    @property
    def name(self) -> str:
        """The name of the measure, with what tells it from others of its kind."""
        return type(self).__name__

    @abc.abstractmethod
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
        """Measure maps.

        Args:
            x: N examples; None where the measure needs the maps alone.
            saliency: a `Saliency` of a batch, or any array (N, ...) that fits.
            y: what the score needs of each example.
            batch_size: the most rows of a model call; None chooses.
            seed: of what is drawn.
            show_progress: show a progress bar, where there is anything to wait for.
        """

    def measurement(self, values: np.ndarray, **more: Any) -> Measurement:
        """Make the `Measurement` of values (N,)."""
        return Measurement(self.name, np.asarray(values, "float64"), higher_is_better=self.higher_is_better, **more)


class ModelMeasure(HasObjectives, FixedOnceUsed, Attribution, Measure):
    """Base of the measures that ask the model: a method whose map is the curve.

    A subclass gives `points` and `attribution` as a calculator does, what is known of each example by `known`, and makes a
    `Measurement` of what was found by `measured`.

    Args:
        model: a Keras model; nothing is left on it.
        score, target_extractor, eval_fun, logits: as of the calculator whose maps are measured; the class predicted at the
            clean input stays fixed.
    """

    traits = Traits(needs_gradient=False, keeps_masks=False)
    draw_count = 1  # samples of every example

    def __init__(
        self,
        model: keras.Model,
        score: Any = None,
        target_extractor: Any = None,
        eval_fun: Callable[..., Any] | None = None,
        *,
        logits: bool = True,
    ):
        found = score_and_function(score, eval_fun)
        if found.lists_classes:
            raise ValueError(
                f"{type(self).__name__} measures maps of one score. Received: score='all'. Measure one class at a time, score=k."
            )
        targets = as_extractors(target_extractor, model)
        if isinstance(target_extractor, (list, tuple)):
            raise TypeError(
                f"{type(self).__name__} hides parts of one target. Received: a list of {len(targets)}. Measure one at a time."
            )
        self.objectives, self._has_list = [Objective(model, found, targets[0], eval_fun, logits)], False
        self.objectives[0].check()
        self.traces = Traces(model, (eval_fun, *found.parts()), self)

    @abc.abstractmethod
    def known(self, maps: np.ndarray, shape: tuple[int | None, ...]) -> Mapping[str, np.ndarray]:
        """Return what `attribution` asks for by `score.per_example`: {name: (N, ...)}.

        Args:
            maps: with the axes of the target.
            shape: of the target, (None, ...).
        """

    @abc.abstractmethod
    def measured(self, found: np.ndarray, score_name: str) -> Measurement:
        """Make the outcome of what `attribution` gave, (draws, N, ...), of a score of this name."""

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
        """Measure maps.

        Args:
            x: N examples, in whatever a calculator takes.
            saliency: a `Saliency` of a batch, or an array (N, ...) that fits the target, axes at the end left out or of size 1.
            y: what the score needs of each example.
            batch_size: the most rows of a model call; None chooses.
            seed: what is drawn is a function of (seed, draw, example).
            show_progress: show a progress bar.

        Raises:
            ValueError: before any work, for maps that do not fit.
        """
        who = type(self).__name__
        maps = map_of(saliency, who)
        sampling = Sampling(self.draw_count, batch_size=batch_size, seed=seed, show_progress=show_progress)

        def of_call(shape: tuple[int | None, ...]) -> Mapping[str, np.ndarray]:
            return self.known(fitted(maps, shape, who), shape)

        runs = list(self._runs(x, y, sampling, of_call))
        if len(runs) > 1:
            raise ValueError(
                f"{who} takes examples of one shape, as the maps have. Received: batches of {len(runs)} shapes. Pad the examples, or measure "
                "those of each shape alone."
            )
        return self.measured(*runs[0])

    def _runs(self, x: Any, y: Any, sampling: Sampling, of_call: Callable[..., Any]) -> Any:
        for session in sessions(self.objectives[0], self, self.traces, x, y, sampling, of_call):
            folded = session.fold(Stack())
            session.check_count(folded)
            yield np.asarray(folded.values, "float64"), session.score_name
