"""Pictures of concepts: the score of each with its interval, beside that of random concepts."""

from typing import Any

import numpy as np

from kerasal.visualizers.base import DPI, check_picture_path, save_picture
from kerasal.visualizers.shown import Picture

_BLUE, _PALE, _GREY = "#2a5fa5", "#b9cbe3", "0.9"
_ROW = 0.5  # inches


def plot_concepts(found: Any, save_filepath: Any = None, title: str | None = None) -> Picture:
    """Draw `ConceptScores`.

    Args:
        found: see `kerasal.concepts`.
        save_filepath: of a picture to write.
        title: text above; None: of which score and layer.
    """
    check_picture_path(save_filepath)
    count = len(found)
    figure = Picture(figsize=(7.6, 1.5 + _ROW * count), dpi=DPI, layout="constrained")
    ax = figure.subplots()
    chance, runs = found.random_by_run, found.by_run.shape[1]
    for k, verdict in enumerate(found.verdicts):
        is_told = verdict.startswith(("above", "below"))
        middle, spread, score = chance[k].mean(), chance[k].std(ddof=1), found.scores[k]
        ends = np.clip([middle - spread, middle + spread], 0, 1)
        ax.fill_betweenx([k - 0.42, k + 0.42], *ends, color=_GREY, linewidth=0, zorder=1)
        ax.barh(k, score, height=0.36, color=_BLUE if is_told else _PALE, zorder=2)
        ax.plot([middle, middle], [k - 0.42, k + 0.42], color="0.2", linewidth=1.2, linestyle=":", zorder=3)
        reach = np.abs(found.interval[k] - score)[:, None]
        face = _BLUE if is_told else "white"
        ax.errorbar(score, k, xerr=reach, fmt="o", color="0.2", markerfacecolor=face, markersize=5, capsize=3, zorder=4)
        words = f"{verdict}, p = {found.p_values[k]:.2g}; accuracy {found.accuracy[k]:.2f}"
        ax.text(1.03, k, words, va="center", fontsize=8, parse_math=False)
    ax.axvline(0.5, color="0.55", linewidth=0.8, zorder=1.5)
    ax.set_yticks(range(count), found.names, parse_math=False)
    ax.set_ylim(count - 0.4, -0.6)  # the first at the top
    ax.set_xlim(-0.01, 1.01)
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(labelsize=9)
    about = f"whiskers: 95 % interval; p against chance, .5; grey: {found.against} concepts, mean (dotted) ± standard deviation, {runs} runs"
    ax.set_xlabel(
        f"share of {found.derivatives.shape[2]} examples at which more of it raises the score\n{about}", fontsize=8
    )
    told = f"Concepts at {found.layer} for the {found.score_name}" if title is None else title
    ax.set_title(told, fontsize=10, loc="left", parse_math=False)
    save_picture(figure, save_filepath)
    return figure
