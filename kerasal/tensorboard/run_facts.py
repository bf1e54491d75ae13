"""Facts and numbers of a run as the tab is told them; an index may say anything. NumPy alone."""

import math

import numpy as np

from kerasal.tensorboard import bounds
from kerasal.tensorboard.archive import Run
from kerasal.tensorboard.run_index import Line, numbers_in


def whole_number(value: object) -> int | None:
    """Return a number of bytes as an index tells it, or None for what is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63 else None


def names_in(value: object) -> list[str]:
    """Return names as an index tells them, or nothing for what are none."""
    return value if isinstance(value, list) and all(isinstance(name, str) for name in value) else []


def class_count(run: Run, shape: tuple[int, ...]) -> int | None:
    """Return the number of classes of maps (N, C, ...), or None where the maps of a run have no such axis."""
    axes = run.facts.get("axes")
    return shape[1] if isinstance(axes, list) and axes[:2] == ["example", "class"] and len(shape) > 1 else None


def shape_of_maps(run: Run, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape of the maps of one class, (N, ...)."""
    return shape if class_count(run, shape) is None else (*shape[:1], *shape[2:])


def small_side(run: Run) -> int:
    """Return the side of small maps in pixels: maps of what is no picture are not averaged."""
    return bounds.SMALL_SIDE if run.picture.kind in (None, "image") else bounds.ANSWER


def time_of(line: Line) -> float | None:
    """Return the time at which a line was written, or None where that is no number."""
    time = line.get("time")
    return time if isinstance(time, float) else whole_number(time)


def troubles_of_index(run: Run) -> list[str]:
    """Return sentences about the index of a run that is damaged, or too large."""
    if run.every == 1:
        return run.troubles
    return [f"The index is so large that of {run.every} steps one is shown, and the last.", *run.troubles]


def all_numbers(run: Run) -> dict[str, list[list[float | None] | None]]:
    """Return {quantity: numbers of the examples, a list per step}; None where a step has none, or they are too many for all."""
    of_steps = [numbers_in(line, len(run.examples)) for line in run.lines.values()]
    quantities = sorted({name for numbers in of_steps for name in numbers})[: bounds.QUANTITIES]
    every = math.ceil(sum(len(numbers) for numbers in of_steps) * len(run.examples) / bounds.NUMBERS)
    shown = [
        numbers if not every or k % every == 0 or k == len(of_steps) - 1 else {} for k, numbers in enumerate(of_steps)
    ]
    return {name: [_without_nan(numbers.get(name)) for numbers in shown] for name in quantities}


def _without_nan(numbers: np.ndarray | None) -> list[float | None] | None:
    return None if numbers is None else [float(value) if np.isfinite(value) else None for value in numbers]
