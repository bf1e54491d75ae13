"""The best weights that `ModelCheckpoint` keeps in a file while a model trains."""

import contextlib
import glob
import os
import re
from collections.abc import Iterable, Iterator
from typing import Any

import keras

from kerasal._network.graphs import unchanged
from kerasal._network.versions import tensorflow_variable

_FIELD = re.compile(r"\{[^{}]*\}")  # of a file name, as in best-{epoch:02d}.keras
_INDEX = ".index"  # a file of a checkpoint of TensorFlow, which is named without it


def best_checkpoints(callbacks: Iterable[Any], since: float) -> list[str]:
    """List what each `ModelCheckpoint(save_best_only=True)` has written last.

    Args:
        callbacks: Of a training.
        since: Seconds of the clock of files; what is older is of another training.

    Returns:
        Paths of files and of folders of a SavedModel, and names of checkpoints of TensorFlow.

    Example:

    >>> best_checkpoints([keras.callbacks.ModelCheckpoint("none.keras", save_best_only=True)], 0.0)
    []
    """
    best = [each for each in callbacks if isinstance(each, keras.callbacks.ModelCheckpoint) and each.save_best_only]
    newest = (_newest(os.fspath(each.filepath), since) for each in best)
    return [path for path in newest if path is not None]


@contextlib.contextmanager
def weights_of(model: keras.Model, path: str) -> Iterator[None]:
    """Give a model the weights of a checkpoint, and its own again afterwards, those of its optimizer as well.

    Args:
        model: The model that wrote it.
        path: From `best_checkpoints`.
    """
    optimizer = getattr(model.optimizer, "variables", ())
    of_optimizer = optimizer() if callable(optimizer) else optimizer  # a method in Keras' older optimizers
    variables = [tensorflow_variable(variable) for variable in (*model.variables, *of_optimizer)]
    with unchanged({id(variable): variable for variable in variables}.values()):
        model.load_weights(os.path.join(path, "variables", "variables") if os.path.isdir(path) else path)
        yield


def _newest(template: str, since: float) -> str | None:
    """Find the newest file or folder of a name with fields."""
    pattern = "*".join(glob.escape(part) for part in _FIELD.split(template))
    found = [path for path in (*glob.glob(pattern), *glob.glob(pattern + _INDEX)) if os.path.getmtime(path) >= since]
    if not found:
        return None
    return max(found, key=os.path.getmtime).removesuffix(_INDEX)
