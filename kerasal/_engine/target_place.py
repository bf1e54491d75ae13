"""The place of the target in a pass: its value is read there, and points are put there instead."""

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from kerasal._engine.inputs import Inputs
from kerasal._engine.objective import Objective
from kerasal._network.gradients import NoGradient
from kerasal._network.interception import Handlers
from kerasal._network.joint_target import JointTarget, parts_of
from kerasal._network.submodel import never_called, reading, value_at
from kerasal._network.targets import InputExtractor


class TargetPlace:
    """An input, what passes a layer, or several of them side by side.

    Args:
        objective: what is explained.
        inputs: what x looks like.
    """

    def __init__(self, objective: Objective, inputs: Inputs):
        self._model, self._target, self._inputs = objective.model, objective.target, inputs
        self._parts = parts_of(objective.target)

    def value(self, inputs: Sequence[tf.Tensor], run: Callable[[], Any], handlers: Handlers) -> tf.Tensor:
        """Return the target's own value (rows, ...): real numbers in the precision of the model, integers as they are.

        Args:
            inputs: flat.
            run: a function without arguments that runs the pass; what comes after a single layer is not even traced.
            handlers: interception handlers of the pass.
        """
        layers = [part for part in self._parts if not isinstance(part, InputExtractor)]
        if len(layers) > 1:
            with reading(self._model, layers, handlers) as found:
                run()
            of_layers = iter(found)
        else:
            of_layers = iter([value_at(self._model, layer, run, handlers) for layer in layers])
        values = [
            inputs[self._position(part)] if isinstance(part, InputExtractor) else _checked(part, next(of_layers))
            for part in self._parts
        ]
        values = [tf.cast(value, self._inputs.precision) if _is_real(value) else value for value in values]
        return self._target.joined(values) if isinstance(self._target, JointTarget) else values[0]

    def supply(
        self, points: tf.Tensor | None, inputs: Sequence[tf.Tensor], handlers: Handlers
    ) -> tuple[list[tf.Tensor], Callable[[], None]]:
        """Put points in the place of the target.

        Args:
            points: (rows, ...); None leaves the target as it is.
            inputs: flat.
            handlers: of the pass; those of the target's layers are added.

        Returns:
            (the inputs, a function that raises, after the pass, if it did not call a layer).
        """
        inputs, met, parts = list(inputs), set[Any](), () if points is None else self._parts
        each = self._target.split(points) if isinstance(self._target, JointTarget) and parts else [points]
        for part, own in zip(parts, each, strict=False):
            if isinstance(part, InputExtractor):
                position = self._position(part)
                inputs[position] = tf.cast(own, inputs[position].dtype)
                continue

            def put(value: Any, part: Any = part, own: tf.Tensor = own) -> tf.Tensor:
                met.add(part)
                return tf.identity(tf.cast(own, self._dtype_of(part, value)))

            handlers.setdefault(part.find(self._model), []).insert(0, part.handler(put))

        def check() -> None:
            for part in parts:
                if not isinstance(part, InputExtractor) and part not in met:
                    raise never_called(part)

        return inputs, check

    def _position(self, part: InputExtractor) -> int:
        return self._inputs.position_of(part) if self._inputs.position is None else self._inputs.position

    def _dtype_of(self, part: Any, value: Any) -> Any:
        """The dtype the layer would have handed on; what it computes is not used, and pruned."""
        return part.find(self._model).compute_dtype if part.timing == "post" else value().dtype


def _is_real(value: tf.Tensor) -> bool:
    is_real: bool = value.dtype.is_floating
    return is_real


def _checked(part: Any, value: Any) -> tf.Tensor:
    if isinstance(value, tf.Tensor) and not value.dtype.is_floating:
        raise NoGradient(part, value.dtype.name)
    if not tf.is_tensor(value):
        raise ValueError(
            f"{part!r}: a target is one floating-point tensor. Received: {value!r}. Name a layer with one "
            "real-valued output."
        )
    return value
