"""The search for forms of tensors, back through the traced graph."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from kerasal._network.log_forms import MOVING, SAME, Form, UnitForm, constant, number

_DEEPEST = 60  # steps back from the output

# Type of an operation -> name of its rule, a method `_form_…` or `_unit_…`.
_RULES = {
    "Softmax": "softmax",
    "Sigmoid": "squash",
    "Tanh": "squash",
    "Const": "constant",
    "Exp": "exponential",
    "RealDiv": "divide",
    "Div": "divide",
    "DivNoNan": "divide",
    "Mul": "multiply",
    **dict.fromkeys(("Square", "Sqrt", "Rsqrt", "Reciprocal", "Inv", "Pow"), "power"),
    **dict.fromkeys(("AddV2", "Add", "AddN"), "add"),
    "Sub": "subtract",
    "Neg": "negate",
    "Mean": "reduce",
    "Sum": "reduce",
    **dict.fromkeys(("Maximum", "Minimum", "ClipByValue", "Relu", "Relu6", "Abs"), "clip"),
    "ConcatV2": "concatenate",
    **dict.fromkeys(SAME, "pass"),
    **dict.fromkeys(MOVING, "move"),
}


class Search:
    """The forms of tensors of one graph, each looked for once; subclasses give the rules."""

    def __init__(self) -> None:
        self._known: dict[Any, Any] = {}
        self._depth = 0

    def form(self, tensor: tf.Tensor) -> Form | None:
        """Find the form of a positive tensor."""
        found: Form | None = self._once("form", tensor)
        return found

    def unit(self, tensor: tf.Tensor) -> UnitForm | None:
        """Find the form of a tensor between two bounds."""
        found: UnitForm | None = self._once("unit", tensor)
        return found

    def forms(self, tensors: Sequence[tf.Tensor]) -> list[Form]:
        """Find the forms of several tensors; [] where one has none."""
        return self._all("form", tensors)

    def units(self, tensors: Sequence[tf.Tensor]) -> list[UnitForm]:
        """Find the forms of several units; [] where one has none."""
        return self._all("unit", tensors)

    def _once(self, kind: str, tensor: tf.Tensor) -> Any:
        key = kind, tensor.ref()
        if key not in self._known:
            self._known[key] = None  # also where it is too far back
            self._depth += 1
            rule = getattr(self, f"_{kind}_{_RULES.get(tensor.op.type, '')}", None)
            if rule is not None and self._depth <= _DEEPEST:
                self._known[key] = rule(tensor.op, tensor)
            self._depth -= 1
        return self._known[key]

    def _all(self, kind: str, tensors: Sequence[tf.Tensor]) -> list[Any]:
        found = []
        for tensor in tensors:
            found.append(self._once(kind, tensor))
            if found[-1] is None:
                return []
        return found


def unstacked(operation: tf.Operation) -> list[tf.Tensor]:
    """List the tensors that a reduction adds up, where they were stacked for it; [] elsewhere."""
    stack, axes = operation.inputs[0].op, constant(operation.inputs[1])
    if stack.type != "Pack" or axes is None or axes.size != 1 or operation.get_attr("keep_dims"):
        return []
    rank = operation.inputs[0].shape.rank
    is_own = int(np.ravel(axes)[0]) % rank == stack.get_attr("axis") % rank
    return list(stack.inputs) if is_own else []


def axes_of(operation: tf.Operation) -> list[int]:
    """List the axes of a reduction, counted from 0; [] where they are not known."""
    axes = constant(operation.inputs[1])
    rank = operation.inputs[0].shape.rank
    return [] if axes is None or rank is None else [int(axis) % rank for axis in np.ravel(axes)]


def bounds(operation: tf.Operation) -> tuple[float | None, float | None] | None:
    """Give the bounds that an operation clips to, None for an end that is open; None where they are no numbers."""
    if operation.type in ("Relu", "Abs"):
        return 0.0, None
    if operation.type == "Relu6":
        return 0.0, 6.0
    ends = [number(end) for end in operation.inputs[1:]]
    if None in ends:
        return None
    if operation.type == "ClipByValue":
        return ends[0], ends[1]
    return (ends[0], None) if operation.type == "Maximum" else (None, ends[0])
