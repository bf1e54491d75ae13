"""Programs traced of a model, kept as long as the model is the same."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import keras

from kerasal._network.configuration import Configuration
from kerasal._network.interception import between_traces


class Traces:
    """Programs traced of a model, as long as it has the same variables and the same settings.

    Args:
        model: the model.
        others: functions and objects that take part, as scores; their settings count too.
    """

    def __init__(self, model: keras.Model, others: Iterable[Any] = ()):
        self._model, self._others = model, tuple(others)
        self._known: dict[tuple[int, ...], Known] = {}

    def __bool__(self) -> bool:
        return any(self._known.values())

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_known": {}}  # what is traced cannot be copied, and is traced again

    def of_now(self) -> "Known":
        """Return what is known of the model as it is now: nothing yet where a variable or a setting is another one."""
        variables = self._model.variables
        key = tuple(map(id, variables))
        found = self._known.get(key)
        if found is None or not found.is_current():
            with between_traces():  # a trace of another thread changes layers for its time
                found = self._known.get(key)
                if found is None or not found.is_current():
                    found = self._known[key] = Known(variables, Configuration([self._model, *self._others]))
        return found


class Known:
    """Values kept of a model with some variables and settings.

    Args:
        variables: of the model, kept alive, so that no others get their ids.
        configuration: the settings.
    """

    def __init__(self, variables: Sequence[Any], configuration: Configuration):
        self._variables = tuple(variables)
        self._configuration = configuration
        self._values: dict[tuple[Any, ...], Any] = {}

    def __bool__(self) -> bool:
        return bool(self._values)

    def is_current(self) -> bool:
        """Tell whether the settings are still the same."""
        return self._configuration.is_current()

    def once(self, key: tuple[Any, ...], make: Callable[[], Any]) -> Any:
        """Return what `make` gives, made once, by one of the threads that ask; what the key names is kept alive with it."""
        found = self._values.get(key)
        if found is None:
            with between_traces():
                found = self._values.get(key)
                if found is None:
                    found = self._values[key] = make()
                    self._configuration.note()
        return found


class FixedOnceUsed:
    """Base of what compiles its settings: they cannot be changed once its `traces` hold any."""

    def __setattr__(self, name: str, value: Any) -> None:
        if not name.startswith("_") and self.__dict__.get("traces"):
            raise AttributeError(
                f"The settings of a {type(self).__name__} are fixed once it has been used, since its loop is compiled for them. "
                f"Received: {name} = {value!r}. Make another {type(self).__name__}."
            )
        super().__setattr__(name, value)
