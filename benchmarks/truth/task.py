"""A task whose truth is known: trained networks, the recipes that apply, and how a map is judged."""

import dataclasses
import json
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np

from kerasal import Recipe
from kerasal.metrics import Measurement
from kerasal.metrics.costs import explained_at_cost


class Planted(NamedTuple):
    """Examples with their cause.

    Attributes:
        x: (N, ...); y: the class, (N,); mask: True where the cause is, (N, ...) of the maps.
    """

    x: np.ndarray
    y: np.ndarray
    mask: np.ndarray


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
        train: function of (seed, quick, weights) that gives a `Trained`; see `fitted` for the weights.
        random: what random maps score, and published: figures of others, {words: number}.
        wanted: the bar of this project, or None; own_wanted: what the network's own score should be, or None.
    """

    name: str
    truth: str
    measure: str
    own_measure: str
    train: Callable[[int, bool, Path], Trained]
    random: float
    published: dict[str, float]
    wanted: float | None = None
    own_wanted: float | None = None


def fitted(model: keras.Model, weights: Path, fit: Callable[[], Any]) -> None:
    """Fit a model and keep its weights, or give it those that an earlier fit kept.

    Args:
        model: with the shapes of its weights known.
        weights: path of them, `….weights.h5`.
        fit: fits the model.
    """
    if weights.exists():
        model.load_weights(weights)
        return
    fit()
    weights.parent.mkdir(parents=True, exist_ok=True)
    part = weights.with_name(f"part_{weights.name}")
    model.save_weights(part)
    part.replace(weights)


def judged(trained: Trained, name: str) -> dict[str, Any]:
    """Explain with a recipe, and judge the maps on both parts: JSON of a recipe."""
    row = dict[str, Any]()
    recipe = trained.recipes[name]
    calculator = recipe.build(trained.model)  # traced once for both parts
    for part, each in (("validation", trained.validation), ("test", trained.test)):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of few samples and steps: what they cost is what is measured
            found = [explained_at_cost(calculator, (x,), recipe.arguments) for x in each.chunks]
        row[f"{part} seconds"] = round(sum(cost.seconds for _, cost in found), 3)
        values = each.judge([np.asarray(saliency.values) for saliency, _ in found])
        row[part] = [None if np.isnan(value) else round(float(value), 5) for value in values.values]
    row["passes"] = found[0][1].passes
    return row


def mean(values: list[float | None]) -> float:
    """Return the mean of the values that there are."""
    return float(np.mean([value for value in values if value is not None]))


def found_of(task: Task, seed: int, folder: Path, *, quick: bool) -> dict[str, Any]:
    """Give what the network of a seed found: what is in the folder, and what recipes are missing there.

    The first recipe is always tried again: where its numbers are other ones, so is the network or the library, and nothing that
    is in the folder counts. Every third recipe where it is quick.
    """
    stem = f"{task.name.replace(' ', '_')}_{seed}"
    path = folder / f"{stem}.json"
    kept = json.loads(path.read_text("utf-8")) if path.exists() else {"recipes": {}}
    keras.utils.set_random_seed(seed)
    began = time.perf_counter()
    trained = task.train(seed, quick, folder / f"{stem}.weights.h5")
    seconds = round(time.perf_counter() - began, 1)
    names = list(trained.recipes)[:: 3 if quick else 1]
    again = judged(trained, names[0])
    is_same = _agree(again["test"], kept["recipes"].get(names[0], {}).get("test"))
    found = kept["recipes"] if is_same else {names[0]: again}
    _say(
        f"{stem}: {task.own_measure} {trained.own:.4f}, {seconds} s; {len(names) - len(found)} recipes to explain with"
    )
    found = {name: found[name] if name in found else judged(trained, name) for name in names}
    whole = {"training seconds": kept.get("training seconds", seconds), "own": trained.own, "recipes": found}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.with_suffix(".part").write_text(json.dumps(whole), "utf-8")
    path.with_suffix(".part").replace(path)
    return whole


def _agree(now: list[float | None], before: list[float | None] | None) -> bool:
    """Tell whether two rows of numbers are the same but for rounding."""
    if before is None or len(now) != len(before):
        return False
    return bool(np.allclose(*(np.array(each, float) for each in (now, before)), atol=1e-4, equal_nan=True))


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)
