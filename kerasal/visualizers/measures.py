"""Pictures of measures: a curve with its mean, the values of examples, several recipes side by side."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from kerasal.visualizers.base import check_picture_path, save_picture
from kerasal.visualizers.shown import Picture

_MOST_LINES = 200  # examples drawn one by one
_INTERVAL = 1.96  # standard errors of a 95 % interval
_BLUE, _GREY = "#2a5fa5", "0.75"


def plot_measurement(measurement: Any, save_filepath: Any = None) -> Picture:
    """Draw a `Measurement`: its curve, or the values of its examples in order.

    Args:
        measurement: see `kerasal.metrics`.
        save_filepath: of a picture to write.
    """
    check_picture_path(save_filepath)
    figure = Picture(figsize=(6.4, 4.0), dpi=120, layout="constrained")
    ax = figure.subplots()
    if measurement.curve is None:
        _values(ax, measurement)
    else:
        _curve(ax, measurement.curve)
    ax.set_title(_wrapped(repr(measurement)), fontsize=10, loc="left")
    _tidy(ax)
    save_picture(figure, save_filepath)
    return figure


def _curve(ax: Axes, curve: Any) -> None:
    """Every example in grey, the mean over them with its 95 % interval."""
    along = np.broadcast_to(curve.x, curve.y.shape)
    for x, y in zip(along[:_MOST_LINES], curve.y[:_MOST_LINES], strict=True):
        ax.plot(x, y, color=_GREY, linewidth=0.6, alpha=0.6, zorder=1)
    if len(curve.y) > 1:
        x, error = along.mean(0), _INTERVAL * curve.mean_error
        ax.fill_between(x, curve.mean - error, curve.mean + error, color=_BLUE, alpha=0.25, linewidth=0, zorder=2)
        ax.plot(x, curve.mean, color=_BLUE, linewidth=2, zorder=3, label="mean, 95 % interval shaded")
        ax.plot([], [], color=_GREY, linewidth=0.6, label=_examples(len(curve.y)))
        ax.legend(fontsize=8, frameon=False)
    if not curve.y_name or curve.y.min() < 0 < curve.y.max():
        ax.axhline(0, color="0.5", linewidth=0.6, zorder=0)
    ax.set_xlabel(curve.x_name)
    ax.set_ylabel(curve.y_name or "score")


def _examples(count: int) -> str:
    return f"{count} examples" if count <= _MOST_LINES else f"first {_MOST_LINES} of {count} examples"


def _values(ax: Axes, measurement: Any) -> None:
    """The values from the smallest to the largest, with the errors of their draws and the mean."""
    order = np.argsort(measurement.values)
    values = measurement.values[order]
    errors = None if measurement.standard_error is None else _INTERVAL * measurement.standard_error[order]
    ax.errorbar(np.arange(1, len(values) + 1), values, yerr=errors, fmt="o", markersize=3, color=_BLUE, linewidth=0.8)
    ax.axhline(measurement.mean, color="0.3", linewidth=0.8, linestyle="--", label=f"mean {measurement.mean:.3g}")
    ax.legend(fontsize=8, frameon=False)
    ax.set_xlabel("example, from the smallest value to the largest")
    unit = f" ({measurement.unit})" if measurement.unit else ""
    ax.set_ylabel(f"{measurement.name.split(',')[0]}{unit}")


def plot_comparison(comparison: Any, save_filepath: Any = None) -> Picture:
    """Draw a `Comparison`: a panel for each measure, a row for each recipe, and what each costs.

    Args:
        comparison: see `kerasal.metrics`.
        save_filepath: of a picture to write.
    """
    check_picture_path(save_filepath)
    recipes, measures = list(comparison.costs), list(comparison.measurements)
    columns = min(3, len(measures) + 1)
    rows = -(-(len(measures) + 1) // columns)
    each = 0.32 * len(recipes) + 1.05
    figure = Picture(figsize=(3.4 * columns, each * rows + 0.4), dpi=120, layout="constrained")
    grid = figure.subplots(rows, columns, sharey=True, squeeze=False)
    panels = grid.ravel()
    for ax, measure in zip(panels, measures, strict=False):
        _panel(ax, comparison, measure, recipes)
    _costs(panels[len(measures)], comparison, recipes)
    for ax in panels[len(measures) + 1 :]:
        ax.set_axis_off()
    for ax in grid[:, 0]:
        ax.set_yticks(range(len(recipes)), [_short(name) for name in recipes], fontsize=9)
    panels[0].set_ylim(len(recipes) - 0.5, -0.5)
    count = len(next(iter(comparison.measurements[measures[0]].values())))
    figure.suptitle(
        f"Mean over {count} examples, bars: 95 % interval. Filled: no other recipe is surely better, by paired differences",
        fontsize=9,
    )
    save_picture(figure, save_filepath)
    return figure


def _panel(ax: Axes, comparison: Any, measure: str, recipes: list[str]) -> None:
    best, found = comparison.best(measure), comparison.measurements[measure]
    direction = {True: "higher is better →", False: "← lower is better", None: ""}[found[recipes[0]].higher_is_better]
    for place, recipe in enumerate(recipes):
        each = found[recipe]
        error = 0 if np.isnan(each.mean_error) else _INTERVAL * each.mean_error
        face = _BLUE if recipe in best and direction else "white"
        ax.errorbar(
            each.mean, place, xerr=error, fmt="o", color=_BLUE, markerfacecolor=face, markersize=6, linewidth=1.2
        )
    ax.set_title(_wrapped(measure, 34), fontsize=9)
    ax.set_xlabel(
        " ".join(filter(None, [direction, f"({found[recipes[0]].unit})" if found[recipes[0]].unit else ""])), fontsize=8
    )
    ax.margins(x=0.12)
    _tidy(ax)


def _costs(ax: Axes, comparison: Any, recipes: list[str]) -> None:
    seconds = [comparison.costs[name].seconds for name in recipes]
    ax.barh(range(len(recipes)), seconds, color="0.8", height=0.6)
    largest = max(seconds)
    for place, name in enumerate(recipes):
        cost = comparison.costs[name]
        passes = "" if cost.passes is None else f", {cost.passes} pass{'es' if cost.passes != 1 else ''}"
        ax.text(seconds[place] + 0.02 * largest, place, f"{_seconds(cost.seconds)} s{passes}", va="center", fontsize=8)
    ax.set_xlim(0, 1.6 * largest)
    ax.set_title("Cost of one explanation of all", fontsize=9)
    ax.set_xlabel("seconds; passes an example", fontsize=8)
    _tidy(ax)


def _tidy(ax: Axes) -> None:
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(labelsize=8)


def _short(name: str, most: int = 28) -> str:
    return name if len(name) <= most else f"{name[: most - 1]}…"


def _wrapped(text: str, most: int = 80) -> str:
    """Text in lines of at most so many letters."""
    lines = [""]
    for word in text.split(" "):
        if lines[-1] and len(lines[-1]) + len(word) + 1 > most:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return "\n".join(lines)


def _seconds(seconds: float) -> str:
    """Two digits, or whole seconds."""
    return f"{seconds:.0f}" if seconds >= 10 else f"{seconds:.2g}"
