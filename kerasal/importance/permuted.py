"""Permutation importance: how much worse a model is where a part of the input is that of another example."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kerasal._engine.objective import Objective, score_and_function
from kerasal._engine.sampling import check_count
from kerasal._tree import mapped
from kerasal._vocabulary import checks_keywords
from kerasal.importance.errors import Exchanges
from kerasal.importance.examples import Examples, Scorer, examples_of, target_of
from kerasal.importance.result import Importance
from kerasal.importance.units import Unit, units_of
from kerasal.scores import Loss, Pass, Score
from kerasal.scores.base import ScoreValue
from kerasal.scores.classes import AllClasses, Classes, Predicted
from kerasal.scores.resolve import Heads

_AT_ONCE = 2**26  # bytes of x that are permuted at a time


@checks_keywords
def permutation(
    model: keras.Model,
    x: Any,
    y: Any = None,
    score: Any = None,
    groups: Any = None,
    repeats: int = 10,
    *,
    metric: Callable[[Any, np.ndarray], Any] | None = None,
    eval_fun: Callable[..., Any] | None = None,
    logits: bool = True,
    feature_names: Sequence[str] | None = None,
    batch_size: int | None = None,
    seed: int = 0,
) -> Importance:
    """Compute the permutation importance of the parts of the input (Breiman 2001; Fisher et al. 2019, arXiv:1801.01489).

    Each part is permuted among the examples, `repeats` times: the importance is the mean rise of the loss by it, or the mean fall of
    another score. All parts of a repeat are permuted alike, so that they compare. Parts that tell the same stand in for one
    another: permute them together, as a group.

    Args:
        model: a Keras model; nothing is left on it.
        x: N examples, in whatever a calculator takes, columns of texts among them; read into memory.
        y: labels; what the loss or the score needs.
        score: None for the compiled loss where y is given, else for the class predicted for each example; or what a
            calculator takes, `scores.Label()`, a class, a function of the outputs, ….
        groups: None for each column (N, F), channel (N, H, W, C), feature of a series (N, T, F), or input of one column; a dict of names
            and columns, or of names and inputs where there are several; or integers of the shape of one example (regions,
            patches), trailing axes left out.
        repeats: how many permutations.
        metric: in place of `score`, a function of y and the outputs (N, C), (N,) of one unit, that gives one number for all
            examples, the higher the better, such as scikit-learn's `r2_score` or a function with `accuracy_score` in it.
        eval_fun: `eval_fun(*inputs, y)` that calls the model itself, in place of `score`.
        logits: whether the logit behind a softmax or sigmoid is scored.
        feature_names: of columns or channels; of a frame, its columns.
        batch_size: the most rows of a model call; None chooses.
        seed: repeat r is a function of (seed, r).

    Returns:
        `Importance`: values, standard errors and intervals over examples and permutations.

    Raises:
        ValueError: before any work, for what cannot mean anything.

    Example:
        >>> import keras, numpy as np
        >>> from kerasal import importance
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, use_bias=False)])
        >>> model.set_weights([np.array([[2.0], [0.0]])])
        >>> model.compile("sgd", "mse")
        >>> x = np.random.default_rng(0).normal(size=(500, 2))
        >>> importance.permutation(model, x, 2 * x[:, 0])  # 2 w² var x = 8 and 0
        Importance of 2 parts for the loss, 500 examples: feature 0 7.69 ± 0.52, feature 1 0 ± 0
    """
    if isinstance(repeats, bool) or not isinstance(repeats, (int, np.integer)) or repeats < 1:
        raise ValueError(f"repeats is an integer ≥ 1. Received: repeats={repeats!r}. Give e.g. 10.")
    check_count("seed", seed)
    examples = examples_of(x, y, model)
    names = [str(column) for column in x.columns] if feature_names is None and hasattr(x, "columns") else feature_names
    units = units_of(examples, groups, names)
    if metric is not None:
        return _of_metric(model, examples, units, metric, repeats, batch_size, seed, score, eval_fun)
    found = (
        Loss() if score is None and eval_fun is None and examples.y is not None else score_and_function(score, eval_fun)
    )
    objective = Objective(model, found, target_of(examples), eval_fun, logits)
    objective.check()
    objective = _fixed(objective, examples, batch_size)
    scorer = Scorer(objective, batch_size)
    base = scorer.scores(examples)
    if not objective.uses_y(len(examples.structure) if isinstance(examples.structure, (list, tuple)) else 1):
        examples = examples.without_y()  # said once
    sign = 1.0 if _is_loss(objective.score) else -1.0
    sums = Exchanges(len(examples), len(units))
    for order in _orders(len(examples), repeats, seed):
        sums.add(order, sign * (_exchanged(scorer, examples, units, order) - base).T)
    name = (
        scorer.score_name.replace("of the label", "of the predicted class")
        if found != objective.score
        else scorer.score_name
    )
    made = sums.mean, sums.standard_error, np.array(sums.repeats)
    return Importance(tuple(unit.name for unit in units), *made, float(base.mean()), name, len(examples))


class _Outputs(Score):
    """All outputs of a model with one output (N, C)."""

    lists_classes = True

    def value(self, run: Pass) -> ScoreValue:
        """Give the outputs."""
        output = run.single_output()
        if output.shape.rank != 2:
            raise ValueError(
                f"metric is of y and outputs (N, C). Received: an output of shape {output.shape}. Give score= one number per example, in "
                "its place."
            )
        return ScoreValue(tf.cast(output, tf.float32), "outputs")


def _of_metric(
    model: Any,
    examples: Examples,
    units: list[Unit],
    metric: Any,
    repeats: int,
    batch_size: Any,
    seed: int,
    *others: Any,
) -> Importance:
    """The importance by one number for all examples."""
    if any(other is not None for other in others) or not callable(metric) or examples.y is None:
        raise ValueError(
            "metric is a function of y and the outputs, in place of score and eval_fun, and needs y. Received: "
            f"metric={metric!r}, y {'missing' if examples.y is None else 'given'}, score={others[0]!r}. Give metric and y alone."
        )
    scorer = Scorer(Objective(model, _Outputs(), target_of(examples), None), batch_size)

    def number(outputs: np.ndarray) -> float:
        return float(metric(examples.y, outputs[:, 0] if outputs.shape[1] == 1 else outputs))

    bare = examples.without_y()
    base = number(scorer.scores(bare))
    orders = _orders(len(examples), repeats, seed)
    found = [[base - number(each) for each in _exchanged(scorer, bare, units, order)] for order in orders]
    each = np.array(found)
    error = each.std(0, ddof=1) / np.sqrt(repeats) if repeats > 1 else np.full(len(units), np.nan)
    name = getattr(metric, "__name__", "metric")
    return Importance(tuple(unit.name for unit in units), each.mean(0), error, each, base, name, len(examples))


def _orders(count: int, repeats: int, seed: int) -> list[np.ndarray]:
    """The permutations, each a function of (seed, repeat)."""
    return [np.random.default_rng([abs(int(seed)), int(seed < 0), r]).permutation(count) for r in range(repeats)]


def _exchanged(scorer: Scorer, examples: Examples, units: list[Unit], order: np.ndarray) -> np.ndarray:
    """Scores (P, N, ...) with each part permuted; as many parts go in one pass as memory bears."""
    size = sum(leaf.nbytes for leaf in examples.leaves) or 1
    alone = isinstance(scorer.objectives[0].score, Classes)  # has an entry for each example
    together = 1 if alone else max(1, min(len(units), _AT_ONCE // size))
    found = []
    for begin in range(0, len(units), together):
        some = [unit.exchanged(examples.leaves, order) for unit in units[begin : begin + together]]
        leaves = [np.concatenate(parts) for parts in zip(*some, strict=True)]
        scores = scorer.scores(Examples(examples.structure, leaves, _repeated(examples.y, len(some))))
        found.append(scores.reshape(len(some), len(examples), *scores.shape[1:]))
    return np.concatenate(found)


def _repeated(y: Any, times: int) -> Any:
    return y if y is None or times == 1 else mapped(lambda part: np.concatenate([part] * times), y)


def _is_loss(score: Score) -> bool:
    """Tell whether the larger, the worse; ValueError for a sum of both kinds."""
    kinds = {isinstance(part, Loss) for part in score.parts() if not isinstance(part, Heads)}
    if len(kinds) > 1:
        raise ValueError(
            f"The scores of several outputs add up as losses, or as scores. Received: both, {score!r}. Give one kind."
        )
    return kinds == {True}


def _fixed(objective: Objective, examples: Examples, batch_size: int | None) -> Objective:
    """The same with the predicted class as that of the examples as they are."""
    score = objective.score
    if score.lists_classes or (score.choices and not isinstance(score, Predicted)):
        raise ValueError(
            "Importance is of one number, the same question for permuted examples. Received: "
            f"score={score!r}, which {'lists classes' if score.lists_classes else 'is chosen at each input'}. Give a class, "
            "scores.Label() or scores.Loss() with y=, or a mask or position."
        )
    if not isinstance(score, Predicted):
        return objective
    every = Objective(objective.model, AllClasses(), objective.target, None, objective.logits)
    classes = Scorer(every, batch_size).scores(examples).argmax(1)
    return Objective(objective.model, Classes(classes), objective.target, None, objective.logits)
