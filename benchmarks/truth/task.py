"""A task whose truth is known: trained networks, the recipes that apply, and how a map is judged."""

import dataclasses
import json
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np

from kerasal import Recipe
from kerasal.metrics import Measurement


@dataclasses.dataclass(frozen=True)
class Part:
    """Examples that maps are judged on.

    Attributes:
        chunks: inputs; more than one where examples of very different sizes would pad one another.
        judge: a function of the numbers of maps, for each chunk, that gives a `Measurement`, one value per example.
    """

    chunks: list[Any]
    judge: Callable[[list[np.ndarray]], Measurement]


@dataclasses.dataclass(frozen=True)
class Trained:
    """A network of a task.

    Attributes:
        model: the network; own: its own test score, a number; recipes: {name: `Recipe`}, those that apply.
        validation: examples to choose a recipe on; test: those that are reported, never chosen on.
    """

    model: keras.Model
    own: float
    recipes: dict[str, Recipe]
    validation: Part
    test: Part


@dataclasses.dataclass(frozen=True)
class Task:
    """A task.

    Attributes:
        name: in words; truth: what is known, a sentence; measure: what maps are judged by; own_measure: what the network's own score is.
        train: function of (seed, quick) that gives a `Trained`.
        random: what random maps score, and published: figures of others, {words: number}.
        wanted: the bar of this project, or None; own_wanted: what the network's own score should be, or None.
    """

    name: str
    truth: str
    measure: str
    own_measure: str
    train: Callable[[int, bool], Trained]
    random: float
    published: dict[str, float]
    wanted: float | None = None
    own_wanted: float | None = None


def judged(trained: Trained, *, quick: bool) -> dict[str, Any]:
    """Explain with each recipe, or every third where it is quick, and judge the maps on both parts: JSON of one network."""
    found: dict[str, Any] = {"own": trained.own, "recipes": {}}
    for name, recipe in list(trained.recipes.items())[:: 3 if quick else 1]:
        row = dict[str, Any]()
        calculator = recipe.build(trained.model)  # traced once for both parts
        for part, each in (("validation", trained.validation), ("test", trained.test)):
            began = time.perf_counter()
            warnings.simplefilter("ignore")  # of few samples and steps: what they cost is what is measured
            maps = [np.asarray(calculator.explain(x, **recipe.arguments).values) for x in each.chunks]
            row[f"{part} seconds"] = round(time.perf_counter() - began, 3)
            values = each.judge(maps)
            row[part] = [None if np.isnan(value) else round(float(value), 5) for value in values.values]
        found["recipes"][name] = row
    return found


def mean(values: list[float | None]) -> float:
    """Return the mean of the values that there are."""
    return float(np.mean([value for value in values if value is not None]))


def found_of(task: Task, seed: int, folder: Path, *, quick: bool) -> dict[str, Any]:
    """Give what the network of a seed found; what is in the folder is not computed again."""
    path = folder / f"{task.name.replace(' ', '_')}_{seed}.json"
    if not path.exists():
        keras.utils.set_random_seed(seed)
        began = time.perf_counter()
        trained = task.train(seed, quick)
        seconds = round(time.perf_counter() - began, 1)
        print(
            f"{task.name}, network {seed}: {task.own_measure} {trained.own:.4f}, {seconds} s",
            file=sys.stderr,
            flush=True,
        )
        text = json.dumps({"training seconds": seconds, **judged(trained, quick=quick)})
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_suffix(".part").write_text(text, "utf-8")
        path.with_suffix(".part").replace(path)
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found
