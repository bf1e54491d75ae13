"""Measures by the names that are typed."""

import difflib
from typing import Any

from kerasal.command_line.messages import WrongArgument

NAMES = (
    "deletion",
    "insertion",
    "infidelity",
    "sensitivity_n",
    "max_sensitivity",
    "randomization",
    "completeness",
    "complexity",
    "sparseness",
)


def check_metric(name: str) -> None:
    """Refuse a measure that does not exist.

    Args:
        name: as it was typed.

    Raises:
        WrongArgument: there is none.
    """
    if name not in NAMES:
        near = difflib.get_close_matches(name, NAMES, 1, 0.4)
        raise WrongArgument(
            f"--metrics are some of {', '.join(NAMES)}. Received: {name!r}. {f'Did you mean {near[0]}?' if near else 'Choose some.'}"
        )


def measure_named(name: str, model: Any, recipe: Any) -> Any:
    """Make a measure of the score and the target that a recipe explains.

    Args:
        name: one of `NAMES`.
        model: the Keras model.
        recipe: the `Recipe`.

    Returns:
        A `kerasal.metrics.Measure`.
    """
    from kerasal import metrics

    if name == "max_sensitivity":
        return metrics.MaxSensitivity(model, recipe)
    if name == "randomization":
        return metrics.RandomizationCheck(model, recipe)
    of_maps: dict[str, Any] = {
        "completeness": metrics.Completeness,
        "complexity": metrics.Complexity,
        "sparseness": metrics.Sparseness,
    }
    if name in of_maps:
        return of_maps[name]()
    of_model: dict[str, Any] = {
        "deletion": metrics.Deletion,
        "insertion": metrics.Insertion,
        "infidelity": metrics.Infidelity,
        "sensitivity_n": metrics.SensitivityN,
    }
    asked = {key: recipe[key] for key in ("score", "target_extractor") if key in recipe}
    return of_model[name](model, **asked)
