"""Costs of explanations."""

import dataclasses
import time
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np

from kerasal._engine.sampling import Sampling
from kerasal._engine.session import sessions
from kerasal._tree import mapped
from kerasal.calculators.attribution import Attribution


@dataclasses.dataclass(frozen=True)
class Cost:
    """The cost of explaining all examples once.

    Attributes:
        seconds: of an explanation of all by a calculator that has explained two of them before, so that nothing is traced in it.
        passes: of the model per example, None where the method decides on the way.
    """

    seconds: float
    passes: int | None


def explained_at_cost(calculator: Any, given: tuple[Any, ...], arguments: Mapping[str, Any]) -> tuple[Any, Cost]:
    """Give the maps of a calculator, and what they cost once everything is traced.

    Args:
        calculator: the calculator.
        given: the examples, or the examples and their labels where the score takes them.
        arguments: of its `explain`.
    """
    told = _trace(calculator, given, arguments)
    began = time.perf_counter()
    result = calculator.explain(*given, **arguments)
    cost = Cost(time.perf_counter() - began, _passes(calculator, result, *given))
    for each in told:
        warnings.warn_explicit(each.message, each.category, each.filename, each.lineno)
    return result, cost


def _trace(calculator: Any, given: tuple[Any, ...], arguments: Mapping[str, Any]) -> list[warnings.WarningMessage]:
    """Explain two examples; all of them where that cannot be, as with settings of each. Return what is said at the first call alone."""
    with warnings.catch_warnings(record=True) as told:
        try:
            calculator.explain(*mapped(lambda array: array[:2], given), **arguments)
        except (TypeError, ValueError):
            calculator.explain(*given, **arguments)
    return [each for each in told if "example(s)" not in str(each.message)]  # of examples, the next call says of all


def _passes(calculator: Any, result: Any, x: Any, y: Any = None) -> int | None:
    """Count the passes of the model for an example: samples × points, and the points looked at first."""
    is_planned = isinstance(calculator, Attribution) and calculator.is_planned
    if not is_planned:
        return None
    session = next(sessions(calculator.objectives[0], calculator, calculator.traces, x, y, Sampling(1)))
    samples = float(np.mean(result.M))
    of_points = session.points.count * calculator.traits.passes
    return round(samples * (of_points + session.points.reference_count))
