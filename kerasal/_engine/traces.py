"""What was traced of a model, kept as long as the model is the same."""


class Traces:
    """What was traced of a model, as long as the model has the same variables.

    Args:
        model: the model.
    """

    def __init__(self, model):
        self._model = model
        self._known: dict = {}

    def __bool__(self):
        return bool(self._known)

    def __getstate__(self):
        return {"_model": self._model, "_known": {}}  # what is traced cannot be copied, and is traced again

    def once(self, key, make):
        """What `make` gives, made once; what the key names is kept alive with it."""
        variables = tuple(self._model.variables)
        key = (*key, tuple(map(id, variables)))
        if key not in self._known:
            self._known[key] = make(), variables
        return self._known[key][0]


class FixedOnceUsed:
    """Base of what compiles its settings: they cannot be changed once its `traces` hold any."""

    def __setattr__(self, name, value):
        if not name.startswith("_") and name != "prepared" and self.__dict__.get("traces"):
            raise AttributeError(
                f"The settings of a {type(self).__name__} are fixed once it has been used, since its loop is compiled for them. "
                f"Received: {name} = {value!r}. Make another {type(self).__name__}."
            )
        super().__setattr__(name, value)
