"""Programs traced of a model, kept as long as the model is the same."""

from collections.abc import Callable, Sequence
from typing import Any

import keras


class Traces:
    """Programs traced of a model, as long as the model has the same variables.

    Args:
        model: the model.
    """

    def __init__(self, model: keras.Model):
        self._model = model
        self._known: dict[tuple[int, ...], Known] = {}

    def __bool__(self) -> bool:
        return any(self._known.values())

    def __getstate__(self) -> dict[str, Any]:
        return {"_model": self._model, "_known": {}}  # what is traced cannot be copied, and is traced again

    def of_now(self) -> "Known":
        """Return what is known of the model with the variables that it has now."""
        variables = self._model.variables
        key = tuple(map(id, variables))
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = Known(variables)
        return found


class Known:
    """Values kept of a model with some variables.

    Args:
        variables: of the model, kept alive, so that no others get their ids.
    """

    def __init__(self, variables: Sequence[Any]):
        self._variables = tuple(variables)
        self._values: dict[tuple[Any, ...], Any] = {}

    def __bool__(self) -> bool:
        return bool(self._values)

    def once(self, key: tuple[Any, ...], make: Callable[[], Any]) -> Any:
        """Return what `make` gives, made once; what the key names is kept alive with it."""
        found = self.find(key)
        return self.keep(key, make()) if found is None else found

    def find(self, key: tuple[Any, ...]) -> Any:
        """Return what is kept under a key, or None."""
        return self._values.get(key)

    def keep(self, key: tuple[Any, ...], value: Any) -> Any:
        """Keep a value under a key; returns it."""
        self._values[key] = value
        return value


class FixedOnceUsed:
    """Base of what compiles its settings: they cannot be changed once its `traces` hold any."""

    def __setattr__(self, name: str, value: Any) -> None:
        if not name.startswith("_") and self.__dict__.get("traces"):
            raise AttributeError(
                f"The settings of a {type(self).__name__} are fixed once it has been used, since its loop is compiled for them. "
                f"Received: {name} = {value!r}. Make another {type(self).__name__}."
            )
        super().__setattr__(name, value)
