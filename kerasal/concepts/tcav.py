"""Testing with concept activation vectors."""

from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kerasal._engine.objective import score_and_function
from kerasal._engine.sampling import check_count
from kerasal._network.targets import Extractor, LayerExtractor
from kerasal._vocabulary import checks_keywords
from kerasal.calculators.arguments import Noise, Train
from kerasal.concepts.checks import (
    check_activations,
    check_apart,
    check_known_counts,
    check_ridge,
    check_runs,
    checked_layer,
    divided,
    warn_of_poor,
)
from kerasal.concepts.derivatives import Activations, DirectionalCalculator
from kerasal.concepts.result import ConceptScores
from kerasal.concepts.vectors import ConceptVectors, vectors_of
from kerasal.saliency import Saliency


@checks_keywords
class TCAV:
    """Testing with concept activation vectors (Kim et al. 2018, arXiv:1711.11279): how often more of a concept raises a score.

    At a layer, a logistic regression tells examples of the concept from random ones; the vector that points to the concept is its
    weights. The score of a concept is the share of examples explained at which the derivative of the model's score along that
    vector is positive. Vectors differ from fit to fit, and those of random examples score anything: so each run has its own part of
    the concept's examples and as many random ones that it is told from. Runs share no example: where a concept is none, they score
    above and below .5 alike, each for itself, which a randomization test over them asks for. p is corrected for the number of concepts (Holm), and never
    below 2 / 2^runs. Beside each concept stands what random ones, told from the same examples, score.

    Args:
        model: a Keras model; nothing is left on it.
        layer: name of a layer or input, layer, `LayerExtractor` or `InputExtractor`: where the vectors are.
        concepts: {name: examples}, in whatever a calculator takes; 2 · runs examples or more, better 10 · runs.
        random: examples without the concepts, 4 · runs or more, better many, which the concepts are told from; or the name of one of
            the concepts: the others are told from it (relative concepts).
        runs: R, how many parts the examples are divided into, at most 40.
        ridge: of the regression, in units of the squared length of activations: the more, the closer the vector comes to the
            difference of means.
        batch_size: the most rows of a model call; None chooses.
        seed: of the parts, and of noise and dropout.

    Raises:
        ValueError: before any work, for what cannot mean anything.

    Example:
        >>> import keras, numpy as np
        >>> from kerasal.concepts import TCAV
        >>> rng = np.random.default_rng(0)
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2, name="same"), keras.layers.Dense(1)])
        >>> model.set_weights([np.eye(2), np.zeros(2), np.array([[1.0], [0.0]]), np.zeros(1)])  # gives the first of two numbers
        >>> concepts = {"large": rng.normal([3, 0], 1, (60, 2)), "wide": rng.normal([0, 3], 1, (60, 2))}
        >>> tcav = TCAV(model, "same", concepts, random=rng.normal(size=(300, 2)))
        >>> tcav.explain(rng.normal(size=(50, 2))).verdicts
        ('above random', 'as random')
    """

    def __init__(
        self,
        model: keras.Model,
        layer: Any,
        concepts: Mapping[str, Any],
        random: Any,
        runs: int = 15,
        ridge: float = 0.1,
        *,
        batch_size: int | None = None,
        seed: int = 0,
    ):
        self.model, self.layer = model, checked_layer(layer, model)
        self._activations = Activations(model, self.layer)
        self.concepts, self.random = divided(concepts, random)
        self.against = random if isinstance(random, str) else "random"
        check_runs(runs, len(self.concepts))
        check_ridge(ridge)
        check_count("seed", seed)
        check_known_counts(self.concepts, self.random, self.against, runs, model)
        self.runs, self.ridge, self.batch_size, self.seed = int(runs), float(ridge), batch_size, int(seed)
        self._known: tuple[dict[str, np.ndarray], dict[str, ConceptVectors]] | None = None

    def vectors(self) -> dict[str, ConceptVectors]:
        """Fit the vectors of each concept, {name: `ConceptVectors`}, for the weights as they are now."""
        every = {**self.concepts, "": self.random}
        found = {name: self._activations.of(x, self.batch_size) for name, x in every.items()}
        joined = check_activations(found, self.against, self.runs)
        if self._known is None or not _same(self._known[0], joined):
            check_apart(joined, self.against)
            own = {name: layer for name, layer in joined.items() if name}
            self._known = joined, vectors_of(own, joined[""], self.runs, self.ridge, self.seed)
        return self._known[1]

    @checks_keywords
    def explain(
        self,
        x: Any,
        y: Any = None,
        score: Any = None,
        *,
        M: int | None = None,
        noise_sampler: Noise = None,
        train: Train = False,
        target_error: float | None = None,
        eval_fun: Callable[..., Any] | None = None,
        logits: bool = True,
    ) -> Any:
        """Score the concepts for some examples, such as those of a class.

        Args:
            x: two examples or more, better 50, in whatever a calculator takes.
            y: labels, where the score needs them.
            score: whose derivative is taken, as calculators take it: a class, None for the class predicted for each example, "all".
            M: how many samples of noise or dropout; the sign is that of the mean derivative.
            noise_sampler: noise at the layer, e.g. `GaussianNoiseSampler()`.
            train: True for Monte-Carlo dropout, {layer: rate} for dropout behind layers.
            target_error: in place of M: samples are drawn until the derivatives of each example are this close to those of endless ones.
            eval_fun: `eval_fun(*inputs)`, with y `eval_fun(*inputs, y)`, in place of score.
            logits: whether the logit behind a softmax or sigmoid is scored.

        Returns:
            `ConceptScores`; for score="all" a list of them, one for each class.

        Warns:
            UserWarning: where the layer does not tell a concept from random examples, and where the score is flat.
        """
        score_and_function(score, eval_fun)  # before the vectors are fitted
        fitted = self.vectors()
        every = np.concatenate([part for each in fitted.values() for part in (each.concept, each.control)])
        calculator = DirectionalCalculator(self.model, every, score, self.layer, eval_fun, logits=logits)
        found = calculator.explain(
            x,
            y,
            M,
            noise_sampler,
            train,
            method=tf.identity,  # signed, and no other way is advised
            batch_size=self.batch_size,
            seed=self.seed,
            target_error=target_error,
            kind="numbers",
        )
        if len(found.values) < 2:
            raise ValueError(
                f"A score is a share of examples. Received: {len(found.values)}. Give two or more of a class, better 50."
            )
        made = [self._scores(fitted, *of_class) for of_class in _each_class(found)]
        warn_of_poor(made[0].names, made[0].separates, made[0].accuracy, self.against)
        return made if "class" in found.axes else made[0]

    def _scores(self, fitted: dict[str, ConceptVectors], derivatives: np.ndarray, score_name: str) -> ConceptScores:
        """The scores by derivatives (N, V), of each run of the first concept, of its random concepts, and so on."""
        by_vector = np.moveaxis(derivatives.reshape(len(derivatives), len(fitted), 2, self.runs), 0, -1)
        accuracies = np.stack([each.accuracy for each in fitted.values()])
        errors = np.array([each.accuracy_error for each in fitted.values()])
        about = tuple(fitted), _in_words(self.layer, self.model), score_name
        return ConceptScores(*about, by_vector[:, 0], by_vector[:, 1], accuracies, errors, self.against)


def _in_words(extractor: Extractor, model: keras.Model) -> str:
    """The name of a layer, where its output is meant."""
    named = extractor.named(model)
    if isinstance(named, LayerExtractor) and named == LayerExtractor(named.layer):
        return f"layer '{named.layer}'"
    return repr(named)


def _each_class(found: Saliency) -> list[tuple[np.ndarray, str]]:
    """Derivatives (N, V) and the name of the score, for each class where there are several."""
    if "class" not in found.axes:
        return [(found.values, found.score_name)]
    place = found.axes.index("class")
    each = np.moveaxis(found.values, place, 0)
    return [(values, f"{found.score_name}, class {k}") for k, values in enumerate(each)]


def _same(before: Mapping[str, np.ndarray], now: Mapping[str, np.ndarray]) -> bool:
    return all(np.array_equal(before[name], layer) for name, layer in now.items())
