"""Copies of what belongs to a model: made and pickled together with it, layers in them being those of the copied model."""

import copy
import functools
import types
from collections.abc import Iterator
from typing import Any

import keras

from kerasal._network.configuration import Configuration
from kerasal._network.layer_tree import layers_of


class _Place:
    """The place of a layer, or of the object itself, in what is copied apart from the model."""


class CopiedWithItsModel:
    """Base of what keeps layers of its model: `copy`, `deepcopy` and `pickle` find the same layers in the model of the copy.

    Attributes:
        model: the Keras model; score: the `Score`.
    """

    model: Any
    score: Any

    def __copy__(self) -> Any:
        """Make one with the same model and the same settings, and programs of its own."""
        return _restored(*_parts(self))

    def __reduce__(self) -> Any:
        """Take apart for `deepcopy` and `pickle`, which copy the model.

        Raises:
            ValueError: a function calls the model, and would go on calling that one.
        """
        for function in _functions([vars(self), [vars(part) for part in self.score.parts()]]):
            if any(map(Configuration([function]).reaches, layers_of(self.model))):
                raise ValueError(
                    f"A copy of a {type(self).__name__} has a copy of its model. Received: function {function.__name__!r}, which uses the "
                    "model it was made for. Copy the model, and make another one with a function of the copy; "
                    "copy.copy keeps the model."
                )
        return _restored, _parts(self)


def _functions(value: Any) -> Iterator[types.FunctionType]:
    """List the functions in dicts, lists, tuples and partials: what a copy shares, where it copies all else."""
    if isinstance(value, dict):
        for pair in value.items():
            yield from _functions(pair)
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from _functions(part)
    elif isinstance(value, functools.partial):
        yield from _functions(value.func)
    elif isinstance(value, types.FunctionType):
        yield value


def _parts(thing: Any) -> tuple[Any, ...]:
    """Take an object apart: (its class, the model, places, optimizers by their settings, attributes with places for the rest)."""
    layers = layers_of(thing.model)
    optimizers = [value for value in vars(thing).values() if hasattr(value, "apply_gradients")]  # Keras 2 copies none
    places = [_Place() for _ in [thing, *layers, *optimizers]]
    memo = {id(each): place for each, place in zip([thing, *layers, *optimizers], places, strict=True)}
    settings = [(type(each), each.get_config()) for each in optimizers]
    return type(thing), thing.model, places, settings, copy.deepcopy(vars(thing), memo)


def _restored(kind: type, model: keras.Model, places: list[_Place], settings: Any, attributes: dict[str, Any]) -> Any:
    """Put an object together again, with the layers of a model at their places.

    Raises:
        ValueError: the model has other layers than the one that was copied.
    """
    made: Any = object.__new__(kind)
    layers, optimizers = layers_of(model), [each.from_config(config) for each, config in settings]
    if len(layers) != len(places) - 1 - len(optimizers):
        raise ValueError(
            f"A copy of a model has the same layers. Received: a copy of '{model.name}' with {len(layers)} in place of "
            f"{len(places) - 1}. Make a {kind.__name__} for the copied model, with layers by their names."
        )
    memo = {id(place): each for place, each in zip(places, [made, *layers, *optimizers], strict=True)}
    vars(made).update(copy.deepcopy(attributes, memo))
    return made
