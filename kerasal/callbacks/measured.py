"""Measures of the maps of a training, as numbers of its run."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np

from kerasal.metrics import Measure
from kerasal.saliency import Saliency

Given = Measure | Callable[[keras.Model], Measure]


def check_measures(measures: Any) -> tuple[Given, ...]:
    """Return measures as a tuple.

    Args:
        measures: `Measure`s that ask no model, and functions of the model that give one.

    Raises:
        TypeError: anything else.
    """
    listed = tuple(measures) if isinstance(measures, (list, tuple)) else (measures,)
    for each in listed:
        if not isinstance(each, Measure) and not callable(each):
            raise TypeError(
                f"measures are functions of the model that give a measure, or measures that ask no model. Received: {each!r}. Pass e.g. "
                "[kerasal.metrics.Deletion, kerasal.metrics.Complexity()]."
            )
    return listed


class Measures:
    """The measures of a training.

    Args:
        model: in training.
        given: from `check_measures`.
        reserved: names that the logger's own numbers have.

    Raises:
        TypeError: a function gives no measure.
        ValueError: two of them have one name.
    """

    def __init__(self, model: keras.Model, given: Sequence[Given], reserved: Sequence[str] = ()):
        self._measures: dict[str, Measure] = {}
        for each in given:
            measure = each if isinstance(each, Measure) else each(model)
            if not isinstance(measure, Measure):
                raise TypeError(
                    f"A function in measures is of the model and gives a measure. Received: {each!r}, which gave {measure!r}. Pass e.g. "
                    "lambda model: Deletion(model, fill='mean')."
                )
            name = name_of(measure)
            if name in self._measures or name in reserved:
                raise ValueError(
                    f"The numbers of a run have different names. Received: {name!r} twice. Leave one out, or give it other settings."
                )
            self._measures[name] = measure

    def __call__(self, x: Any, saliency: Saliency, y: Any = None) -> dict[str, np.ndarray]:
        """Measure the maps of a step: {name: (N,)}, without those that have no value for any example.

        Args:
            x: the examples.
            saliency: their maps.
            y: what the score needs of each.
        """
        found: Mapping[str, np.ndarray] = {
            name: measure(x, saliency, y).values for name, measure in self._measures.items()
        }
        return {name: values for name, values in found.items() if not np.isnan(values).all()}


def name_of(measure: Measure) -> str:
    """Write the name of a measure as one of a tag.

    Example:

    >>> from kerasal.metrics import Complexity
    >>> name_of(Complexity())
    'complexity'
    """
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", measure.name).lower()
    return re.sub(r"[^a-z0-9.]+", "_", words).strip("_")
