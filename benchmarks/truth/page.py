"""The page of the truth board."""

from pathlib import Path
from typing import Any

import numpy as np
import pictures

_GROUPS = {  # heading -> does the task of this name belong there?
    "Molecules": lambda name: not any(map(name.startswith, ("series", "tetrominoes", "shapes", "words", "columns"))),
    "Series, networks of convolutions": lambda name: name.startswith("series") and name.endswith("convolutions"),
    "Series, recurrent networks": lambda name: name.startswith("series") and name.endswith("LSTM"),
    "Pictures": lambda name: name.startswith(("tetrominoes", "shapes")),
    "Words and columns": lambda name: name.startswith(("words", "columns")),
}
_FEW = 4  # tasks whose intervals are drawn one by one


def as_text(table: list[dict[str, Any]]) -> str:
    """Give the board as lines."""
    lines = []
    for row in table:
        published = "".join(f"; {name} {value}" for name, value in row["published"].items())
        lines.append(
            f"{row['task']}: {row['own measure']} {np.mean(row['own']):.3f}; random {row['random']:.2f}{published}"
        )
        for name, (middle, low, high) in _ordered(row):
            mark = "  chosen" if name == row["chosen"] else ""
            lines.append(f"  {name:<36} {middle:.3f} ({low:.3f}–{high:.3f})  {row['seconds'][name]:.1f} s{mark}")
    return "\n".join(lines)


def write(folder: Path, table: list[dict[str, Any]]) -> None:
    """Write `truth.md` and its pictures.

    Args:
        folder: of the page.
        table: a row for each task, see `board.rows`.
    """
    for heading, rows in _grouped(table):
        stem = _stem(heading)
        pictures.draw_matrix(rows, folder / f"{stem}.png")
        if len(rows) <= _FEW:
            pictures.draw_intervals(rows, folder / f"{stem}_intervals.png")
    (folder / "truth.md").write_text(text(table), "utf-8")


def text(table: list[dict[str, Any]]) -> str:
    """Give the page as Markdown."""
    parts = [_head(len(table[0]["own"])), _glance(table)]
    for heading, rows in _grouped(table):
        stem = _stem(heading)
        parts += [
            f"## {heading}\n",
            f"![Mean score of each recipe on {heading[0].lower() + heading[1:]}]({stem}.png)\n",
        ]
        if len(rows) <= _FEW:
            parts.append(f"![The same with 95 % intervals, random and published figures]({stem}_intervals.png)\n")
        parts += [*_facts(rows), _table(rows)]
    return "\n".join(parts)


def _grouped(table: list[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    found = [(heading, [row for row in table if belongs(row["task"])]) for heading, belongs in _GROUPS.items()]
    return [(heading, rows) for heading, rows in found if rows]


def _stem(heading: str) -> str:
    return "truth_" + heading.lower().replace(",", "").replace(" ", "_")


def _ordered(row: dict[str, Any]) -> list[tuple[str, tuple[float, float, float]]]:
    return sorted(row["recipes"].items(), key=lambda pair: -pair[1][0])


def _head(networks: int) -> str:
    return f"""# The truth board

The cause is known in each of these tasks. For each task, {networks} networks were trained, and every method that applies was tried. `make truth`
makes this page. Each number is the mean over networks and test examples, with its 95 % interval by resampling both. *Chosen* is the recipe
with the best mean on training examples that were held out: the choice of somebody who cannot look at the test examples. *Random* is the
score of maps of noise. *Passes* are the passes of the model for one example, forward or forward and back; for molecules they were counted
on the first examples. *Seconds* are the time of all test examples of one network. None of these numbers is "quality": each is one kind of
truth, on one kind of network. [Which method when](which_method.md) says what follows.
"""


def _glance(table: list[dict[str, Any]]) -> str:
    lines = [
        "## At a glance\n",
        "| task | the networks' own score | chosen recipe | its score | plain gradient | random |",
        "|---|---|---|---|---|---|",
    ]
    for row in table:
        plain = next(name for name in row["recipes"] if name.startswith("gradient"))
        own = f"{row['own measure']} {np.mean(row['own']):.3f}"
        lines.append(
            f"| {row['task']} | {own} | {row['chosen']} | {_cell(row['recipes'][row['chosen']])} | {row['recipes'][plain][0]:.2f} | "
            f"{row['random']:.2f} |"
        )
    return "\n".join(lines) + "\n"


def _facts(rows: list[dict[str, Any]]) -> list[str]:
    lines = []
    for row in rows:
        own = (
            f"the networks' own test {row['own measure']} is {np.mean(row['own']):.3f} "
            f"({min(row['own']):.3f} to {max(row['own']):.3f})"
        )
        published = "".join(f"; published: {name} {value:.2f}" for name, value in row["published"].items())
        lines.append(
            f"- **{row['task']}**: the cause is {row['truth']}; the score is {row['measure']}; {own}{published}"
        )
    return [*lines, ""]


def _table(rows: list[dict[str, Any]]) -> str:
    names = list(dict.fromkeys(name for row in rows for name in row["recipes"]))
    names.sort(key=lambda name: -np.mean([row["recipes"][name][0] for row in rows if name in row["recipes"]]))
    lines = [
        f"| recipe | {' | '.join(row['task'] for row in rows)} | passes | seconds |",
        "|---" * (len(rows) + 3) + "|",
    ]
    for name in names:
        cells = [
            f"**{_cell(row['recipes'][name])}**" if name == row["chosen"] else _cell(row["recipes"].get(name))
            for row in rows
        ]
        seconds = np.mean([row["seconds"][name] for row in rows if name in row["seconds"]])
        lines.append(f"| {name} | {' | '.join(cells)} | {_passes(name, rows)} | {seconds:.1f} |")
    chance = [f"{row['random']:.2f}" for row in rows]
    lines.append(f"| *random* | {' | '.join(chance)} | | |")
    return "\n".join(lines) + "\n"


def _passes(name: str, rows: list[dict[str, Any]]) -> str:
    """Say how many passes of the model an example takes."""
    counts = [row["passes"][name] for row in rows if name in row["passes"]]
    if None in counts:
        return "–"
    least, most = min(counts), max(counts)
    return f"{least}" if least == most else f"{least}–{most}"


def _cell(found: tuple[float, float, float] | None) -> str:
    if found is None:
        return ""
    middle, low, high = found
    return f"{middle:.3f} ({low:.3f}–{high:.3f})"
