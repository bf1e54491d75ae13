"""Pictures of the truth board."""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

_BLUE = "#2a5fa5"


def draw_matrix(rows: list[dict[str, Any]], path: Path) -> None:
    """Draw the score of each recipe on each task as a cell, the darker the farther from random maps; chosen ones framed."""
    names = list(dict.fromkeys(name for row in rows for name in row["recipes"]))
    names.sort(key=lambda name: -np.mean([_skill(row, name) for row in rows if name in row["recipes"]]))
    skill = np.array([[_skill(row, name) for row in rows] for name in names])
    figure = Figure(figsize=(3.1 + 0.95 * len(rows), 1.6 + 0.26 * len(names)), dpi=120, layout="constrained")
    ax = figure.subplots()
    shown = ax.imshow(skill, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for line, name in enumerate(names):
        for column, row in enumerate(rows):
            if name in row["recipes"]:
                is_chosen = name == row["chosen"]
                ax.text(
                    column,
                    line,
                    f"{row['recipes'][name][0]:.2f}".removeprefix("0"),
                    ha="center",
                    va="center",
                    fontsize=8,
                    color="white" if skill[line, column] > 0.6 else "black",
                    weight="bold" if is_chosen else "normal",
                    bbox={"boxstyle": "square,pad=0.25", "fill": False, "edgecolor": "#d6402f"} if is_chosen else None,
                )
    ax.set_yticks(range(len(names)), names, fontsize=8)
    ax.set_xticks(range(len(rows)), [_label(row) for row in rows], fontsize=8)
    ax.xaxis.tick_top()
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    bar = figure.colorbar(shown, ax=ax, shrink=0.5, pad=0.02)
    bar.set_ticks([0, 0.5, 1], labels=["random", "halfway", "perfect"], fontsize=8)
    ax.set_xlabel("red frame: chosen on held-out examples", fontsize=8)
    figure.savefig(path)


def _skill(row: dict[str, Any], name: str) -> float:
    """Place a score between that of random maps, 0, and 1."""
    if name not in row["recipes"]:
        return float("nan")
    return float((row["recipes"][name][0] - row["random"]) / (1 - row["random"]))


def _label(row: dict[str, Any]) -> str:
    first, *rest = row["task"].split(", ")
    words = rest[:-1] if first == "series" else rest or [first]
    return "\n".join(" ".join(words).replace("background ", "").replace("box ", "").split(" "))


def draw_intervals(rows: list[dict[str, Any]], path: Path) -> None:
    """Draw a panel for each task: recipes from the best down, their intervals, random and published figures as lines."""
    columns = min(2, len(rows))
    lines = -(-len(rows) // columns)
    most = max(len(row["recipes"]) for row in rows)
    figure = Figure(figsize=(6.2 * columns, (0.21 * most + 1.3) * lines), dpi=110, layout="constrained")
    axes = figure.subplots(lines, columns, squeeze=False).ravel()
    for ax, row in zip(axes, rows, strict=False):
        _panel(ax, row)
    for ax in axes[len(rows) :]:
        ax.set_axis_off()
    figure.savefig(path)


def _panel(ax: Any, row: dict[str, Any]) -> None:
    ordered = sorted(row["recipes"].items(), key=lambda pair: -pair[1][0])
    for place, (name, (middle, low, high)) in enumerate(ordered):
        face = _BLUE if name == row["chosen"] else "white"
        spread = [[max(0, middle - low)], [max(0, high - middle)]]
        ax.errorbar(middle, place, xerr=spread, fmt="o", color=_BLUE, markerfacecolor=face, markersize=5, linewidth=1)
    ax.set_yticks(range(len(ordered)), [name for name, _ in ordered], fontsize=8)
    ax.set_ylim(len(ordered) - 0.5, -0.5)
    ax.axvline(row["random"], color="0.5", linestyle=":", linewidth=1)
    told = f"filled: chosen on held-out examples; dotted: random {row['random']:.2f}"
    for name, value in list(row["published"].items())[:1]:
        ax.axvline(value, color="#b2182b", linestyle="--", linewidth=1)
        told += f"; dashed: {name} {value:.2f}"
    ax.set_title(f"{row['task']}; network {row['own measure']} {np.mean(row['own']):.3f}", fontsize=9, loc="left")
    ax.set_xlabel(f"{row['measure'].split(',')[0]}\n{told}", fontsize=8)
    ax.tick_params(axis="x", labelsize=8)
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(axis="x", color="0.92", linewidth=0.6)
    ax.set_axisbelow(True)
