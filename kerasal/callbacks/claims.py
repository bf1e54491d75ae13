"""Which logger of a training writes where, so that no two write over each other."""

_CLAIMS: dict = {}  # {directory: (the parameters that Keras gives all callbacks of one training, id of the logger)}


def claim(directory, params, logger):
    """Directory `directory` is the logger's for the training of `params`.

    Raises:
        ValueError: another logger of the same training has it.

    Example:

    >>> params = {"epochs": 3}
    >>> claim("logs/saliency/a", params, "a logger")
    >>> claim("logs/saliency/a", dict(params), "one of the next training")
    >>> release("logs/saliency/a")
    """
    of_training, other = _CLAIMS.get(directory, (None, None))
    if params is not None and of_training is params and other != id(logger):
        raise ValueError(
            f"Loggers of one training need different names. Received: two that write to {directory!r}. Give them name=…."
        )
    _CLAIMS[directory] = params, id(logger)  # no logger, nor its model, is kept alive


def release(directory):
    """Training has ended."""
    _CLAIMS.pop(directory, None)
