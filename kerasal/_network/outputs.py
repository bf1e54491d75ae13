"""The outputs of a model, one by one, and what users give for each of them: losses, labels, weights, scores."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from kerasal._network.versions import output_names

Name = str | int


class Output(NamedTuple):
    """One output of a pass.

    Attributes:
        name: its key in a dict, the name that Keras gives it, or its position where it has none.
        position: among all outputs, in Keras' order.
        tensor: rows first.
    """

    name: Name
    position: int
    tensor: tf.Tensor

    def is_called(self, name: Name) -> bool:
        """Tell whether users mean this output by a name or position."""
        return name in (self.name, self.position)


def outputs_of(model: keras.Model, outputs: Any) -> list[Output]:
    """List the outputs of a pass in Keras' order: that of a list or tuple, the sorted keys of a dict.

    Args:
        model: the model.
        outputs: what it returned.

    Raises:
        ValueError: outputs within outputs, which have no names.
    """
    if tf.is_tensor(outputs):
        known: Sequence[Name] = output_names(model, 1)
        return [Output(known[0] if known else 0, 0, outputs)]
    if isinstance(outputs, Mapping):
        pairs = [(name, outputs[name]) for name in sorted(outputs)]
    else:
        parts = list(outputs) if isinstance(outputs, (list, tuple)) else []
        names: Sequence[Name] = output_names(model, len(parts))
        pairs = list(zip(names if len(set(names)) == len(parts) else range(len(parts)), parts, strict=True))
    if not pairs or not all(tf.is_tensor(tensor) for _, tensor in pairs):
        raise ValueError(
            f"The outputs of a model are a tensor, or a list, tuple or dict of tensors. Received: {_structure(outputs)}. Give "
            "score= a function of the outputs that returns one number per example."
        )
    return [Output(name, position, tensor) for position, (name, tensor) in enumerate(pairs)]


def per_output(values: Any, outputs: Sequence[Output], what: str) -> list[Any]:
    """Give each output its own of values, as Keras does.

    Args:
        values: a dict by name, a list or tuple in the order of the outputs, or one for all.
        outputs: the outputs.
        what: the values are, for the error.

    Raises:
        ValueError: there are not as many, or a name is not that of an output.
    """
    if isinstance(values, Mapping):
        unknown = [name for name in values if not any(output.is_called(name) for output in outputs)]
        if unknown:
            raise ValueError(
                f"A {what} is given by the name of an output: {names_of(outputs)}. Received: {unknown[0]!r}. Use these names."
            )
        found = [[value for name, value in values.items() if output.is_called(name)] for output in outputs]
        return [own[0] if own else None for own in found]
    if not isinstance(values, (list, tuple)):
        return [values] * len(outputs)
    if len(values) != len(outputs):
        raise ValueError(
            f"scores.Loss() takes one {what} for each output: {names_of(outputs)}. Received: {len(values)}. Give as many, or a "
            "dict by name."
        )
    return list(values)


def names_of(outputs: Sequence[Output]) -> str:
    """Write the names of outputs as users give them, e.g. "'digit', 'angle'" or "0, 1"."""
    return ", ".join(repr(output.name) for output in outputs)


def _structure(outputs: Any) -> str:
    if isinstance(outputs, Mapping):
        return "{" + ", ".join(f"{name!r}: {_structure(part)}" for name, part in outputs.items()) + "}"
    if isinstance(outputs, (list, tuple)):
        return "(" + ", ".join(map(_structure, outputs)) + ")"
    return "a tensor" if tf.is_tensor(outputs) else type(outputs).__name__
