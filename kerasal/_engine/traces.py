"""Programs traced of a model, kept as long as the model is the same."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import keras

from kerasal._network.configuration import Configuration
from kerasal._network.graphs import refuse_in_graph
from kerasal._network.interception import between_traces
from kerasal._tree import as_key, settings_of


class Traces:
    """Programs traced of a model, as long as it has the same variables and the same settings.

    Args:
        model: the model.
        others: functions and objects that take part, as scores; their settings count too.
        owner: the object whose public attributes are settings of the programs.
    """

    def __init__(self, model: keras.Model, others: Iterable[Any] = (), owner: Any = None):
        self._model, self._others, self._owner = model, tuple(others), owner
        self._known: Known | None = None

    def __bool__(self) -> bool:
        return bool(self._known)

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_known": None}  # what is traced cannot be copied, and is traced again

    def reset(self) -> None:
        """Forget all programs; they are traced again when they are needed."""
        self._known = None

    def of_now(self) -> "Known":
        """Return what is known of the model as it is now: nothing yet where a variable or a setting is another one."""
        refuse_in_graph()
        found = self._known
        if found is None or not found.is_current():
            with between_traces():  # a trace of another thread changes layers for its time
                found = self._known
                if found is None or not found.is_current():
                    found = self._known = Known(self._model.variables, Configuration(self._roots()))
        return found

    def _roots(self) -> list[Any]:
        """List all that programs are made of."""
        apart = ("traces", "objectives", "given_settings", "model", "objective", "score", "target")
        own = [value for name, value in vars(self._owner).items() if name not in apart] if self._owner else []
        return [self._model, *self._others, *own, type(self._owner)]


class _Kept(NamedTuple):
    """A value that is kept.

    Attributes:
        value: of any kind; configuration: of what it was made of besides the model, or None.
    """

    value: Any
    configuration: Configuration | None

    def is_current(self) -> bool:
        """Tell whether what it was made of is the same."""
        return self.configuration is None or self.configuration.is_current()


class Known:
    """Values kept of a model with some variables and settings.

    Args:
        variables: of the model, kept alive, so that no others get their ids.
        configuration: the settings.
    """

    def __init__(self, variables: Sequence[Any], configuration: Configuration):
        self._variables = tuple(variables)
        self._configuration = configuration
        self._values: dict[tuple[Any, ...], _Kept] = {}

    def __bool__(self) -> bool:
        return bool(self._values)

    def is_current(self) -> bool:
        """Tell whether the settings are still the same."""
        return self._configuration.is_current()

    def once(self, key: tuple[Any, ...], make: Callable[[], Any], made_of: Sequence[Any] = ()) -> Any:
        """Return what `make` gives, made once, by one of the threads that ask; what the key names is kept alive with it.

        Args:
            key: of the value.
            make: function without arguments.
            made_of: objects and functions of the call that the value is made of, as samplers; it is made again where they change.
        """
        found = self._values.get(key)
        if found is None or not found.is_current():
            with between_traces():
                found = self._values.get(key)
                if found is None or not found.is_current():
                    found = self._values[key] = _Kept(make(), Configuration(made_of) if made_of else None)
                    self._configuration.note()
        return found.value


class FixedOnceUsed:
    """Base of what compiles its settings: they cannot be changed once its `traces` hold any."""

    traces: Traces

    def reset(self) -> None:
        """Forget everything that was compiled; the next call compiles again, for the model and the settings as they are then.

        A changed model, score or setting is seen without it, but for what `docs/follows_changes.md` lists.
        """
        self.traces.reset()

    def __setattr__(self, name: str, value: Any) -> None:
        if not name.startswith("_") and self.__dict__.get("traces"):
            raise AttributeError(
                f"The settings of a {type(self).__name__} are fixed once it has been used, since its loop is compiled for them. "
                f"Received: {name} = {value!r}. Make another {type(self).__name__}."
            )
        super().__setattr__(name, value)


def key_of_method(method: Any) -> Any:
    """Make a value that tells methods apart: a calculator, whose settings are fixed, by itself, and others by their settings."""
    return method if isinstance(method, FixedOnceUsed) else (type(method), as_key(settings_of(method)))
