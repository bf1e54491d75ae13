"""The page and pictures of the truth board."""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

_BLUE = "#2a5fa5"


def as_text(table: list[dict[str, Any]]) -> str:
    """Give the board as lines."""
    lines = []
    for row in table:
        task = row["task"]
        lines.append(
            f"{task.name}: {task.own_measure} {np.mean(row['own']):.3f}; random {task.random}; {task.published}"
        )
        for name, (middle, low, high) in sorted(row["recipes"].items(), key=lambda pair: -pair[1][0]):
            mark = "  chosen" if name == row["chosen"] else ""
            lines.append(f"  {name:<36} {middle:.3f} ({low:.3f}–{high:.3f})  {row['seconds'][name]:.1f} s{mark}")
    return "\n".join(lines)


def write(folder: Path, table: list[dict[str, Any]], networks: int) -> None:
    """Write `truth.md` and a picture of each group of tasks.

    Args:
        folder: of the page.
        table: a row for each task.
        networks: how many were trained for each.
    """
    groups = {"molecules": [], "series": [], "tetrominoes": [], "texts and tables": []}
    for row in table:
        first = row["task"].name.split(",")[0]
        groups[
            first if first in groups else "texts and tables" if first in ("words", "columns") else "molecules"
        ].append(row)
    parts = [_head(networks)]
    for name, rows in groups.items():
        if rows:
            picture = f"truth_{name.replace(' ', '_')}.png"
            draw(rows, folder / picture)
            parts += [
                f"## {name.capitalize()}\n",
                f"![Score of each recipe with its 95 % interval, on {name}]({picture})\n",
            ]
            parts += [_table(row) for row in rows]
    (folder / "truth.md").write_text("\n".join(parts), "utf-8")


def _head(networks: int) -> str:
    return f"""# The truth board

Tasks whose cause is known, {networks} networks trained for each, every method that applies. Made by `make truth`. Each number is the mean over
networks and test examples, with its 95 % interval by resampling both. *Chosen* is the recipe with the best mean on training examples
that were held out: what somebody would take who cannot look at the test. "Random" is what maps of noise score. Seconds are of all test
examples of one network, the tracing of a first call in them. No number here is "quality": each is one kind of truth on one kind of network.
"""


def _table(row: dict[str, Any]) -> str:
    task, own = row["task"], row["own"]
    networks = f"The networks' own test {task.own_measure}: {np.mean(own):.3f} ({min(own):.3f} to {max(own):.3f})."
    lines = [
        f"### {task.name}\n",
        f"Known: {task.truth}. Maps are judged by {task.measure}. {networks}\n",
        "| recipe | score | 95 % interval | seconds |",
        "|---|---|---|---|",
    ]
    for name, (middle, low, high) in sorted(row["recipes"].items(), key=lambda pair: -pair[1][0]):
        shown = f"**{name}** (chosen)" if name == row["chosen"] else name
        lines.append(f"| {shown} | {middle:.3f} | {low:.3f} to {high:.3f} | {row['seconds'][name]:.1f} |")
    lines += [f"| *{name}* | {value:.2f} | | |" for name, value in task.published.items()]
    lines.append(f"| *random* | {task.random:.2f} | | |")
    return "\n".join(lines) + "\n"


def draw(rows: list[dict[str, Any]], path: Path) -> None:
    """Draw a panel for each task: recipes from the best down, their intervals, random and published figures as lines."""
    columns = min(2, len(rows))
    lines = -(-len(rows) // columns)
    most = max(len(row["recipes"]) for row in rows)
    figure = Figure(figsize=(6.2 * columns, (0.21 * most + 1.2) * lines), dpi=110, layout="constrained")
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
    task = row["task"]
    ax.axvline(task.random, color="0.5", linestyle=":", linewidth=1, label=f"random {task.random:.2f}")
    for name, value in list(task.published.items())[:1]:
        ax.axvline(value, color="#b2182b", linestyle="--", linewidth=1, label=f"{name} {value:.2f}")
    ax.legend(fontsize=7, frameon=False, loc="lower right")
    ax.set_title(f"{task.name}; network {task.own_measure} {np.mean(row['own']):.3f}", fontsize=9, loc="left")
    ax.set_xlabel(f"{task.measure.split(',')[0]} (filled: chosen on held-out examples)", fontsize=8)
    ax.tick_params(axis="x", labelsize=8)
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(axis="x", color="0.92", linewidth=0.6)
    ax.set_axisbelow(True)
