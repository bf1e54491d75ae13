"""Several recipes by several measures, on the same examples."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras

from kerasal._engine.pace import followed
from kerasal._errors import check_flags
from kerasal._vocabulary import checks_keywords
from kerasal.metrics.base import Measure
from kerasal.metrics.costs import Cost, explained_at_cost
from kerasal.metrics.differences import Difference, differences_of
from kerasal.metrics.measurement import Measurement
from kerasal.metrics.truth import PointingGame, RelevanceMass, RelevanceRank, RocAuc
from kerasal.recipes import Recipe

_TRUTHS = (RelevanceMass, RelevanceRank, RocAuc, PointingGame)
Metric = Measure | Callable[[Recipe], Measure]


@checks_keywords
@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Comparison:
    """The outcome of `compare`.

    Attributes:
        measurements: {measure: {recipe: `Measurement`}}; saliencies: {recipe: `Saliency`}; costs: {recipe: `Cost`}.
        differences: a `Difference` for each measure and pair of recipes.
        notes: what should be known of the comparison, sentences.
    """

    measurements: dict[str, dict[str, Measurement]]
    saliencies: dict[str, Any]
    costs: dict[str, Cost]
    differences: list[Difference]
    notes: list[str]

    @checks_keywords
    def best(self, measure: str) -> list[str]:
        """List the recipes of which no other is better by a measure, the best mean first.

        Args:
            measure: its name.
        """
        worse = {
            each.second if each.verdict == "better" else each.first
            for each in self.differences
            if each.measure == measure and each.verdict != "cannot tell"
        }
        found = self.measurements[measure]
        sign = -1 if next(iter(found.values())).higher_is_better else 1
        return sorted((name for name in found if name not in worse), key=lambda name: sign * found[name].mean)

    def to_frame(self) -> Any:
        """Return a pandas frame with a row for each recipe and measure: mean, error, whether it is among the best, cost.

        Raises:
            ImportError: pandas is missing.
        """
        import pandas as pd

        rows = [
            {
                "recipe": recipe,
                "measure": measure,
                "mean": each.mean,
                "standard error": each.mean_error,
                "among the best": recipe in self.best(measure) if each.higher_is_better is not None else None,
                "seconds": self.costs[recipe].seconds,
                "passes": self.costs[recipe].passes,
            }
            for measure, by_recipe in self.measurements.items()
            for recipe, each in by_recipe.items()
        ]
        return pd.DataFrame(rows)

    @checks_keywords
    def plot(self, save_filepath: Any = None) -> Any:
        """Draw a panel for each measure: mean and 95 % interval of each recipe, those among the best filled.

        Args:
            save_filepath: of a picture to write, `.png`, `.svg` or `.pdf`.
        """
        from kerasal.visualizers import measures

        return measures.plot_comparison(self, save_filepath)

    def __repr__(self) -> str:
        wide = max(map(len, self.costs))
        lines = []
        for measure, by_recipe in self.measurements.items():
            first = next(iter(by_recipe.values()))
            better = {True: "higher is better", False: "lower is better", None: "neither is better"}[
                first.higher_is_better
            ]
            lines.append(f"{measure} ({better}; mean ± standard error of {len(first)} examples)")
            best = self.best(measure)
            for recipe, each in by_recipe.items():
                told = "" if recipe not in best else "  best" if len(best) == 1 else "  among the best"
                lines.append(f"  {recipe:<{wide}}  {each.mean:>10.3g} ± {each.mean_error:<8.2g}{told}")
        lines.append("Cost of one explanation of all examples")
        for recipe, cost in self.costs.items():
            passes = "–" if cost.passes is None else cost.passes
            lines.append(f"  {recipe:<{wide}}  {cost.seconds:>10.3g} s, {passes} passes an example")
        return "\n".join([*lines, *self.notes])


@checks_keywords
def compare(
    model: keras.Model,
    x: Any,
    recipes: Mapping[str, Recipe] | Sequence[Recipe],
    metrics: Sequence[Metric],
    y: Any = None,
    masks: Any = None,
    batch_size: int | None = None,
    seed: int = 0,
    *,
    show_progress: bool = False,
) -> Comparison:
    """Measure several recipes on the same examples, and tell which differences are more than chance.

    A measure alone is no quality: those of the model say what the score does where it was never trained, those of truth need the
    truth. Differences are paired over examples; each has a bootstrap interval, and is called "cannot tell" where that covers 0 or
    chance would do as well among so many pairs.

    Args:
        model: a Keras model.
        x: N examples, arrays.
        recipes: {name: `Recipe`}, or a list of recipes, named by themselves.
        metrics: measures, or functions of a recipe that give one, as `lambda recipe: MaxSensitivity(model, recipe)`.
        y: what scores need of each example.
        masks: where the cause is known, True there, see `MaskMeasure`; adds relevance mass and rank, ROC AUC and the pointing game.
        batch_size: the most rows of a model call.
        seed: of what measures draw, and of the resamples.
        show_progress: show a bar for the explanations and one for each measure, over the recipes. Ctrl-C ends it between model calls.

    Returns:
        A `Comparison`.

    Raises:
        ValueError: fewer than two recipes, no measure, two of one name.

    Example:
        >>> import keras, numpy as np
        >>> from kerasal import metrics, recipes
        >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(5, "relu"), keras.layers.Dense(2)])
        >>> both = {"gradient": recipes.vanilla(), "times input": recipes.gradient_times_input()}
        >>> found = metrics.compare(model, np.random.default_rng(0).random((9, 4)), both, [metrics.Deletion(model)])
        >>> list(found.measurements), len(found.differences)
        (['Deletion, fill 0.0'], 1)
    """
    named = _named(recipes)
    listed = [*metrics, *([] if masks is None else [kind(masks) for kind in _TRUTHS])]
    if len(named) < 2 or not listed:
        raise ValueError(
            f"compare takes two recipes or more, and a measure or more. Received: {len(named)} recipes, {len(listed)} measures. Add some."
        )
    check_flags(show_progress=show_progress)
    measures = _built(listed, named)
    saliencies, costs = dict[str, Any](), dict[str, Cost]()
    for name, recipe in followed(named.items(), "recipe explained", shown=show_progress):
        recipe = recipe if batch_size is None else recipe.replace(batch_size=batch_size)
        given = (x,) if y is None else (x, y)
        saliencies[name], costs[name] = explained_at_cost(recipe.build(model), given, recipe.arguments)
    measurements = {
        title: {
            name: measure(x, saliencies[name], y, batch_size=batch_size, seed=seed)
            for name, measure in followed(by_recipe.items(), f"recipe by {title}", shown=show_progress)
        }
        for title, by_recipe in measures.items()
    }
    differences = [
        each
        for title, by_recipe in measurements.items()
        for each in differences_of(
            title,
            {name: found.values for name, found in by_recipe.items()},
            higher_is_better=next(iter(by_recipe.values())).higher_is_better,
            seed=seed,
        )
    ]
    return Comparison(measurements, saliencies, costs, differences, _notes(listed, differences))


def _named(recipes: Any) -> dict[str, Recipe]:
    pairs = list(recipes.items()) if isinstance(recipes, Mapping) else [(repr(each), each) for each in recipes]
    for _, recipe in pairs:
        if not isinstance(recipe, Recipe):
            raise TypeError(f"compare takes recipes. Received: {recipe!r}. Use e.g. kerasal.recipes.vanilla().")
    if len(dict(pairs)) < len(pairs):
        raise ValueError(
            "Recipes of a comparison differ. Received: one of them twice. Give a dict of names, or leave one out."
        )
    return dict(pairs)


def _built(metrics: Sequence[Any], recipes: Mapping[str, Recipe]) -> dict[str, dict[str, Measure]]:
    """{name of a measure: {recipe: measure}}, before any work, so that what is wrong is told at once."""
    built = dict[str, dict[str, Measure]]()
    for place, metric in enumerate(metrics):
        by_recipe = {
            name: metric if isinstance(metric, Measure) else _made(metric, recipe) for name, recipe in recipes.items()
        }
        title = next(iter(by_recipe.values())).name
        if title in built:
            raise ValueError(
                f"Measures of a comparison have different names. Received: two called {title!r}, the second at place {place}. Leave one out."
            )
        built[title] = by_recipe
    return built


def _made(metric: Any, recipe: Recipe) -> Measure:
    measure = metric(recipe) if callable(metric) else metric
    if not isinstance(measure, Measure):
        raise TypeError(
            f"metrics are measures, or functions of a recipe that give one. Received: {metric!r}. Use e.g. Deletion(model)."
        )
    return measure


def _notes(metrics: Sequence[Any], differences: Sequence[Difference]) -> list[str]:
    """Tell of fills that disagree, and of single ones."""
    families = dict[str, set[str]]()
    for metric in metrics:
        if getattr(metric, "fill", None) is not None:
            families.setdefault(type(metric).__name__, set()).add(metric.name)
    notes = []
    for family, names in families.items():
        if len(names) == 1:
            notes.append(f"{family} has one fill only: another may order the recipes differently.")
        told = {(each.measure, each.first, each.second): each.verdict for each in differences if each.measure in names}
        pairs = sorted({key[1:] for key in told})
        against = [pair for pair in pairs if {"better", "worse"} <= {told[(name, *pair)] for name in names}]
        notes += [f"{family}: fills disagree on {first} and {second}." for first, second in against]
    return notes
