"""The way from what a session gave to a `Saliency`."""

from typing import Any, NamedTuple

import numpy as np

from kerasal._engine.folded import Folded
from kerasal._engine.objective import Objective
from kerasal._engine.sampling import Sampling
from kerasal._engine.session import Session
from kerasal._folds.moments import Moments
from kerasal._folds.several import Several
from kerasal._folds.uncertainty import column
from kerasal._network.joint_target import JointTarget
from kerasal._saliency.checks import sample_count
from kerasal.calculators.knowledge import Told, knowledge_of
from kerasal.calculators.knowledge_of_like import knowledge_of_like
from kerasal.recipes import Recipe
from kerasal.saliency import Saliency


class Answer(NamedTuple):
    """The outcome of one call of a calculator for one target."""

    calculator: Any
    objective: Objective
    session: Session
    folded: Folded


def saliency_of(answer: Answer, fold: Any, sampling: Sampling, told: Told) -> Any:
    """Make the `Saliency` of an answer, or a list of them for a list of methods.

    Args:
        answer: what a call gave.
        fold: how its samples became a map.
        sampling: as the user gave it.
        told: what the user tells of the examples.
    """
    if isinstance(fold, Several):
        return [
            saliency_of(answer._replace(folded=answer.folded.of_method(place)), each, sampling, told)
            for place, each in enumerate(fold.folds)
        ]
    calculator, objective, session, folded = answer
    M, gaps = sample_count(folded.M, folded.values.shape), {}
    if calculator.traits.reports_completeness:
        mean = folded.gaps[0] / column(folded.M, folded.scores.ndim)
        gaps = {"completeness_gap": mean, "relative_gap": folded.relative_gap}
    if calculator.traits.has_base:
        gaps["base_scores"] = folded.scores - folded.gaps[3] / column(folded.M, folded.scores.ndim)
    about = {
        **about_fold(calculator, objective.target, fold, M, session.score_name),
        **calculator.describe(session.points.context),
        **session.sampling.describe(),
    }
    if isinstance(session.objective.target, JointTarget):
        about["joint_targets"] = [repr(part) for part in session.objective.target.parts]
    axes = fold.axes(folded.rank, session.classes)
    shape = tuple(size for name, size in zip(axes, folded.values.shape, strict=True) if name != "class")
    known = knowledge_of(session, calculator.place_of_map(objective.target), folded.predicted, shape, told)
    return Saliency(
        folded.values,
        std=folded.std,
        M=M,
        scores=folded.scores,
        score_name=session.score_name,
        axes=axes,
        unpaired=session.unpaired,
        standard_error=folded.error,
        recipe=_recipe(answer, fold, sampling),
        **gaps,
        **{**known, "about": {**about, **known["about"]}},
    )


def aggregated(calculator: Any, samples: np.ndarray, fold: Moments, like: Saliency | None) -> Saliency:
    """Make the `Saliency` of samples (M, N, ...); see `Calculator.aggregate`."""
    classes = int(calculator.score.lists_classes)
    made, axes = fold.of_samples(samples, classes), fold.axes(samples.ndim - 1, classes)
    known = {} if like is None else knowledge_of_like(like, made.values.shape, axes, fold)
    about = {**about_fold(calculator, calculator.target, fold, len(samples)), **known.pop("about", {})}
    return Saliency(made.values, std=made.std, M=len(samples), axes=axes, about=about, **known)


def about_fold(calculator: Any, target: Any, fold: Moments, M: Any, score_name: str = "") -> dict[str, Any]:
    """Say how a `Saliency` was made, as JSON can hold it."""
    return {
        "calculator": type(calculator).__name__,
        "model": calculator.model.name,
        "target": repr(target),
        "method": fold.name,
        "ch_axis": None if fold.ch_axis is None else np.atleast_1d(fold.ch_axis).tolist(),
        "ch_reduce": fold.ch_reduce,
        "M": M if isinstance(M, int) else np.unique(M).tolist(),
        "score": score_name,
    }


def _recipe(answer: Answer, fold: Moments, sampling: Sampling) -> Recipe:
    """The recipe that gives the map of one target by one method; of targets moved together, the list of all maps."""
    settings, target = dict(answer.calculator.given_settings), answer.objective.target
    if "target_extractor" in settings:
        model = answer.objective.model
        listed = [objective.target for objective in answer.calculator.objectives]
        is_joint = isinstance(answer.session.objective.target, JointTarget)
        settings["target_extractor"] = [each.named(model) for each in listed] if is_joint else target.named(model)
    folding = {"method": fold.given, "ch_axis": fold.ch_axis, "ch_reduce": fold.ch_reduce}
    return Recipe(type(answer.calculator), **settings, **sampling.given, **folding)
