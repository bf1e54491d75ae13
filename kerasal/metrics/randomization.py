"""Randomisation of the weights: a map that stays the same does not tell what the network has learnt."""

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kerasal._engine.pace import Progress
from kerasal._engine.sampling import Sampling, check_count
from kerasal._engine.session import sessions
from kerasal._network.weights import LayerWeights, assign, put_back, shuffled, weights_from_the_end
from kerasal._tree import leaves
from kerasal._vocabulary import checks_keywords
from kerasal.metrics.base import Measure
from kerasal.metrics.measurement import Curve, Measurement
from kerasal.metrics.recipes import Explainer
from kerasal.metrics.spread import Complexity
from kerasal.metrics.there import elements_there

_FAILS = 0.5  # a map whose ranking is more than half the old one, without any weight that was learnt
_WINDOW = 11  # the least size of a picture for SSIM


@checks_keywords
class RandomizationCheck(Measure):
    """Randomisation of the weights, layer by layer from the output down: what is left of the maps (Adebayo 2018, arXiv:1810.03292).

    The numbers of each weight are shuffled, one layer after another; after each, the maps are compared with the first ones: rank
    correlation of |φ|, of φ itself, and SSIM of pictures, with the rise of their complexity (Hedström 2024, arXiv:2401.06465).
    Similarity should fall to 0; a map whose |φ| keeps more than half of its ranking when every weight is random fails: it shows
    the example, not what the network has learnt of it. What the model masks has no rank. Keras' own initial numbers would do as well; shuffled ones keep the size
    of what passes through.

    The model's weights are others while it is measured, and are put back bit by bit, also after an error: let no other thread
    use the model meanwhile.

    Args:
        model: a Keras model.
        recipe: a `Recipe`, of the class that is predicted with the true weights.
        cascading: True: a layer stays random when the next one is; False: each layer alone.
        steps: at how many stages maps are compared at most, the first and the last among them.

    Shapes:
        x (N, ...) -> `values` (N,), rank correlation of |φ| after the last stage (cascading), or the mean over layers; `curve`
        (N, 1 + stages), from 1; `details`: "signed", "similarity" (SSIM, of maps from 11 × 11 on), "complexity" (its rise, in nats), all
        (N, stages).

    Example:
        >>> import keras, numpy as np
        >>> from kerasal import recipes
        >>> from kerasal.metrics import RandomizationCheck
        >>> model = keras.Sequential([keras.Input((50,)), keras.layers.Dense(9, "relu"), keras.layers.Dense(1)])
        >>> found = RandomizationCheck(model, recipes.vanilla())(np.random.default_rng(0).random((4, 50)))
        >>> found.verdict, found.curve.y.shape
        ('passes', (4, 3))
    """

    higher_is_better = False

    def __init__(self, model: keras.Model, recipe: Any, *, cascading: bool = True, steps: int = 10):
        check_count("M", steps)
        self._explainer = Explainer(model, recipe, "RandomizationCheck")
        self._model, self.cascading, self.steps = model, bool(cascading), int(steps)

    @property
    def name(self) -> str:
        """The name, with what is random."""
        return f"RandomizationCheck, {'from the output down' if self.cascading else 'each layer alone'}"

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
            ValueError: a model without weights.
        """
        result, again = self._explainer.explain(x, y, batch_size)
        layers = self._layers(x, y)
        before = np.asarray(result.values, "float64")
        stages = np.unique(np.linspace(0, len(layers) - 1, min(self.steps, len(layers))).round().astype(int))
        is_ragged = any(isinstance(leaf, tf.RaggedTensor) for leaf in leaves(x))  # `inputs` are padded then
        x = x if result.inputs is None or is_ragged else result.inputs
        there = elements_there(self._explainer.calculator, x, y, before, self._explainer.arguments)
        progress = Progress(len(stages), "stage", shown=show_progress)
        maps = list(self._maps(again, x, layers, stages, seed, progress))
        found = {
            "absolute": [rank_correlation(np.abs(each), np.abs(before), there) for each in maps],
            "signed": [rank_correlation(each, before, there) for each in maps],
            "complexity": [_complexity(each) - _complexity(before) for each in maps],
        }
        if _is_picture(before):
            found["similarity"] = [_ssim(each, before) for each in maps]
        details = {name: np.stack(each, 1) for name, each in found.items()}
        absolute = details.pop("absolute")
        curve = Curve(
            np.append(0, (stages + 1) / len(layers)),
            np.insert(absolute, 0, 1, axis=1),
            f"share of {len(layers)} layers random, {'from the output down' if self.cascading else 'one at a time'}",
            "rank correlation of |map| with the first",
        )
        values = absolute[:, -1] if self.cascading else absolute.mean(1)
        return self.measurement(values, curve=curve, details=details, verdict=_verdict(values))

    def _layers(self, x: Any, y: Any) -> list[LayerWeights]:
        """The layers with weights that the score depends on, from the output down."""
        calculator = self._explainer.calculator
        session = next(sessions(calculator.objectives[0], calculator, calculator.traces, x, y, Sampling(1)))
        layers = weights_from_the_end(self._model, session.forward.trace({}).scores.graph)
        layers = [
            each for each in layers if any(np.ptp(own.numpy()) for own in each.variables)
        ]  # others cannot be shuffled
        if not layers:
            raise ValueError(
                f"RandomizationCheck shuffles weights. Received: model '{self._model.name}', whose score reads none that differ. Measure a trained model."
            )
        return layers

    def _maps(
        self,
        again: Callable[[Any], np.ndarray],
        x: Any,
        layers: list[LayerWeights],
        stages: np.ndarray,
        seed: int,
        progress: Progress,
    ) -> Iterator[np.ndarray]:
        """Maps with random weights, stage by stage."""
        everything = list(itertools.chain(*(layer.variables for layer in layers)))
        with put_back(everything):
            others = [shuffled(layer, seed) for layer in layers]
            done = 0
            for stage in stages:
                if self.cascading:
                    for numbers in others[done : stage + 1]:
                        assign(numbers)
                    done = stage + 1
                    yield again(x)
                else:
                    with put_back(layers[stage].variables):
                        assign(others[stage])
                        yield again(x)
                progress.add(1)  # here, since an interruption of it puts the weights back too
        progress.close()


def rank_correlation(a: np.ndarray, b: np.ndarray, there: np.ndarray | None = None) -> np.ndarray:
    """Return Spearman's rank correlation of each map with another.

    Args:
        a: (N, ...).
        b: (N, ...).
        there: True where an element counts, (N, ...); None for all.

    Returns:
        (N,); NaN where one of the two is the same everywhere.
    """
    if there is not None:
        pairs = ((one[own][None], other[own][None]) for one, other, own in zip(a, b, there, strict=True))
        return np.concatenate([rank_correlation(one, other) for one, other in pairs])
    first, second = (np.apply_along_axis(_ranks, 1, part.reshape(len(part), -1)) for part in (a, b))
    first, second = (part - part.mean(1, keepdims=True) for part in (first, second))
    spread = np.sqrt(np.sum(first**2, 1) * np.sum(second**2, 1))
    return np.divide(np.sum(first * second, 1), spread, out=np.full(len(a), np.nan), where=spread > 0)


def _ranks(values: np.ndarray) -> np.ndarray:
    """Ranks of numbers (d,), equal ones sharing theirs."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks: np.ndarray = (last - (counts - 1) / 2)[place.ravel()]
    return ranks


def _complexity(maps: np.ndarray) -> np.ndarray:
    return Complexity()(None, maps).values


def _is_picture(maps: np.ndarray) -> bool:
    return maps.ndim in (3, 4) and min(maps.shape[1:3]) >= _WINDOW


def _ssim(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The structural similarity of |map| as pictures from 0 to 1 (Wang 2004, doi:10.1109/TIP.2003.819861), (N,)."""
    pictures = []
    for maps in (a, b):
        size = np.abs(maps) if maps.ndim == 3 else np.abs(maps).sum(-1)
        largest = size.max((1, 2), keepdims=True)
        pictures.append(
            np.divide(size, largest, out=np.zeros_like(size), where=largest > 0)[..., None].astype("float32")
        )
    return np.asarray(tf.image.ssim(*pictures, max_val=1.0), "float64")


def _verdict(values: np.ndarray) -> str:
    """Tell whether the mean similarity is below the bound beyond its error, above it, or neither."""
    mean = float(np.nanmean(values))
    count = int(np.sum(~np.isnan(values)))
    error = float(np.nanstd(values, ddof=1) / np.sqrt(count)) if count > 1 else 0.0
    if mean - 2 * error > _FAILS:
        return "fails"
    return "passes" if mean + 2 * error < _FAILS else "in doubt"
