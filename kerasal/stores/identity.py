"""The marks of a model, a recipe and data, by which a store knows its own."""

import json
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from kerasal._storage.hashes import hash_of_arrays

_OF_TRAINING = ("compile_config", "build_config")  # parts of a configuration that change no prediction


def marks_of_model(model: keras.Model) -> dict[str, str]:
    """Hash a model's weights and its configuration, in which the names of layers do not count.

    Args:
        model: a Keras model.

    Example:
        >>> def build():
        ...     keras.utils.set_random_seed(1)
        ...     return keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> marks_of_model(build()) == marks_of_model(build())
        True
    """
    weights = [np.asarray(weight) for weight in model.get_weights()]
    return {"weights": hash_of_arrays(weights).hex(), "configuration": _configuration(model)}


def differences(kept: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Say in which of its marks a store differs from what is asked of it now.

    Args:
        kept: the facts of the store.
        now: those of this call.
    """
    words = []
    if kept["model"]["weights"] != now["model"]["weights"]:
        words.append("the model has other weights")
    elif kept["model"]["configuration"] != now["model"]["configuration"]:
        words.append("the model has other layers")
    if kept["recipe"] != now["recipe"]:
        words.append(f"the recipe is {now['recipe']} in place of {kept['recipe']}")
    if kept["regions"] != now["regions"]:
        words.append("regions are others")
    if kept["data"]["looks"] != now["data"]["looks"]:
        words.append(f"the examples are {now['data']['looks']} in place of {kept['data']['looks']}")
    elif kept["data"]["total"] != now["data"]["total"]:
        words.append(f"there are {now['data']['total']} examples in place of {kept['data']['total']}")
    return words


def _configuration(model: keras.Model) -> str:
    """Hash what the model says of its layers; of a class without a configuration, the names of the classes of its layers."""
    try:
        content = json.loads(model.to_json())
    except (AttributeError, NotImplementedError, TypeError, ValueError):  # a subclass without get_config
        content = [type(layer).__name__ for layer in model.layers]
    names: dict[str, str] = {}
    _collect(content, names)
    return hash_of_arrays([np.frombuffer(json.dumps(_renamed(content, names), sort_keys=True).encode(), "uint8")]).hex()


def _collect(content: Any, names: dict[str, str]) -> None:
    """Number the names of layers in the order in which they come."""
    if isinstance(content, dict):
        name = content.get("name")
        if isinstance(name, str):
            names.setdefault(name, f"#{len(names)}")
        for key, part in content.items():
            if key not in _OF_TRAINING:
                _collect(part, names)
    elif isinstance(content, list):
        for part in content:
            _collect(part, names)


def _renamed(content: Any, names: Mapping[str, str]) -> Any:
    if isinstance(content, dict):
        return {key: _renamed(part, names) for key, part in content.items() if key not in _OF_TRAINING}
    if isinstance(content, list):
        return [_renamed(part, names) for part in content]
    return names.get(content, content) if isinstance(content, str) else content
