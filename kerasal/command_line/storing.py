"""Explaining into a store, for data of any size."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from kerasal.command_line.examples import Examples
from kerasal.command_line.explaining import Asked, at_once
from kerasal.command_line.messages import say
from kerasal.command_line.output import wrote


def explain_into(path: str, asked: Asked) -> None:
    """Explain into a store that is made, or gone on with.

    Args:
        path: of the store.
        asked: what and how.
    """
    from kerasal.stores.explain import explain_dataset

    told = {
        name: value for name, value in asked.examples.known(0, len(asked.examples)).items() if name == "feature_names"
    }
    data = _data_of(asked.examples, asked.labels_needed)
    try:
        found = explain_dataset(
            asked.model,
            asked.recipe,
            data,
            path,
            ids=asked.examples.names,
            class_names=asked.class_names,
            show_progress=sys.stderr.isatty(),
            **told,
        )
    except KeyboardInterrupt:
        say(f"interrupted: the same command goes on where {path} ends.")
        raise
    say(f"{len(found)} examples are in the store; kerasal.open_store({path!r}) reads it")
    wrote(Path(path))


def _data_of(examples: Examples, labels: np.ndarray | None) -> Any:
    """Batches of examples, read as they are needed."""
    import tensorflow as tf

    step = at_once(examples)

    def batches() -> Iterator[Any]:
        for first in range(0, len(examples), step):
            last = min(first + step, len(examples))
            x = examples.read(first, last)
            yield x if labels is None else (x, labels[first:last])

    def spec(part: np.ndarray) -> tf.TensorSpec:
        return tf.TensorSpec([None, *part.shape[1:]], tf.string if part.dtype.kind in "OU" else part.dtype)

    return tf.data.Dataset.from_generator(batches, output_signature=tf.nest.map_structure(spec, next(batches())))
