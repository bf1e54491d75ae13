"""A `Saliency` of tables: a waterfall of one row, a beeswarm of many, bars of either."""

import difflib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from kerasal._storage.base import StrPath
from kerasal._vocabulary import checks_keywords
from kerasal.visualizers.base import check_picture_path, save_picture
from kerasal.visualizers.beeswarm import Beeswarm
from kerasal.visualizers.plots.parts import is_batch, refuse_classes
from kerasal.visualizers.table import TableVisualizer
from kerasal.visualizers.table_words import (
    SIGNS,
    batch_error_words,
    error_words,
    feature_names_of,
    names_with_values,
)
from kerasal.visualizers.waterfall import Step, Waterfall
from kerasal.visualizers.words import prediction_words, score_words

MOST_BARS, MOST_STEPS = 20, 12
LEAST_SWARM = 20  # examples from where a batch is a beeswarm
_NEGLIGIBLE = 1e-4  # of the score: a gap that is not drawn


def plot(saliency: Any, *, style: str | None = None, groups: Mapping[str, Any] | None = None, **options: Any) -> Any:
    """Draw the features of one row, or of all rows.

    Args:
        saliency: of (features,) numbers, of one example or of a batch.
        style: "waterfall" (one row, from the base value to the score), "beeswarm" (a batch, a dot per example) or "bars"; None: a
            waterfall where values add up to the score, a beeswarm of 20 examples or more, else bars.
        groups: features that are summed before, see `Saliency.grouped`.
        **options: `feature_names`, `num_visualize`, `title`, `xlabel`, `save_filepath`, `bbox_inches`; of bars all of
            `TableVisualizer.visualize`, of a beeswarm `cmap`.

    Returns:
        The figure.

    Raises:
        ValueError: an unknown style, or one that does not fit.
    """
    refuse_classes(saliency, "A picture of a table")
    saliency = saliency if groups is None else saliency.grouped(groups)
    if is_batch(saliency) and len(saliency) == 1:
        saliency = saliency[0]
    _check_values(saliency)
    draw: dict[str, Callable[..., Any]] = {"waterfall": waterfall, "beeswarm": beeswarm, "bars": bars}
    chosen = _style_of(saliency) if style is None else style
    if chosen not in draw:
        near = difflib.get_close_matches(str(style), draw, 1, 0)[0]
        raise ValueError(
            f"A table is drawn as 'waterfall', 'beeswarm' or 'bars'. Received: style={style!r}. Pass {near!r}."
        )
    return draw[chosen](saliency, **options)


def _style_of(saliency: Any) -> str:
    if is_batch(saliency):
        return "beeswarm" if len(saliency) >= LEAST_SWARM else "bars"
    return "bars" if saliency.unattributed is None else "waterfall"


@checks_keywords
def waterfall(
    saliency: Any,
    *,
    feature_names: Sequence[str] | None = None,
    num_visualize: int = MOST_STEPS,
    title: str | None = "",
    xlabel: str | None = None,
    save_filepath: StrPath | None = None,
    bbox_inches: str | None = "tight",
) -> Any:
    """Draw bars that lead from the base value of one row to its score.

    Args:
        saliency: of one example, whose values add up to the score.
        feature_names: one per feature; None: those of the result.
        num_visualize: features with a bar of their own, the strongest; the others are one bar. -1 for all.
        title: words above; "" for what is predicted and explained, None for none.
        xlabel: words below the axis; None for what bars and whiskers mean.
        save_filepath: `.png`, `.svg` or `.pdf` file to write, in a folder that exists.
        bbox_inches: passed to matplotlib's `savefig`.

    Raises:
        ValueError: a batch, or values that do not add up.
    """
    check_picture_path(save_filepath)
    if is_batch(saliency):
        raise ValueError(
            f"A waterfall is of one row. Received: a batch of {len(saliency)}. Index it, result[0].plot(), or pass style='beeswarm'."
        )
    if saliency.unattributed is None:
        raise ValueError(
            "A waterfall leads from a base value to the score, by values that add up to their difference. Received: a result of "
            f"{saliency.about.get('calculator', 'no calculator')} whose values do not, or that has no base_scores. Explain by "
            "IntegratedGradientsCalculator with method='raw', or pass style='bars'."
        )
    steps = _steps(saliency, names_with_values(saliency, feature_names_of(saliency, feature_names)), num_visualize)
    has_sums = any(step.is_sum for step in steps)
    told = [score_words(saliency) or "score", SIGNS, error_words(saliency, has_sums=has_sums)]
    figure = Waterfall(
        steps=steps,
        base=("at the baseline", float(saliency.base_scores)),
        score=(score_words(saliency) or "score", float(saliency.scores)),
        title=prediction_words(saliency) if title == "" else title or "",
        label="; ".join(filter(None, told)) if xlabel is None else xlabel,
    ).draw()
    save_picture(figure, save_filepath, bbox_inches)
    return figure


def _steps(saliency: Any, names: Sequence[str], most: int) -> list[Step]:
    """List the bars: the strongest features, the sum of the others, and what no feature has."""
    values = np.asarray(saliency.values, np.float64)
    errors = np.zeros_like(values) if saliency.standard_error is None else np.asarray(saliency.standard_error)
    order = strongest_first(np.abs(values), most if most == -1 or most < len(values) - 1 else -1)
    others = np.setdiff1d(np.arange(len(values)), order)
    steps = [Step(names[k], float(values[k]), float(errors[k])) for k in order]
    if len(others):
        steps.append(
            Step(f"{len(others)} others", float(values[others].sum()), float(errors[others].sum()), is_sum=True)
        )
    gap, scores = float(saliency.unattributed), (saliency.scores, saliency.base_scores)
    if abs(gap) > _NEGLIGIBLE * max(*np.abs(scores), np.abs(values).max()):
        steps.append(Step("not explained (gap)", gap, is_gap=True))
    return steps


@checks_keywords
def beeswarm(
    saliency: Any,
    *,
    feature_names: Sequence[str] | None = None,
    num_visualize: int = MOST_BARS,
    title: str | None = "",
    xlabel: str | None = None,
    cmap: Any = None,
    save_filepath: StrPath | None = None,
    bbox_inches: str | None = "tight",
) -> Any:
    """Draw a dot per example and feature, at its saliency, in the colour of the feature's value.

    Args:
        saliency: of a batch.
        feature_names: one per feature; None: those of the result.
        num_visualize: features at most, those of the largest mean magnitude; -1 for all.
        title: words above; "" for what is explained, None for none.
        xlabel: words below the axis; None for what dots mean.
        cmap: colour map of values from low to high, or its matplotlib name.
        save_filepath: `.png`, `.svg` or `.pdf` file to write, in a folder that exists.
        bbox_inches: passed to matplotlib's `savefig`.

    Raises:
        ValueError: one example.
    """
    check_picture_path(save_filepath)
    if not is_batch(saliency):
        raise ValueError(
            "A beeswarm has a dot for each of many rows. Received: one row. Draw the whole result, or pass style='bars'."
        )
    values = np.asarray(saliency.values, np.float64)
    names, order = (
        feature_names_of(saliency, feature_names),
        strongest_first(np.abs(values).mean(0), num_visualize),
    )
    inputs = saliency.feature_values
    told = [_of_features(len(order), len(names)), f"a dot for each of {len(values)} examples"]
    figure = Beeswarm(
        values=values[:, order],
        inputs=None if inputs is None else inputs[:, order],
        names=[names[k] for k in order],
        title=score_words(saliency) if title == "" else title or "",
        label="; ".join(filter(None, ["saliency", *told])) if xlabel is None else xlabel,
        cmap=cmap,
    ).draw()
    save_picture(figure, save_filepath, bbox_inches)
    return figure


def bars(saliency: Any, *, feature_names: Sequence[str] | None = None, **options: Any) -> Any:
    """Draw signed bars of one row, or of the mean over a batch, with their standard errors; options of `TableVisualizer.visualize`."""
    names, count = feature_names_of(saliency, feature_names), saliency.shape[-1]
    most = options.get("num_visualize", MOST_BARS)
    told = [_of_features(count if most == -1 else min(most, count), count)]
    if is_batch(saliency):
        every = np.asarray(saliency.values, np.float64)
        shown, error = every.mean(0), every.std(0, ddof=1) / np.sqrt(len(every))
        told = [f"mean saliency over {len(every)} examples", *told, batch_error_words(len(every))]
        title = score_words(saliency)
    else:
        shown, error, names = saliency.values, saliency.standard_error, names_with_values(saliency, names)
        told = ["saliency", *told, error_words(saliency)]
        title = "\n".join(filter(None, (prediction_words(saliency), score_words(saliency))))
    label = "\n".join(filter(None, ("; ".join(filter(None, told[:-1])), told[-1])))
    known: dict[str, Any] = {"scaler": None, "title": title or None, "xlabel": label, "std": error}
    return TableVisualizer().visualize(shown, names, **{**known, "num_visualize": most, **options})


def strongest_first(strength: np.ndarray, most: int) -> np.ndarray:
    """Choose features: at most so many, the strongest first; -1 is all.

    Raises:
        ValueError: fewer than one.
    """
    if most != -1 and most < 1:
        raise ValueError(f"num_visualize is -1 for all, or at least 1. Received: {most}. Pass -1 to draw all.")
    order = np.argsort(-strength, kind="stable")
    return order if most == -1 else order[:most]


def _of_features(shown: int, count: int) -> str:
    return "" if shown >= count else f"the {shown} strongest of {count} features"


def _check_values(saliency: Any) -> None:
    if saliency.values.ndim != 1 + is_batch(saliency) or not saliency.values.size:
        raise ValueError(
            f"A picture of a table shows one number per feature. Received: axes {saliency.axes}, shape {saliency.shape}. Sum up the rest, "
            "result.grouped({}).plot(), or draw it as kind='numbers'."
        )
    if not np.isfinite(saliency.values).all():
        raise ValueError(
            "A picture of a table shows finite numbers. Received: NaN or infinity. Look for the cause upstream."
        )
