"""The run directories that loggers write to, so that two loggers of one training do not share one."""

from typing import Any, NamedTuple


class Use(NamedTuple):
    """The use of a directory.

    Attributes:
        params: The parameters that Keras gives all callbacks of one training, or None in a loop without them.
        logger: The id of the logger. No logger, nor its model, is kept alive.
    """

    params: Any
    logger: int


_IN_USE: dict[str, Use] = {}


def take_directory(directory: str, params: Any, logger: object) -> None:
    """Note that a logger writes to a directory in the training of `params`.

    Raises:
        ValueError: Another logger of the same training does.

    Example:

    >>> params = {"epochs": 3}
    >>> take_directory("logs/saliency/a", params, "a logger")
    >>> take_directory("logs/saliency/a", dict(params), "one of the next training")
    >>> free_directory("logs/saliency/a")
    """
    use = _IN_USE.get(directory, Use(None, 0))
    if params is not None and use.params is params and use.logger != id(logger):
        raise ValueError(
            f"Loggers of one training need different names. Received: two that write to {directory!r}. Give them name=…."
        )
    _IN_USE[directory] = Use(params, id(logger))


def free_directory(directory: str) -> None:
    """Note that a training has ended."""
    _IN_USE.pop(directory, None)
